"""YAML to uses: Hydra's ``_target_:``, and ``class_path:`` and ``trainer:`` of a command line's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from groundwire_tools.check import known
from groundwire_tools.check.uses import UNKNOWN, Broken, Keyword, Scanned, Use

_TRAINER = ("lightning", "pytorch", "Trainer")
MENTIONS = re.compile(rb"lightning|pytorch_accelerated|groundwire|^trainer:", re.MULTILINE)
_OF_HYDRA = {"_target_", "_convert_", "_partial_", "_recursive_", "_args_"}


def read_config(content: bytes, scanned: Scanned) -> None:
    """Fill in what a configuration names.

    Args:
        content: Of the file.
        scanned: What is filled.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = [root for root in yaml.compose_all(content, Loader=loader) if root is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        scanned.broken.append(Broken(line, column, f"it is no YAML: {getattr(error, 'problem', None) or error}"))
        return
    for root in documents:
        scanned.uses += _uses(root, set())
        scanned.uses += _of_trainer(root)


def _uses(node: Any, seen: set[int]) -> Iterator[Use]:
    """Classes that a node and those below it name."""
    if id(node) in seen:  # an alias, which may lead round
        return
    seen.add(id(node))
    if node.id == "sequence":
        for one in node.value:
            yield from _uses(one, seen)
    if node.id != "mapping":
        return
    entries = _entries(node)
    for key, kept in (("_target_", entries), ("class_path", _entries(entries.get("init_args")))):
        target = entries.get(key)
        if target is not None and target.id == "scalar":
            yield from _named(target, [(name, value) for name, value in kept.items() if name not in _OF_HYDRA])
    for _, one in node.value:
        yield from _uses(one, seen)


def _named(target: Any, arguments: list[tuple[str, Any]]) -> Iterator[Use]:
    chain = tuple(target.value.split("."))
    if chain[0] in known.roots() and all(part.isidentifier() for part in chain):
        words = tuple(_keyword(name, value) for name, value in arguments)
        yield Use("call", chain, *_place(target), keywords=words)


def _of_trainer(root: Any) -> Iterator[Use]:
    """The ``trainer:`` of a configuration for LightningCLI, whose keys are arguments."""
    trainer = _entries(root).get("trainer")
    arguments = _entries(trainer)
    if "_target_" in arguments or "class_path" in arguments:
        return
    rows = known.tables()["arguments"].keys() | known.tables()["old_arguments"].keys()
    if len(arguments) > 1 and sum(name in rows for name in arguments) * 2 > len(arguments):
        yield Use("call", _TRAINER, *_place(trainer), keywords=tuple(_keyword(*one) for one in arguments.items()))


def _entries(node: Any) -> dict[str, Any]:
    """Key to node of a mapping; empty of anything else."""
    if node is None or node.id != "mapping":
        return {}
    return {key.value: value for key, value in node.value if key.id == "scalar" and isinstance(key.value, str)}


def _keyword(name: str, node: Any) -> Keyword:
    return Keyword(name, *_place(node), value=_literal(node))


def _literal(node: Any) -> object:
    if node.id == "sequence":
        return [_literal(one) for one in node.value]
    if node.id != "scalar" or "$" in node.value:
        return UNKNOWN
    if node.tag == "tag:yaml.org,2002:str":
        return node.value
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    if node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"-?\d+", node.value):
        return int(node.value)
    return UNKNOWN


def _place(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1

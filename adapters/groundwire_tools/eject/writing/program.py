"""The whole of a written program: its header, the loop, and the script's own code below it."""

from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path
from typing import Any

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.reading.inspection import inspect_members
from groundwire_tools.eject.reading.logged import logging_of
from groundwire_tools.eject.reading.rewriting import PARAMETERS, rewrite
from groundwire_tools.eject.reading.script import Script
from groundwire_tools.eject.writing.classes import module_class, trainer_class
from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.imports import with_imports
from groundwire_tools.eject.writing.lines import WIDTH, function, lines_of_block
from groundwire_tools.eject.writing.standard import standard_classes


def written(path: Path, source: str, facts: Facts) -> str:
    """The text of a script whose run stands in it as a plain loop.

    Args:
        path: The script, for messages.
        source: Its text.
        facts: Of its run.

    Raises:
        NotPlainError: Something of it has no plain counterpart.
    """
    script = Script(path, source)
    logging = logging_of(script)
    inspect_members(script, facts)
    rewritten = rewrite(script, facts, _goes_by(script, facts), logging)
    writing = Writing(facts, logging, rewritten, script.attributes, script.called)
    first, last = _head(script)
    parts = [lines_of_block(part) for part in _definitions(writing)]
    rest = _tidy(script.whole(last)).strip("\n")
    code = "\n\n".join(["", *parts, ""]) + rest
    header = script.whole(first, last)
    above = [node for node in ast.walk(ast.parse(header)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    binds = frozenset(alias.asname or alias.name for node in above for alias in node.names)
    imports = with_imports(header, code, binds)
    return f"{_docstring(script, facts)}{imports}\n{code}\n"


def _goes_by(script: Script, facts: Facts) -> frozenset[str]:
    """The arguments of the Trainer that stay arguments: those that make a difference to the loop."""
    settings, names = facts.settings, set(PARAMETERS)
    keeps = {
        "max_epochs": facts.is_fit and settings["max_epochs"] != -1 and not settings["fast_dev_run"],
        "max_steps": facts.is_fit and settings["max_steps"] != -1 and not settings["fast_dev_run"],
        "accumulate_grad_batches": settings["accumulate_grad_batches"] > 1,
        "gradient_clip_val": bool(settings["gradient_clip_val"]),
        "callbacks": bool(facts.listeners),
    }
    return frozenset(name for name in names if keeps[name] or (name in script.attributes and name != "callbacks"))


def _head(script: Script) -> tuple[int, int]:
    """The lines between which the imports at the head of a script stand."""
    body = script.tree.body
    start = 1 if ast.get_docstring(script.tree) is not None else 0
    stop = start
    while stop < len(body) and isinstance(body[stop], (ast.Import, ast.ImportFrom)):
        stop += 1
    first = body[start - 1].end_lineno or 0 if start else 0
    return first, (body[stop - 1].end_lineno or first) if stop > start else first


def _docstring(script: Script, facts: Facts) -> str:
    """The script's own, with what was done to it."""
    own = ast.get_docstring(script.tree, clean=False)
    lines = [
        f"Plain PyTorch, written from {script.path.name} by `groundwire eject`: `Trainer` is the loop that it runs."
    ]
    lines += [f"Left out: {', '.join(facts.left_out)}."] if facts.left_out else []
    parts = [part for line in lines for part in textwrap.wrap(line, WIDTH)]
    if own:
        return '"""' + "\n".join([own.rstrip(), "", *parts]) + '\n"""\n\n'
    if len(parts) == 1:
        return f'"""{parts[0]}"""\n\n'
    return '"""' + "\n".join([parts[0], "", *parts[1:]]) + '\n"""\n\n'


def _definitions(writing: Writing) -> list[list[Any]]:
    """The definitions that the program needs besides its own."""
    parts: list[list[Any]] = []
    if "seed_everything" in writing.rewritten.classes:
        parts.append(
            function(
                "seed_everything(seed: int = 0) -> None",
                "Seed every random generator.",
                ["random.seed(seed)", "np.random.seed(seed)", "torch.manual_seed(seed)"],
            )
        )
    if "AttributeDict" in writing.rewritten.classes:
        parts.append(ATTRIBUTE_DICT)
    loop = trainer_class(writing)
    if "looking_ahead(" in lines_of_block(loop):
        parts.append(_looking_ahead())
    if "to_device(" in lines_of_block(loop):
        parts.append(_to_device(writing.facts.device))
    if "LightningModule" in writing.rewritten.classes:
        parts.append(module_class(writing))
    parts.append(loop)
    bases = sorted({"LightningDataModule", "Callback"} & writing.rewritten.classes)
    parts += [[f"class {name}:", ['"""A base without anything in it."""']] for name in bases]
    return parts + standard_classes(writing)


ATTRIBUTE_DICT = [
    "class AttributeDict(dict):",
    [
        '"""Hyper-parameters, as entries and as attributes."""',
        "",
        "__getattr__ = dict.__getitem__",
        "__setattr__ = dict.__setitem__",
    ],
]


def _looking_ahead() -> list[Any]:
    return function(
        "looking_ahead(batches: Iterable[Any]) -> Iterator[tuple[Any, bool]]",
        "Each batch, and whether it is the last; the next one is fetched before it is used.",
        [
            "following = iter(batches)",
            "upcoming = list(islice(following, 1))",
            "while upcoming:",
            ["batch, upcoming = upcoming[0], list(islice(following, 1))", "yield batch, not upcoming"],
        ],
    )


def _to_device(device: str) -> list[Any]:
    return function(
        "to_device(batch: Any) -> Any",
        "Move what is in a batch to the device.",
        [
            "if isinstance(batch, dict):",
            ["return {key: to_device(value) for key, value in batch.items()}"],
            "if isinstance(batch, (list, tuple)):",
            ["return [to_device(value) for value in batch]"],
            f'return batch.to("{device}") if hasattr(batch, "to") else batch',
        ],
    )


def _tidy(text: str) -> str:
    """No more empty lines than a formatter leaves."""
    return re.sub(r"\n{4,}", "\n\n\n", text)

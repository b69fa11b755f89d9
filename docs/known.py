"""Writes what `groundwire check` knows, from the code: `python docs/known.py`.

The check imports neither torch nor an adapter, so what it looks names up in is one file of data. A test holds that
what is checked in is what this would write.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import re
import sys
import textwrap
from abc import ABC
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, NoReturn, Protocol

FOLDER = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(FOLDER.parent)]

from groundwire import Gap, Row  # noqa: E402
from groundwire_lightning import NotSupportedYetError, accelerators, paths, strategies  # noqa: E402
from groundwire_lightning.core.old import old_names  # noqa: E402
from groundwire_lightning.map import LIGHTNING  # noqa: E402
from groundwire_lightning.map_1x import JOINED  # noqa: E402
from groundwire_lightning.strategies import devices, precision  # noqa: E402
from groundwire_lightning.trainer.arguments import ARGUMENTS  # noqa: E402
from groundwire_lightning.trainer.entry_points import EntryPoints  # noqa: E402
from groundwire_lightning.trainer.lightning_1.devices import OLD_WAYS, REFUSED_WAYS  # noqa: E402
from groundwire_lightning.trainer.lightning_1.names import SAME, OldNames  # noqa: E402
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS, OldArgument  # noqa: E402
from groundwire_lightning.trainer.trainer import Trainer  # noqa: E402

FILE = FOLDER.parent / "adapters/groundwire_tools/check/known.json"
PAGE = FOLDER / "moving-from-pytorch-accelerated.md"
ANCESTOR = ("callbacks", "finetuning", "run_config", "schedulers", "tracking", "trainer", "utils")
"""The modules that code for pytorch-accelerated imports, below either root."""
OWN = ("groundwire", "groundwire_lightning")
NAMES_NOTHING = {object, ABC, Generic, Protocol}
ROLES = ("LightningModule", "LightningDataModule", "Callback")
FAILED = re.compile(r"failed|refused|was documented|`\w+Error`")
"""How it is said that there was nothing to rely on."""
IN_LIGHTNING = {"at.step": "batch_idx", "at.eval_step": "batch_idx", "at.loader": "dataloader_idx"}
"""What steps of Lightning call what they are given; their base classes take anything."""
STAND_INS = ("groundwire_lightning.trainer.stand_ins", "groundwire_lightning.trainer.connector_stand_ins")


def gathered() -> dict[str, Any]:
    """Everything, as it stands in the file."""
    modules = {home: names_of(home) for home in sorted(set(homes()))}
    reached = {key for names in modules.values() for key in names.values() if key}
    return {
        "modules": {home: {name: modules[home][name] or 0 for name in sorted(modules[home])} for home in modules},
        "classes": {key: class_of(key) for key in sorted(bases_too(reached))},
        "functions": {key: called(value_of(key)) for key in sorted(reached) if inspect.isfunction(value_of(key))},
        "refused": dict(sorted(refused(reached))),
        "stand_ins": sorted(key for key in reached if key.startswith(STAND_INS)),
        "hooks": hooks(),
        "old_hooks": old_hooks(),
        "gaps": {line.method: [line.why, line.use, line.stop] for line in JOINED.rows if isinstance(line, Gap)},
        "arguments": {one.name: [one.fate, one.note] for one in ARGUMENTS},
        "old_arguments": {row.name: old_argument(row) for row in OLD_ARGUMENTS if row.applies is None},
        "old_values": old_values(),
        "respelled_arguments": respelled_arguments(),
        "respelled_attributes": respelled_attributes(),
        "values": values(),
        "deviations": list(deviations(PAGE.read_text("utf-8"))),
        "not_here": dict(not_here(PAGE.read_text("utf-8"))),
    }


# modules and their names


def homes() -> Iterator[str]:
    """The modules of ours in which a name of Lightning's or pytorch-accelerated's may be looked for."""
    for path, line in paths.TABLE.items():
        if isinstance(line, paths.Gap):
            continue
        listed = paths.names_of(path)
        homes = [str(paths.home_of(path))] if listed is None else [home for home, _ in listed.values()]
        homes += [home for home, _ in paths.names_besides(path).values()]
        yield from (home for home in homes if home.partition(".")[0] in OWN)
    yield from OWN
    yield from (f"groundwire.{name}" for name in ANCESTOR)


def names_of(home: str) -> dict[str, str]:
    """The names of a module, each with the place of its class or function where that is ours."""
    module = importlib.import_module(home)
    names = {name for name in [*vars(module), *getattr(module, "__all__", ())] if not re.fullmatch("__.*__", name)}
    names -= paths.names_besides(paths.spelled(home)).keys()  # they stand there once they were asked for
    return {name: _key(getattr(module, name)) for name in names if not inspect.ismodule(getattr(module, name))}


def _key(value: Any) -> str:
    ours = (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.partition(".")[0] in OWN
    return f"{value.__module__}.{value.__qualname__}" if ours and "<" not in value.__qualname__ else ""


def value_of(key: str) -> Any:
    module, _, name = key.rpartition(".")
    return getattr(importlib.import_module(module), name, None)


# classes


def class_of(key: str) -> dict[str, Any]:
    """A class: what it stems from, the names that it adds to its objects, the keywords that its methods take."""
    cls = value_of(key)
    own = [base for base in cls.__mro__ if _is_own(base)]
    names = sorted(set(_names_of_objects(cls)))
    public = [name for name in names if not name.startswith("_") and _is_method(getattr(cls, name, None))]
    refuses = {name: _refusal(cls, name) for name in public if _never_returns(getattr(cls, name))}
    old, keywords = old_names(cls), old_keywords(cls, public)
    return {
        "bases": [f"{base.__module__}.{base.__qualname__}" for base in own[1:]],
        "names": " ".join(names),
        "open": any(not _is_own(base) and base not in NAMES_NOTHING for base in cls.__mro__) or _answers_anything(cls),
        "takes": called(cls),
        "methods": {name: called(getattr(cls, name)) for name in public if name not in refuses},
        **({"refuses": refuses} if refuses else {}),
        **({"old": old} if old else {}),
        **({"old_keywords": keywords} if keywords else {}),
    }


def old_keywords(cls: type, methods: Iterable[str]) -> dict[str, dict[str, str]]:
    """Method to its keywords of Lightning 1, each with what is written today; the constructor included."""
    own = {name: {old: f"{new}=" for old, new in old_keywords_of(getattr(cls, name)).items()} for name in methods}
    every = {"__init__": old_keywords_of(vars(cls).get("__init__")), **own}
    return {name: words for name, words in every.items() if words}


def old_keywords_of(method: Any) -> dict[str, str]:
    """The keywords of Lightning 1 that a method takes, each with today's."""
    return getattr(method, "old_keywords", {})


def bases_too(keys: Iterable[str]) -> set[str]:
    """Classes, and those of ours that they stem from."""
    classes = [value for key in keys if inspect.isclass(value := value_of(key))]
    own = {base for cls in classes for base in cls.__mro__ if _is_own(base)}
    return {f"{base.__module__}.{base.__qualname__}" for base in own if "<" not in base.__qualname__}


def _is_own(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in OWN


def _never_returns(method: Any) -> bool:
    return inspect.signature(method).return_annotation in (NoReturn, "NoReturn")


def _refusal(cls: type, name: str) -> str:
    """What a method says that is there to refuse."""
    method = getattr(object.__new__(cls), name)
    needed = [one for one in inspect.signature(method).parameters.values() if one.default is one.empty]
    try:
        method(*(None for one in needed if one.kind is one.POSITIONAL_OR_KEYWORD))
    except NotSupportedYetError as error:
        return str(error)


def _answers_anything(cls: type) -> bool:
    """True where `__getattr__` gives names that stand nowhere; that of a Trainer only says why one is gone."""
    method = getattr(cls, "__getattr__", None)
    return method is not None and not _never_returns(method) and not issubclass(cls, EntryPoints)


def _names_of_objects(cls: type) -> Iterator[str]:
    yield from (name for name in vars(cls) if not re.fullmatch("__.*__", name))
    yield from (name for name in vars(cls).get("__annotations__", ()) if name != "__slots__")
    with contextlib.suppress(OSError, TypeError):
        yield from re.findall(r"\bself\.(\w+)(?:, self\.\w+)*(?:: [^=\n]+)? = ", inspect.getsource(cls))
        yield from re.findall(r", self\.(\w+)(?=[^=\n]* = )", inspect.getsource(cls))


def _is_method(value: Any) -> bool:
    return inspect.isfunction(value) or inspect.ismethod(value)


def called(value: Any) -> str | None:
    """The keywords that a call may have; None where any may be there, or nobody can tell."""
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return None
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return None
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return " ".join(one.name for one in parameters if one.kind in named and one.name != "self")


def refused(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Classes that are there to be imported alone, each with what its refusal says."""
    for key in keys:
        cls = value_of(key)
        if inspect.isclass(cls) and "__init__" not in vars(cls) and _only_raises(cls.__init__):
            try:
                cls()
            except NotSupportedYetError as error:
                yield key, str(error)


def _only_raises(method: Any) -> bool:
    """True for a method of ours that does nothing but raise."""
    if not inspect.isfunction(method) or method.__module__.partition(".")[0] not in OWN:
        return False
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0].body
    except OSError:  # a dataclass writes its own
        return False
    return isinstance(body[-1], ast.Raise) and len(body) == 1


# hooks


def hooks() -> dict[str, dict[str, dict[str, Any]]]:
    """Role to hook to how it is called."""
    known: dict[str, dict[str, dict[str, Any]]] = {role: {} for role in ROLES}
    for line in LIGHTNING.rows:
        if isinstance(line, Row) and line.role in known:
            known[line.role][line.method] = _call(line)
    return known


def old_hooks() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Role to hook to the ways in which Lightning 1 called it, and what is written today."""
    known: dict[str, dict[str, list[dict[str, Any]]]] = {role: {} for role in ROLES}
    for line in JOINED.rows:
        if isinstance(line, Row) and line.mark and line.role in known:
            way = {**_call(line), "takes": sorted(line.takes or ()), "use": line.use, "stops": line.takes is None}
            ways = known[line.role].setdefault(line.method, [])
            if way not in ways:
                ways.append(way)
    return known


def _call(line: Row) -> dict[str, Any]:
    gives = [_shown(line, place, name) for place, name in enumerate(line.args)]
    named = [name.rpartition(".")[2] for name in line.named if name not in line.maybe]
    return {"gives": gives, "least": len(line.args) - sum(name in line.maybe for name in line.args), "named": named}


def _shown(line: Row, place: int, name: str) -> str:
    """The name that the base class gives an argument, which is the one that its documentation has."""
    base = getattr(importlib.import_module("groundwire_lightning"), line.role)
    parameters = list(inspect.signature(getattr(base, line.method)).parameters.values())[1:]
    positional = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    return positional[place] if place < len(positional) else IN_LIGHTNING.get(name, name)


# names of Lightning 1


def old_argument(row: OldArgument) -> dict[str, Any]:
    """An argument that only Lightning 1 had: what replaced it, and how its values are written today."""
    return {"use": row.use, "until": row.until, "runs": row.runs, "rewrites": dict(row.rewrites)}


def respelled_arguments() -> dict[str, dict[str, dict[str, str]]]:
    """Call to argument to value to the arguments that say the same today, with ``{}`` for the value as it is written.

    A value is a literal, else ``int`` (1 or more), ``list``, ``str`` or ``any``. Nothing stands for a value that asked
    for what happens anyway; a value that is not here has no spelling that says exactly the same. What stands behind a
    semicolon is for calls that say nothing else of it.
    """
    methods = {name: old_keywords_of(getattr(Trainer, name)) for name in ("fit", "validate", "test", "tune")}
    return {
        "Trainer": {row.name: dict(row.rewrites) for row in OLD_ARGUMENTS if row.rewrites},
        **{f"Trainer.{name}": {old: {"any": f"{new}={{}}"} for old, new in words.items()}
           for name, words in methods.items()},
    }  # fmt: skip


def respelled_attributes() -> dict[str, str]:
    """Attribute of the Trainer of Lightning 1 to the same attribute today."""
    return {name: use for name, use in old_names(OldNames).items() if name in SAME}


def old_values() -> dict[str, dict[str, Any]]:
    """Arguments of which some values were of Lightning 1 alone: what replaced them, those words, those refused."""
    rows = {row.name: row for row in OLD_ARGUMENTS if row.applies is not None}
    words = [word for word in (*OLD_WAYS, *strategies.StrategyRegistry) if isinstance(word, str)]
    return {
        name: {
            "use": row.use,
            "taken": [word for word in (None, *words) if row.is_asked(word)],
            "refused": REFUSED_WAYS if row.is_asked("ddp2") else {},
            "rewrites": dict(row.rewrites),
        }
        for name, row in rows.items()
    }


# values of arguments


def values() -> dict[str, dict[str, Any]]:
    """Arguments that take words: those that are taken, and how refused ones begin, with what to do instead."""
    plugin = "override _create_accelerator of the Trainer and give Accelerate its counterpart there"
    return {
        "strategy": {
            "taken": ["auto", *strategies.StrategyRegistry],
            "instead": {
                **{start: f"{plugin}, {what}" for start, what in devices.OTHER_STRATEGIES.items()},
            },
        },
        "precision": {"taken": [one for one in precision.SPELLINGS if isinstance(one, str)], "instead": {}},
        "accelerator": {
            "taken": ["auto", "gpu", *accelerators.KINDS],
            "instead": {"tpu": "a native groundwire.Trainer under accelerate launch --tpu"},
        },
    }


# the page of pytorch-accelerated


def deviations(page: str) -> Iterator[dict[str, Any]]:
    """The rows of its tables that name something in code: the names, what it was, what it is."""
    for line in re.findall(r"^\| (.+) \|$", page, re.MULTILINE):
        what, was, here = line.split(" | ")
        spans = re.findall(r"`([^`]+)`", what)
        if spans and here != "---" and not FAILED.match(was):
            names = [_trigger(span) for span in spans]
            joint = re.search("` (?:with|as|in) `", what) is not None
            defined = what.startswith("overridden ")
            yield {"what": what, "was": was, "here": here, "names": names, "all": joint, "defined": defined}


def _trigger(span: str) -> list[str]:
    """`train(resume_from=…)` is a call with that keyword: the names, and the keyword with its sign behind them."""
    names, _, arguments = span.partition("(")
    keyword = re.match(r"\w+=", arguments)
    return [*names.split("."), *([keyword[0]] if keyword else [])]


def not_here(page: str) -> Iterator[tuple[str, str]]:
    """The methods that are gone, with what the page says."""
    section = page.partition("## What is not here")[2]
    for item in re.findall(r"^- ((?:.+\n?)+)", section, re.MULTILINE):
        text = " ".join(item.split())
        yield from ((name, text) for name in re.findall(r"`Trainer\.(\w+)`", text))


def text() -> str:
    """The file."""
    lines = ",\n".join(f'"{name}": {_lines(value)}' for name, value in gathered().items())
    return f"{{\n{lines}\n}}\n"


def _lines(value: Any) -> str:
    """A line for each entry, so that a change can be read."""
    short = {"ensure_ascii": False, "separators": (", ", ": ")}
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, **short)}" for k, v in value.items()) + "\n}"
    return "[\n" + ",\n".join(f"  {json.dumps(one, **short)}" for one in value) + "\n]"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
    print(f"wrote {FILE.name}")

"""Writes the parts of these pages that are made from the code: `python docs/generate.py`.

A part stands between `<!-- generated: name -->` and `<!-- end of generated -->`. Tables come from the
tables that run; the order of a run is recorded from one (`recording.py`). A test holds that what is
checked in is what this would write.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

FOLDER = Path(__file__).parent
if __name__ == "__main__":
    sys.path[:0] = [str(FOLDER.parent)]

from docs import recording, walking  # noqa: E402
from groundwire import HOOKS, Gap, Hook, HookMap, Row  # noqa: E402
from groundwire_lightning.map import LIGHTNING  # noqa: E402
from groundwire_lightning.map_1x import JOINED  # noqa: E402
from groundwire_lightning.trainer.arguments import ARGUMENTS  # noqa: E402
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS  # noqa: E402
from groundwire_tensorboard import TENSORBOARD  # noqa: E402
from groundwire_tools.check.codes import CODES, MEANINGS  # noqa: E402
from groundwire_tools.check.deviations import DEVIATIONS  # noqa: E402
from groundwire_tools.check.known import paths, tables  # noqa: E402
from groundwire_torchmetrics import TORCHMETRICS  # noqa: E402

PART = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def filled(page: str) -> str:
    """A page with its generated parts written anew."""
    return PART.sub(lambda found: f"{found[1]}\n{part(found[2])}\n\n{found[3]}", page)


def part(name: str) -> str:
    """The text of one part: `"kind"` or `"kind of what"`."""
    kind, _, what = name.partition(" of ")
    return PARTS[kind](what) if what else PARTS[kind]()


# tables


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def code(text: object) -> str:
    return f"`{text}`"


def codes(names: Iterable[object]) -> str:
    return ", ".join(map(code, names))


HOW_OFTEN = {
    "trainer": "once a Trainer",
    "run": "once a run",
    "epoch": "once an epoch",
    "batch": "each batch",
    "update": "each update",
    "demand": "when it is asked for",
}


def hooks_table(kind: str) -> str:
    """Methods or events, in the order of a run."""
    head = ("hook", "gives", "how often", "returns", "", "what it is")
    return table(head, (_hook_line(hook) for hook in HOOKS.values() if hook.is_event == (kind == "events")))


def _hook_line(hook: Hook) -> tuple[str, ...]:
    added = "added" if hook.added else "documented"
    return (code(hook.name), codes(hook.gives), HOW_OFTEN[hook.every], code(hook.makes) if hook.makes else "", added,
            hook.about)  # fmt: skip


MAPS = {"Lightning": LIGHTNING, "TensorBoard": TENSORBOARD, "torchmetrics": TORCHMETRICS}


def rows_table(what: str) -> str:
    """The rows of a table; of one role where it is named behind a colon."""
    hookmap, role = _chosen(what)
    rows = [line for line in hookmap.rows if isinstance(line, Row) and role in (None, line.role)]
    return table(("method", "runs", "is called with"), (_row_line(line) for line in rows))


def _row_line(line: Row) -> tuple[str, ...]:
    args = [name if name not in line.maybe else f"[{name}]" for name in line.args]
    named = [f"{name.rpartition('.')[2]}={name}" for name in line.named]
    return code(line.source), f"{line.position} `{line.hook}`", code(", ".join(args + named)) if args + named else ""


def gaps_table(what: str) -> str:
    """The gaps of a table."""
    hookmap, role = _chosen(what)
    gaps = [line for line in hookmap.rows if isinstance(line, Gap) and role in (None, line.role)]
    if not gaps:
        return "None."
    head = ("method", "why", "instead", "a run with it")
    return table(head, ((code(gap.source), gap.why, gap.use, "is refused" if gap.stop else "runs") for gap in gaps))


def _chosen(what: str) -> tuple[HookMap, str | None]:
    name, _, role = what.partition(": ")
    return MAPS[name], role or None


def arguments_table() -> str:
    """The arguments of the Lightning-shaped Trainer."""
    head = ("argument", "default", "", "what it does, or what to do instead")
    return table(head, ((code(a.name), code(repr(a.default)), a.fate, a.note) for a in ARGUMENTS))


# code for Lightning 1: a part for each table that has rows of it


def old_rows(role: str) -> str:
    """The hooks of a role that only Lightning 1 had, or called with other arguments."""
    rows = [line for line in JOINED.rows if isinstance(line, Row) and line.mark and line.role == role]
    head = ("method", "runs", "is called with", "counts for", "today")
    return table(head, ((*_row_line(line), _counts_for(line), line.use) for line in rows))


def _counts_for(line: Row) -> str:
    if all(other.source != line.source for other in LIGHTNING.rows):
        return "all" if line.takes is None else "who takes these"
    named = f"who names {' or '.join(map(code, sorted(line.takes)))}, and " if line.takes else ""
    return f"{named}who takes these and not those of today"


def old_gaps() -> str:
    """The hooks of earlier releases that have no place."""
    gaps = [line for line in JOINED.rows if isinstance(line, Gap) and line not in LIGHTNING.rows]
    return table(("method", "why", "instead"), ((code(gap.source), gap.why, gap.use) for gap in gaps))


# what `groundwire check` finds


def findings() -> str:
    """A section for each code, with the lines of the tables that lead to it."""
    return "\n\n".join(_section(code.number) for code in CODES.values())


def _section(number: str) -> str:
    code_ = CODES[number]
    lines = EXAMPLES[number]() if number in EXAMPLES else None
    head = f"## {number} {code_.title}\n\n*It {MEANINGS[number[:3]]}.* {code_.about}"
    return f"{head}\n\n{table(*lines)}" if lines else head


Lines = tuple[tuple[str, ...], list[tuple[str, ...]]]


def _gaps_that(stop: bool) -> Lines:
    rows = [(code(name), why, use) for name, (why, use, stops) in tables()["gaps"].items() if stops is stop]
    return ("hook", "why", "instead"), rows


def _mapped() -> Lines:
    return ("argument", "what it does here"), [(code(a.name), a.note) for a in ARGUMENTS if a.fate == "mapped"]


def _module_gaps() -> Lines:
    gaps = [(path, row) for path, row in paths().TABLE.items() if isinstance(row, paths().Gap)]
    return ("module", "why", "instead"), [(code(path), gap.why, gap.instead) for path, gap in gaps]


OWNERS_OF_OLD_NAMES = {
    "Trainer": "trainer.lightning_1.names.OldNames",
    "LightningModule": "core.old_names.OldModuleNames",
    "LightningDataModule": "core.old_names.OldDataModuleNames",
}


def old_names_table() -> str:
    """The arguments and names of Lightning 1 that are taken."""
    return table(*_old_names())


def _old_names() -> Lines:
    arguments = [(code(f"Trainer({row.name}=)"), row.until, row.use) for row in OLD_ARGUMENTS]
    names = [
        (code(f"{owner}.{name}"), "", use)
        for owner, home in OWNERS_OF_OLD_NAMES.items()
        for name, use in tables()["classes"][f"groundwire_lightning.{home}"].get("old", {}).items()
    ]
    return ("name", "until", "today"), arguments + names


def old_paths_table() -> str:
    """The modules of Lightning 1 that are answered."""
    rows = [(code(path), paths().moved(path) or "the same path") for path in paths().MOVED]
    return table(("module", "today"), rows)


def old_path_gaps_table() -> str:
    """The modules and names of Lightning 1 that are refused; those with one reason stand together."""
    listed: dict[tuple[str, str], list[str]] = {}
    for path, row in paths().TABLE.items():
        if path not in paths().LIGHTNING_2 and hasattr(row, "why"):
            listed.setdefault((row.why, row.instead), []).append(code(path.removeprefix("lightning.pytorch.")))
    rows = [(", ".join(names), *reason) for reason, names in listed.items()]
    return table(("below `pytorch_lightning`", "why", "instead"), rows)


def _values() -> Lines:
    rows = [
        (code(f"{name}={start}…"), instead)
        for name, values in tables()["values"].items()
        for start, instead in values["instead"].items()
    ]
    return ("value", "instead"), rows


def _refused() -> Lines:
    return ("class", "it says"), [(code(key.rpartition(".")[2]), text) for key, text in tables()["refused"].items()]


def _on_purpose() -> Lines:
    rows = [(row.what, row.lightning, row.here, row.why, row.instead) for row in DEVIATIONS]
    return ("what", "Lightning", "here", "why", "what to do"), rows


def _deviations() -> Lines:
    rows = [(row["what"], row["was"], row["here"]) for row in tables()["deviations"]]
    return ("what", "pytorch-accelerated", "here"), rows


def _old_hooks() -> Lines:
    rows = [
        (code(f"{role}.{name}"), "; ".join(dict.fromkeys(way["use"] for way in ways)))
        for role, hooks in tables()["old_hooks"].items()
        for name, ways in hooks.items()
    ]
    return ("hook", "today"), rows


EXAMPLES: dict[str, Callable[[], Lines]] = {
    "GW102": _mapped,
    "GW104": _on_purpose,
    "GW105": _old_names,
    "GW106": _old_hooks,
    "GW201": lambda: _gaps_that(stop=False),
    "GW211": _deviations,
    "GW301": _module_gaps,
    "GW304": _values,
    "GW305": lambda: _gaps_that(stop=True),
    "GW308": _refused,
}
"""Code to the lines of the tables that lead to it, where these can be listed."""


# what is known to be otherwise than in Lightning


def on_purpose() -> str:
    """What is otherwise on purpose."""
    return table(*_on_purpose())


def meanings() -> str:
    """A section for each code of what runs with another meaning, with what it is about, name by name."""
    return "\n\n".join(_meaning(number) for number in CODES if number.startswith("GW2"))


def _meaning(number: str) -> str:
    one = CODES[number]
    head = f"### {number} {one.title}\n\n{one.about}"
    row = table(("Lightning", "here", "why", "what to do"), [(one.lightning, one.here, one.why, one.instead)])
    lines = EXAMPLES[number]() if number in EXAMPLES and number != "GW211" else None  # that one has its own page
    return "\n\n".join([head, row, *([table(*lines)] if lines else [])])


def mapped() -> str:
    """The arguments that something of ours does."""
    return table(*_mapped())


def refusals() -> str:
    """A line for each code of what cannot run, with the names that it is about."""
    head = ("code", "what", "when", "such as")
    return table(head, (_refusal_line(number) for number in CODES if number.startswith("GW3")))


def _refusal_line(number: str) -> tuple[str, ...]:
    one = CODES[number]
    names = [line[0] for line in EXAMPLES[number]()[1]] if number in EXAMPLES else []
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    link = f"[{number}](findings.md#{number.lower()}-{one.title.replace(' ', '-')})"
    return link, one.title, one.about, ", ".join(names[:MOST_NAMED]) + more


MOST_NAMED = 4


# the order of a run

LOOPS = {"epoch": "for each epoch:", "batch": "for each batch:", "update": "once an update:"}


def order(entry: str) -> str:
    """What runs within what when an entry point is called, as pseudo-code."""
    root = recording.lightning() if entry == "fit" else recording.native(entry)
    return "\n".join(["```text", f"{entry}(…)", *_nested(root, 1), "```"])


def _nested(node: recording.Node, depth: int, parent: str = "trainer") -> Iterator[str]:
    loop = ""
    for child in node.within.values():
        hook = HOOKS[child.name]
        opened = LOOPS[hook.every] if hook.every in LOOPS and _repeats(node.name, hook.every, parent) else ""
        if opened and opened != loop:
            yield f"{'    ' * depth}{opened}"
        loop = opened
        deeper = depth + bool(opened)
        yield _call(hook, deeper)
        yield from _nested(child, deeper + 1, hook.every)


def _repeats(within: str, every: str, parent: str) -> bool:
    """An epoch is repeated by a training run alone: an evaluation is one pass."""
    return within == "_run_training" if every == "epoch" else every != parent


def _call(hook: Hook, depth: int) -> str:
    made = f"{hook.makes} = " if hook.makes else ""
    line = f"{'    ' * depth}{made}{hook.name}({', '.join(hook.gives)})"
    return f"{line:<78}  # added" if hook.added else line


# the map of the house


def listed(name: str) -> dict[str, Any]:
    """A list of this folder that is kept as data."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def rooms(package: str) -> str:
    """The rooms of a package in their order, each with the sentence that its docstring opens with."""
    order = (name for line in listed("rooms")[package]["order"] for name in line.split())
    return table(("room", "what it is"), (_room(package, name) for name in order))


def _room(package: str, name: str) -> tuple[str, str]:
    folder = walking.file_of(package) / name
    path, shown = (folder / "__init__.py", f"{name}/") if folder.is_dir() else (folder.with_suffix(".py"), f"{name}.py")
    return code(shown), _opening(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")


def walk(name: str) -> str:
    """What is called on a walk through the code, in order."""
    steps = listed("walks")[name]["steps"]
    return "\n".join(f"{number}. {_place(place)} {what}." for number, (place, what) in enumerate(steps, 1))


def _place(place: str) -> str:
    kind, _, name = place.partition(":")
    return {"plan": f"`plan.{name}`", "yours": f"your `{name}`"}.get(kind, code(place))


def glossary() -> str:
    """The words of the code, each with what it means and where it is at home."""
    lines = sorted(listed("glossary").items(), key=lambda line: line[0].strip("`").lower())
    return table(("word", "meaning", "home"), ((word, line["is"], code(line["home"])) for word, line in lines))


# the reference


def package() -> str:
    """The names that can be imported from `groundwire` itself."""
    package = importlib.import_module("groundwire")
    names = sorted(package.__all__, key=str.lower)
    return table(("name", "what it is"), ((code(name), _sentence(getattr(package, name))) for name in names))


def _sentence(value: Any) -> str:
    if isinstance(value, str):
        return "The version."
    if not (inspect.isclass(value) or inspect.isroutine(value)):
        return "The callbacks of a Trainer that is given none." if isinstance(value, tuple) else "Every hook by name."
    return _opening(inspect.getdoc(value) or "")


def _opening(docstring: str) -> str:
    """The first paragraph of a docstring, as Markdown."""
    line = re.split(r"\n\s*\n", docstring)[0].replace("\n", " ").replace("``", "`")
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", line)


def internals() -> str:
    """Directives for the methods of the Trainer that lie below the documented ones."""
    methods = [f".. automethod:: Trainer.{name}" for name in HOOKS if name.startswith("_")]
    return "\n\n".join(["```{eval-rst}", ".. currentmodule:: groundwire.trainer", *methods, "```"])


def reference(what: str) -> str:
    """Directives for the public names of a module, or for those named behind a colon."""
    module_name, _, chosen = what.partition(": ")
    module = importlib.import_module(module_name)
    names = chosen.split(", ") if chosen else module.__all__
    blocks = [_directive(name, getattr(module, name)) for name in names]
    return "\n\n".join(["```{eval-rst}", f".. currentmodule:: {module_name}", *blocks, "```"])


def _directive(name: str, value: Any) -> str:
    if not inspect.isclass(value):
        kind = "function" if inspect.isroutine(value) else "data"
        return f".. auto{kind}:: {name}" + ("" if kind == "function" else "\n   :no-value:")
    if issubclass(value, BaseException):
        return f".. autoexception:: {name}"
    members = [member for owner in _owners(value) for member in vars(owner) if _is_told(member, getattr(value, member))]
    told = f"\n   :members: {', '.join(dict.fromkeys(members))}" if members else ""
    return f".. autoclass:: {name}{told}"


def _owners(value: type) -> list[type]:
    """The class, and those of our own that it is spread over."""
    spread = [cls for cls in value.__mro__[1:] if cls.__module__.startswith("groundwire") and not _is_public(cls)]
    return [value, *spread]


def _is_public(cls: type) -> bool:
    return cls.__name__ in getattr(importlib.import_module(cls.__module__), "__all__", ())


def _is_told(name: str, member: Any) -> bool:
    told = inspect.isroutine(member) or isinstance(member, property)
    return not name.startswith("_") and told and bool(inspect.getdoc(member))


PARTS: dict[str, Callable[..., str]] = {
    "hooks": hooks_table,
    "rows": rows_table,
    "gaps": gaps_table,
    "arguments": arguments_table,
    "old rows": old_rows,
    "old gaps": old_gaps,
    "old names": old_names_table,
    "old paths": old_paths_table,
    "old path gaps": old_path_gaps_table,
    "findings": findings,
    "on purpose": on_purpose,
    "meanings": meanings,
    "mapped": mapped,
    "refusals": refusals,
    "order": order,
    "rooms": rooms,
    "walk": walk,
    "glossary": glossary,
    "package": package,
    "internals": internals,
    "reference": reference,
}


def pages() -> list[Path]:
    """Every page."""
    return sorted(FOLDER.rglob("*.md"))


if __name__ == "__main__":
    for path in pages():
        before = path.read_text("utf-8")
        if (after := filled(before)) != before:
            path.write_text(after, "utf-8")
            print(f"wrote {path.relative_to(FOLDER)}")

"""The tables, asked for spellings: how a name of Lightning or an argument of 1.x is written for groundwire."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from groundwire_tools.check import known
from groundwire_tools.check.follow import Class, Lacking, Module, Names, Value
from groundwire_tools.check.uses import CALL, SOME, SUPER, Chain

VALUE = "{}"
"""What stands for the value as it is written."""
LIGHTNINGS = "lightning", "lightning.pytorch"
DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def is_theirs(chain: Chain, names: Names) -> bool:
    """True for a name of Lightning or pytorch-accelerated, which is to be written otherwise."""
    return known.is_foreign(chain[0]) and chain[0] in known.roots() and chain[0] not in names.project.own_roots


def is_path(text: str, names: Names) -> bool:
    """True for a dotted name of Lightning's or pytorch-accelerated's; ``"lightning"`` alone is a word as well."""
    return DOTTED.fullmatch(text) is not None and text != "lightning" and is_theirs(tuple(text.split(".")), names)


def in_ours(path: str, names: Names) -> str | None:
    """A dotted name under groundwire's root; None where it is not here.

    Args:
        path: A module, or a name in one, of Lightning of any release or of pytorch-accelerated.
        names: Tell what is here.
    """
    root, dot, below = path.partition(".")
    if root == known.ANCESTOR:
        path = f"{known.CORE}{dot}{below}"
        return path if is_here(path, names) else None
    ours = _today(known.paths().spelled(path), names)
    if not is_here(ours, names):
        return None
    taken = next((one for one in _rooms() if f"{ours}.".startswith(f"{one}.")), None)
    return ours if taken is None else ours.replace(known.paths().OURS, f"{known.paths().OURS}.pytorch", 1)


@cache
def _rooms() -> list[str]:
    """Packages of ours that are something else than Lightning's of that name, which stands below ``pytorch`` alone."""
    paths, above = known.paths(), "lightning.pytorch."
    short = [path.removeprefix(above) for path in paths.TABLE if path.startswith(above) and paths.names_of(path)]
    return [f"{paths.OURS}.{path}" for path in short if known.folder().joinpath(*path.split(".")).is_dir()]


def is_here(path: str, names: Names) -> bool:
    """True for a module or a name of ours."""
    module, _, name = path.rpartition(".")
    if any(name in known.names_in(one) for one in (LIGHTNINGS if module == known.paths().OURS else (module,))):
        return True  # below a module too that has the name of a function beside it
    meaning = names.follow(tuple(path.split("."))).meaning
    return meaning is not None and not isinstance(meaning, Lacking)


def _today(path: str, names: Names) -> str:
    """A name of Lightning under our root: where Lightning 2 has it, if that is one place and the very same object."""
    ours, above = _below_ours(path), path
    while above:
        today = known.paths().moved(above) or ""
        if DOTTED.fullmatch(today) and today.startswith("lightning."):  # one place, not several, and theirs
            moved = _below_ours(today + path.removeprefix(above))
            if _is_same(ours, moved, names):
                return moved
        above = above.rpartition(".")[0]
    return ours


def _below_ours(path: str) -> str:
    """A name as Lightning 2 spells it, with our root in the place of Lightning's."""
    prefix = next(one for one in reversed(LIGHTNINGS) if f"{path}.".startswith(f"{one}."))
    return f"{known.paths().OURS}{path.removeprefix(prefix)}"


def _is_same(one: str, other: str, names: Names) -> bool:
    """True where two names of ours mean one module, class or function, as far as the tables know it."""
    meanings = [names.follow(tuple(path.split("."))).meaning for path in (one, other)]
    if all(isinstance(meaning, Module) for meaning in meanings):
        return known.home_of_module(one) == known.home_of_module(other)
    homes = [known.paths().home_of_name(path) for path in (one, other)]
    return None not in meanings and meanings[0] == meanings[1] and (meanings[0] != Value() or homes[0] == homes[1])


def longest(chain: Chain, names: Names) -> tuple[int, str]:
    """How many parts of a chain name something that is here, and how that is written; zero where none do."""
    pure = next((place for place, part in enumerate(chain) if not part.isidentifier()), len(chain))
    for length in range(pure, 0, -1):
        if (path := in_ours(".".join(chain[:length]), names)) is not None:
            return length, path
    return 0, ""


def callee(chain: Chain, names: Names) -> str:
    """What a call calls, as the table of arguments has it: a class, or a class and a method."""
    meaning = names.follow(chain).meaning
    if isinstance(meaning, Class) and not meaning.is_object and meaning.record is None:
        return meaning.key.rpartition(".")[2]
    if isinstance(meaning, Value) and meaning.method:
        name = meaning.key.rpartition(".")[2]
        return name if meaning.method == "__init__" else f"{name}.{meaning.method}"
    return ""


class Today(NamedTuple):
    """How an argument of Lightning 1 is written today, name and value each.

    Attributes:
        words: The arguments that say the same.
        otherwise: Those that do where nothing else in the call has a say in it.
    """

    words: list[tuple[str, str]]
    otherwise: list[tuple[str, str]]


def arguments(called: str, name: str, value: ast.expr) -> Today | None:
    """The arguments that say today what one of Lightning 1 said; None where there is no one spelling.

    Args:
        called: By :func:`callee`.
        name: Of the argument.
        value: As it is passed.
    """
    row: Mapping[str, str] = known.tables()["respelled_arguments"].get(called, {}).get(name, {})
    kind = next((kind for kind in _kinds(value) if kind in row), None)
    if kind is None:
        return None
    words, _, otherwise = row[kind].partition("; ")
    return Today(_words(words), _words(otherwise))


def names_in_rows(called: str, name: str) -> set[str]:
    """Arguments of today that one of Lightning 1 may stand for, whatever its value."""
    rows: Iterable[str] = known.tables()["respelled_arguments"].get(called, {}).get(name, {}).values()
    return {word for row in rows for word, _ in _words(row.replace(";", ","))}


def _words(text: str) -> list[tuple[str, str]]:
    call = ast.parse(f"_({text.replace(VALUE, '...')})", mode="eval").body
    assert isinstance(call, ast.Call)
    return [(word.arg or "", _written(word.value)) for word in call.keywords]


def _written(value: ast.expr) -> str:
    return VALUE if isinstance(value, ast.Constant) and value.value is ... else ast.unparse(value)


def _kinds(value: ast.expr) -> list[str]:
    """The words of the table that fit a value, the narrowest first."""
    kinds = [ast.unparse(value)]
    if isinstance(value, ast.Constant):
        literal = value.value
        kinds += ["int"] if type(literal) is int and literal > 0 else ["str"] if isinstance(literal, str) else []
    elif isinstance(value, (ast.List, ast.Tuple)):
        kinds.append("list")
    return [*kinds, "any"]


def attribute(chain: Chain, names: Names) -> str | None:
    """What an attribute of a Trainer is called today; None where that stays, or is nothing else by one name."""
    new: str | None = known.tables()["respelled_attributes"].get(chain[-1])
    if new is None or chain[-1] in (CALL, SOME, SUPER):
        return None
    owner = names.follow(chain[:-1]).meaning
    is_trainer = isinstance(owner, Class) and owner.is_object and known.TRAINER in known.kin(owner.key)
    return new if is_trainer else None

"""The tables, as data: what of Lightning and of pytorch-accelerated is here, under which names."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).with_name("known.json")  # python docs/known.py writes it
ANCESTOR = "pytorch_accelerated"
CORE = "groundwire"


@cache
def tables() -> Mapping[str, Any]:
    """What ``known.json`` holds."""
    return json.loads(FILE.read_text("utf-8"))  # type: ignore[no-any-return]


@cache
def folder() -> Path:
    """The folder of ``groundwire_lightning``, which is not imported."""
    package = importlib.util.find_spec("groundwire_lightning")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("groundwire_lightning is not installed, and groundwire check reads its tables")
    return Path(next(iter(package.submodule_search_locations)))


@cache
def paths() -> ModuleType:
    """``groundwire_lightning.paths``, which is pure data; the package around it is not imported."""
    spec = importlib.util.spec_from_file_location("groundwire_tools.check._paths", folder() / "paths.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def roots() -> frozenset[str]:
    """The packages whose names are judged."""
    return frozenset({*paths().ROOTS, paths().OURS, ANCESTOR, CORE})


@cache
def home_of_module(path: str) -> str | None:
    """The module of ours that answers for a path, or None."""
    root, dot, below = path.partition(".")
    if root in (ANCESTOR, CORE):
        return f"{CORE}{dot}{below}" if f"{CORE}{dot}{below}" in tables()["modules"] else None
    home = paths().home_of(paths().spelled(path))
    listed = paths().names_of(paths().spelled(path)) is not None
    return home if listed or home in tables()["modules"] else None


def is_foreign(path: str) -> bool:
    """True for a path of Lightning or pytorch-accelerated, as they spell it."""
    return path.partition(".")[0] not in (CORE, paths().OURS)


@cache
def is_own(path: str) -> bool:
    """True for a module or a name that groundwire has beside those of others, which is not judged."""
    root, _, below = path.partition(".")
    if root != paths().OURS:
        return root == CORE
    file = folder().joinpath(*below.split("."))
    return below in tables()["modules"][root] or file.is_dir() or file.with_suffix(".py").is_file()


@cache
def names_in(path: str) -> Mapping[str, str]:
    """The names of a module path, each with its class or function of ours, or nothing."""
    home = home_of_module(path)
    listed = None if home is None or home.startswith(f"{CORE}.") else paths().names_of(paths().spelled(path))
    modules = tables()["modules"]
    if listed is None:
        names = {name: key or "" for name, key in modules.get(home, {}).items()}
        return names if home is None or home.startswith(CORE + ".") else _with_old(path, names)
    return {name: modules.get(there, {}).get(inner) or "" for name, (there, inner) in listed.items()}


def _with_old(path: str, names: dict[str, str]) -> Mapping[str, str]:
    """The names of a module with those that Lightning 1 had there besides."""
    modules = tables()["modules"]
    besides = paths().names_besides(paths().spelled(path))
    return names | {name: modules.get(there, {}).get(inner) or "" for name, (there, inner) in besides.items()}


@cache
def kin(key: str) -> tuple[str, ...]:
    """A class and those that it stems from."""
    return (key, *tables()["classes"].get(key, {}).get("bases", ()))


@cache
def attributes(key: str) -> frozenset[str]:
    """The names that objects of a class have, as far as ours brings them."""
    classes = tables()["classes"]
    return frozenset(name for one in kin(key) for name in classes.get(one, {}).get("names", "").split())


def is_open(key: str) -> bool:
    """True where objects may have names that stand nowhere."""
    return bool(tables()["classes"].get(key, {}).get("open", True))


@cache
def keywords(key: str, method: str = "") -> frozenset[str] | None:
    """The keywords that a call takes; None where any may be there.

    Args:
        key: A class or function.
        method: Of the class; without it the class itself is called.
    """
    if not method:
        entry = tables()["classes"].get(key, {}).get("takes", tables()["functions"].get(key))
        return None if entry is None else frozenset(entry.split())
    for one in kin(key):
        methods = tables()["classes"].get(one, {}).get("methods", {})
        if method in methods:
            return None if methods[method] is None else frozenset(methods[method].split())
    return None


@cache
def old_use(key: str, name: str) -> str:
    """What is done today instead of reading a name that a class had under Lightning 1; empty of any other name."""
    classes = tables()["classes"]
    return next((use for one in kin(key) if (use := classes.get(one, {}).get("old", {}).get(name))), "")


@cache
def old_keyword(key: str, method: str, word: str) -> str:
    """Today's keyword for one that a method, by default the constructor, took under Lightning 1; empty of any other."""
    classes = tables()["classes"]
    words = (classes.get(one, {}).get("old_keywords", {}).get(method or "__init__", {}) for one in kin(key))
    return next((new for of_class in words if (new := of_class.get(word))), "")


@cache
def moved(chain: tuple[str, ...]) -> str:
    """What Lightning 2 has in the place of a module or name of Lightning 1; empty of any other."""
    return paths().moved(".".join(chain)) or ""


@cache
def refusal_of(key: str, method: str = "") -> str:
    """What is said where a class is made, or one of its methods is called, that is there to refuse; or nothing."""
    if not method:
        return str(tables()["refused"].get(key, ""))
    return next((str(text) for one in kin(key) if (text := _refuses(one).get(method))), "")


def _refuses(key: str) -> Mapping[str, str]:
    return tables()["classes"].get(key, {}).get("refuses", {})  # type: ignore[no-any-return]


@cache
def role_of(key: str) -> str:
    """The role in the hook table that objects of a class play; empty where they play none."""
    return next((role for role in tables()["hooks"] for one in kin(key) if one.rpartition(".")[2] == role), "")


TRAINER = "groundwire_lightning.trainer.trainer.Trainer"
MODULE = "groundwire_lightning.core.module.LightningModule"
STRATEGY = "groundwire_lightning.strategies.strategy.Strategy"

"""The calls that start a run, with the arguments that mean something to a plain loop."""

from __future__ import annotations

import ast

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.reading.calls import calls_of, trainer_names
from groundwire_tools.eject.reading.script import Script

ENTRIES = {
    "fit": ("model", "train_dataloaders", "val_dataloaders", "datamodule", "ckpt_path", "weights_only"),
    "validate": ("model", "dataloaders", "ckpt_path", "verbose", "datamodule", "weights_only"),
    "test": ("model", "dataloaders", "ckpt_path", "verbose", "datamodule", "weights_only"),
    "predict": ("model", "dataloaders", "datamodule", "return_predictions", "ckpt_path", "weights_only"),
}
"""The calls that start a run, each with its arguments in order."""

DATA = ("model", "train_dataloaders", "val_dataloaders", "dataloaders", "datamodule", "ckpt_path")
"""Those of them that mean something to a plain loop, in the order in which it takes them."""


def entry_calls(script: Script, made: ast.Call) -> dict[str, list[ast.Call]]:
    """The calls that start a run, of the Trainer that the script makes."""
    trainers = trainer_names(script, made)
    calls: dict[str, list[ast.Call]] = {}
    for call in calls_of(script, *ENTRIES):
        function = call.func
        if isinstance(function, ast.Attribute) and (function.value is made or ast.unparse(function.value) in trainers):
            calls.setdefault(function.attr, []).append(call)
    return calls


def rewrite_entry(script: Script, name: str, call: ast.Call, facts: Facts) -> dict[str, ast.expr]:
    """Leave in a call what means something to a plain loop; what that is."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(word.arg is None for word in call.keywords):
        raise script.refused(call, f"the arguments of {name}() stand behind a star; write them out")
    passed: dict[str, ast.expr] = dict(zip(ENTRIES[name], call.args, strict=False))
    passed |= {str(word.arg): word.value for word in call.keywords}
    first = "train_dataloaders" if name == "fit" else "dataloaders"
    if name == "fit" and facts.data is not None and "datamodule" not in passed:
        passed["datamodule"] = passed.pop(first)
    passed = {key: value for key, value in passed.items() if key in DATA and not _is_none(value)}
    if name == "fit" and not facts.validates:
        passed.pop("val_dataloaders", None)
    _name_checkpoint(script, call, passed.get("ckpt_path"), facts)
    parts = [
        script.text(passed[key]) if passed[key] in call.args else f"{key}={script.text(passed[key])}"
        for key in DATA
        if key in passed
    ]
    if len(parts) < len(call.args) + len(call.keywords) or {"ckpt_path", "datamodule"} & {*passed}:
        script.rebuild(call, parts)
    return passed


def _name_checkpoint(script: Script, call: ast.Call, value: ast.expr | None, facts: Facts) -> None:
    """Write the path of the best checkpoint for the word that stands for it."""
    if value is None:
        return
    variable = next((one.variable for one in facts.listeners if one.name == "ModelCheckpoint"), "")
    if variable and isinstance(value, ast.Constant) and value.value == "best":
        assert isinstance(call.func, ast.Attribute)
        script.replace(value, f"{script.text(call.func.value)}.{variable}.best_model_path")
    elif not variable or not ast.unparse(value).endswith(".best_model_path"):
        why = 'ckpt_path= has a plain counterpart as "best" alone, with a ModelCheckpoint among callbacks='
        raise script.refused(call, why)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None

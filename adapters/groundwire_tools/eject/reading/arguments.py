"""The arguments of calls: what means nothing to a plain loop is dropped, what stands for more is written out."""

from __future__ import annotations

import ast
import re
from functools import partial

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.reading.calls import calls_of, named
from groundwire_tools.eject.reading.logged import MODULES, Logging
from groundwire_tools.eject.reading.script import Script

DROPPED = {
    "log": frozenset(
        {
            *("prog_bar", "logger", "enable_graph", "sync_dist", "sync_dist_group", "add_dataloader_idx"),
            *("metric_attribute", "rank_zero_only"),
        }
    ),
    "seed_everything": frozenset({"workers", "verbose"}),
    "EarlyStopping": frozenset({"verbose", "log_rank_zero_only", "check_on_train_epoch_end", "check_finite", "strict"}),
    "ModelCheckpoint": frozenset(
        {
            *("verbose", "save_on_train_epoch_end", "enable_version_counter", "auto_insert_metric_name"),
            *("every_n_epochs", "save_weights_only"),
        }
    ),
}
"""Arguments that mean nothing to a plain loop, or that it is written for."""

MOST_BY_PLACE = {"log": 2, "seed_everything": 1, "EarlyStopping": 3, "ModelCheckpoint": 3}
"""Arguments that may be passed by their place: those that are before the first that is dropped."""


def seed(script: Script) -> bool:
    """Write a line that seeds as the lines that it stands for, where that is the only one.

    Args:
        script: The script, which is edited.

    Returns:
        True where that was done.
    """
    calls = [call for call in calls_of(script, "seed_everything") if script.chain(call.func)]
    references = [node for node, name in script.references() if name == "seed_everything"]
    if len(calls) != 1 or len(references) != 1:
        return False
    call, statement = calls[0], script.statement(calls[0])
    values = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "seed")]
    if len(values) == 1 and isinstance(statement, ast.Expr) and isinstance(values[0], (ast.Name, ast.Constant)):
        seed, indent = script.text(values[0]), " " * statement.col_offset
        lines = [f"random.seed({seed})", f"np.random.seed({seed})", f"torch.manual_seed({seed})"]
        script.replace(statement, f"\n{indent}".join(lines))
        return True
    return False


def drop_arguments(script: Script, logging: Logging) -> None:
    """Drop the arguments of ``log``, ``seed_everything`` and standard callbacks that the loop does not go by.

    Args:
        script: The script, which is edited.
        logging: How it logs; where all calls are alike, none has to say at which level.

    Raises:
        NotPlainError: One is not dropped without another number coming of it.
    """
    levels = frozenset() if logging.decides else frozenset({"on_step", "on_epoch"})
    for call in calls_of(script, "log", "log_dict", *DROPPED):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else named(script, call.func)
        name = "log" if name == "log_dict" else name
        if name != "log" and not script.chain(call.func):
            continue
        dropped = DROPPED[name] | (levels if name == "log" else frozenset())
        if name == "log" and not _is_module(call.func):
            continue
        for word in call.keywords:
            if word.arg == "reduce_fx":
                raise script.refused(call, "self.log(reduce_fx=...): the recorder of a plain loop takes the mean alone")
        if len(call.args) > MOST_BY_PLACE[name]:
            raise script.refused(
                call, f"{name}(...) with so many arguments by their place; name those behind the first"
            )
        kept = [word for word in call.keywords if word.arg not in dropped]
        if name == "ModelCheckpoint":
            _fill_name(script, call)
        if len(kept) < len(call.keywords) or name == "ModelCheckpoint":
            script.rebuild(call, [*call.args, *kept])


def _is_module(function: ast.expr) -> bool:
    """True for ``self.log``, ``pl_module.log`` and the like; not for a logger's or a mathematical one."""
    return isinstance(function, ast.Attribute) and ast.unparse(function.value) in MODULES


def _fill_name(script: Script, call: ast.Call) -> None:
    """Write the name of a checkpoint's file as ``str.format`` takes it."""
    values = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "filename")]
    inserts = next((word.value for word in call.keywords if word.arg == "auto_insert_metric_name"), None)
    for value in values:
        if not isinstance(value, ast.Constant):
            raise script.refused(value, "ModelCheckpoint(filename=...) is filled in here: write it as a string")
        name = str(value.value)
        is_plain = isinstance(inserts, ast.Constant) and not inserts.value
        script.replace(value, '"' + (name if is_plain else template(name)) + '"')


def template(name: str) -> str:
    """The template of a file's name with the names of its fields, as a ModelCheckpoint inserts them."""
    return re.sub(r"(?<!=)\{([\w/]+)", lambda match: f"{match[1]}={{{match[1]}", name)


def save_hyperparameters(script: Script, facts: Facts) -> bool:
    """Write the calls of ``save_hyperparameters`` out as the assignments that they make.

    Args:
        script: The script, which is edited.
        facts: Of its run.

    Returns:
        True where ``hparams`` is used as a dictionary.

    Raises:
        NotPlainError: It keeps something else than the arguments of its ``__init__``.
    """
    is_dictionary = not all(map(partial(_is_attribute, script), _reads_of_hparams(script)))
    for call in calls_of(script, "save_hyperparameters"):
        statement = script.statement(call)
        function = script.parents[statement]
        if not isinstance(statement, ast.Expr) or not isinstance(function, ast.FunctionDef):
            raise script.refused(call, "save_hyperparameters() is written out in __init__ alone, as a line of its own")
        arguments = function.args
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)][1:]
        if call.args:
            names = [str(one.value) for one in call.args if isinstance(one, ast.Constant)]
        ignored = _ignored(call)
        names = [name for name in names if name not in ignored]
        kept = facts.hparams if script.is_in_module(call) else facts.data_hparams
        if set(names) != set(kept):
            raise script.refused(
                call,
                f"save_hyperparameters() keeps {', '.join(sorted(kept)) or 'nothing'}, which is not what "
                "stands in this __init__; write self.hparams out to eject",
            )
        kind = "AttributeDict" if is_dictionary else "SimpleNamespace"
        script.replace(call, f"self.hparams = {kind}({', '.join(f'{name}={name}' for name in names)})")
    return is_dictionary


def _reads_of_hparams(script: Script) -> list[ast.Attribute]:
    return [node for node in ast.walk(script.tree) if isinstance(node, ast.Attribute) and node.attr == "hparams"]


def _is_attribute(script: Script, node: ast.Attribute) -> bool:
    """True where one value is read of it by its name."""
    above = script.parents[node]
    return isinstance(above, ast.Attribute) and above.attr not in dir(dict)


def _ignored(call: ast.Call) -> list[str]:
    value = next((word.value for word in call.keywords if word.arg == "ignore"), None)
    if isinstance(value, ast.Constant):
        return [str(value.value)]
    return [str(one.value) for one in getattr(value, "elts", ()) if isinstance(one, ast.Constant)]

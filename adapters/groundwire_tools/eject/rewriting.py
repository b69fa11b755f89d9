"""The program with Lightning's names taken out: what it defines and calls stays, what only watches a run goes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.logging import Logging
from groundwire_tools.eject.reading import Script
from groundwire_tools.eject.standing import LEFT_OUT, STANDARD

PLAIN = frozenset({"LightningModule", "LightningDataModule", "Callback", "Trainer", "seed_everything", *STANDARD})
"""Names of Lightning's that the written program defines under the same name, or does without as a base."""

TYPES = frozenset(
    {
        *("STEP_OUTPUT", "EVAL_DATALOADERS", "TRAIN_DATALOADERS", "OptimizerLRScheduler", "LRSchedulerConfigType"),
        *("OptimizerLRSchedulerConfig", "LRSchedulerTypeUnion", "LRSchedulerPLType", "LRSchedulerConfig"),
    }
)
"""Names that annotations use, for which ``Any`` does."""

ENTRIES = {
    "fit": ("model", "train_dataloaders", "val_dataloaders", "datamodule", "ckpt_path", "weights_only"),
    "validate": ("model", "dataloaders", "ckpt_path", "verbose", "datamodule", "weights_only"),
    "test": ("model", "dataloaders", "ckpt_path", "verbose", "datamodule", "weights_only"),
    "predict": ("model", "dataloaders", "datamodule", "return_predictions", "ckpt_path", "weights_only"),
}
"""The calls that start a run, each with its arguments in order."""

DATA = ("model", "train_dataloaders", "val_dataloaders", "dataloaders", "datamodule", "ckpt_path")
"""Those of them that mean something to a plain loop, in the order in which it takes them."""

PARAMETERS = ("max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val", "callbacks")
"""Arguments of the Trainer that stay arguments, where the program passes them and the loop goes by them."""

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
        {"verbose", "save_on_train_epoch_end", "enable_version_counter", "auto_insert_metric_name", "every_n_epochs"}
    ),
}
"""Arguments that mean nothing to a plain loop, or that it is written for."""


@dataclass
class Rewritten:
    """What became of a script, and what the loop has to be written for.

    Attributes:
        entries: The calls that start runs, by name, each with the arguments that it is passed anywhere.
        always: Those of them that each call of a name passes.
        parameters: The arguments that the Trainer is still made with.
        classes: Names of Lightning's that are still used.
        needs_any: ``Any`` took the place of a type.
        reads: Names that are read of something other than a Trainer.
        data_asks: A class that is no module reads ``self.trainer``.
    """

    entries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    always: dict[str, frozenset[str]] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    classes: set[str] = field(default_factory=set)
    needs_any: bool = False
    reads: frozenset[str] = frozenset()
    data_asks: bool = False


def rewrite(script: Script, facts: Facts, goes_by: frozenset[str], logging: Logging) -> Rewritten:
    """Edit a script so that it names nothing of Lightning's but what the written program defines.

    Args:
        script: The script, which is edited.
        facts: Of its run.
        goes_by: Arguments of the Trainer that the loop goes by.
        logging: How it logs.

    Raises:
        NotPlainError: It uses something that has no plain counterpart.
    """
    rewritten = Rewritten()
    leaving: list[ast.expr] = []
    for node, name in script.references():
        if name in LEFT_OUT:
            leaving.append(node)
        elif name in TYPES:
            script.replace(node, "Any")
            rewritten.needs_any = True
        elif name in PLAIN:
            _rename(script, node, name, rewritten)
        else:
            raise script.refused(node, f"{ast.unparse(node)} has no plain counterpart")
    _rename_in_strings(script, rewritten)
    for statement in script.imports:
        _take_out_import(script, statement)
    made = _trainer_call(script)
    trainers = trainer_names(script, made)
    attributes = [node for node in ast.walk(script.tree) if isinstance(node, ast.Attribute)]
    rewritten.reads = frozenset(node.attr for node in attributes if ast.unparse(node.value) not in trainers)
    rewritten.data_asks = any(node.attr == "trainer" and not script.is_in_module(node) for node in attributes)
    _save_hyperparameters(script, facts)
    _drop_arguments(script, logging)
    _seed(script, rewritten)
    _leave_out(script, leaving, made)
    rewritten.parameters = _make_trainer(script, made, facts, goes_by)
    entries = _entry_calls(script, made)
    if len(entries.get("fit", ())) > 1:
        raise script.refused(entries["fit"][0], "fit is called twice, and one loop is written; eject one at a time")
    for name, calls in entries.items():
        passed = [_rewrite_entry(script, name, call, facts) for call in calls]
        rewritten.entries[name] = tuple(key for key in DATA if any(key in taken for taken in passed))
        rewritten.always[name] = frozenset.intersection(*map(frozenset, passed))
    return rewritten


def _rename(script: Script, node: ast.expr, name: str, rewritten: Rewritten) -> None:
    above = script.parents[node]
    if isinstance(above, ast.ClassDef) and node in above.bases:
        if name not in ("LightningModule", "LightningDataModule", "Callback"):
            raise script.refused(above, f"a subclass of {name} has no plain counterpart")
        if name != "LightningModule":
            _drop_base(script, above, node)
            return
    rewritten.classes.add(name)
    script.replace(node, name)


def _drop_base(script: Script, cls: ast.ClassDef, base: ast.expr) -> None:
    if len(cls.bases) > 1 or cls.keywords:
        raise script.refused(cls, f"{cls.name} has other bases beside Lightning's; write it with that one to eject")
    start, end = script.span(base)
    opening, closing = script.source.rindex("(", 0, start), script.source.index(")", end) + 1
    script.cut(opening, closing)


def _rename_in_strings(script: Script, rewritten: Rewritten) -> None:
    """Annotations in quotes name classes too."""
    for node in ast.walk(script.tree):
        annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            tree = ast.parse(annotation.value, mode="eval")
            named = [part for part in ast.walk(tree) if isinstance(part, (ast.Name, ast.Attribute))]
            path = next((path for part in named if (path := script.chain(part))), None)
            if path is not None:
                name = path.rpartition(".")[2]
                plain = name if name in ("Trainer", "LightningModule") else "Any"
                rewritten.needs_any = rewritten.needs_any or plain == "Any"
                script.replace(annotation, f'"{plain}"')


def _take_out_import(script: Script, statement: ast.Import | ast.ImportFrom) -> None:
    from groundwire_tools.eject.reading import is_foreign

    rest = [alias for alias in statement.names if isinstance(statement, ast.Import) and not is_foreign(alias.name)]
    if rest:
        script.replace(statement, ast.unparse(ast.Import(rest)))
    else:
        script.remove(statement)


# calls


def _calls(script: Script, *names: str) -> Iterator[ast.Call]:
    """The calls of methods of these names, and of Lightning's functions and classes; inner ones first."""
    found = [
        node
        for node in ast.walk(script.tree)
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else script_name(script, node.func)) in names
    ]
    return reversed(found)


def script_name(script: Script, node: ast.expr) -> str:
    """The name that Lightning has for what an expression names; empty for anything else."""
    return (script.chain(node) or "").rpartition(".")[2]


def _seed(script: Script, rewritten: Rewritten) -> None:
    """Write a line that seeds as the lines that it stands for, where that is the only one."""
    calls = [call for call in _calls(script, "seed_everything") if script.chain(call.func)]
    references = [node for node, name in script.references() if name == "seed_everything"]
    if len(calls) != 1 or len(references) != 1:
        return
    call, statement = calls[0], script.statement(calls[0])
    values = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "seed")]
    if len(values) == 1 and isinstance(statement, ast.Expr) and isinstance(values[0], (ast.Name, ast.Constant)):
        seed, indent = script.text(values[0]), " " * statement.col_offset
        lines = [f"random.seed({seed})", f"np.random.seed({seed})", f"torch.manual_seed({seed})"]
        script.replace(statement, f"\n{indent}".join(lines))
        rewritten.classes.discard("seed_everything")


def _drop_arguments(script: Script, logging: Logging) -> None:
    levels = frozenset() if logging.decides else frozenset({"on_step", "on_epoch"})
    for call in _calls(script, "log", "log_dict", *DROPPED):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else script_name(script, call.func)
        name = "log" if name == "log_dict" else name
        if name != "log" and not script.chain(call.func):
            continue
        dropped = DROPPED[name] | (levels if name == "log" else frozenset())
        if name == "log" and not _is_module(call.func):
            continue
        for word in call.keywords:
            if word.arg == "reduce_fx":
                raise script.refused(call, "self.log(reduce_fx=...): the recorder of a plain loop takes the mean alone")
        kept = [word for word in call.keywords if word.arg not in dropped]
        if name == "ModelCheckpoint":
            _fill_name(script, kept)
        if len(kept) < len(call.keywords) or name == "ModelCheckpoint":
            script.rebuild(call, [*call.args, *kept])


def _is_module(function: ast.expr) -> bool:
    """True for ``self.log``, ``pl_module.log`` and the like; not for a logger's or a mathematical one."""
    return isinstance(function, ast.Attribute) and ast.unparse(function.value) in (
        "self",
        "pl_module",
        "module",
        "model",
    )


def _fill_name(script: Script, words: Iterable[ast.keyword]) -> None:
    """Write the name of a file as ``str.format`` takes it."""
    for word in words:
        if word.arg == "filename":
            if not isinstance(word.value, ast.Constant):
                raise script.refused(
                    word.value, "ModelCheckpoint(filename=...) is filled in here: write it as a string"
                )
            script.replace(word.value, repr(template(str(word.value.value))).replace("'", '"'))


def template(name: str) -> str:
    """The template of a file's name with the names of its fields, as a ModelCheckpoint inserts them."""
    import re

    return re.sub(r"(?<!=)\{([\w/]+)", lambda match: f"{match[1]}={{{match[1]}", name)


def _save_hyperparameters(script: Script, facts: Facts) -> None:
    for call in _calls(script, "save_hyperparameters"):
        statement = script.statement(call)
        function = script.parents[statement]
        if not isinstance(statement, ast.Expr) or not isinstance(function, ast.FunctionDef):
            raise script.refused(call, "save_hyperparameters() is written out in __init__ alone, as a line of its own")
        arguments = function.args
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)][1:]
        if call.args:
            names = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        ignored = _ignored(call)
        names = [name for name in names if name not in ignored]
        if set(names) != set(facts.hparams):
            raise script.refused(
                call,
                f"save_hyperparameters() keeps {', '.join(sorted(facts.hparams)) or 'nothing'}, which is not what "
                "stands in this __init__; write self.hparams out to eject",
            )
        script.replace(call, f"self.hparams = SimpleNamespace({', '.join(f'{name}={name}' for name in names)})")


def _ignored(call: ast.Call) -> list[str]:
    value = next((word.value for word in call.keywords if word.arg == "ignore"), None)
    if isinstance(value, ast.Constant):
        return [str(value.value)]
    return [one.value for one in getattr(value, "elts", ()) if isinstance(one, ast.Constant)]


# what only watches


def _leave_out(script: Script, nodes: list[ast.expr], made: ast.Call) -> None:
    """Take out objects that only watch, from the lists that they are in and the lines that make them."""
    dropped: dict[ast.List, list[ast.expr]] = {}
    for node in nodes:
        call = script.parents[node]
        if not (isinstance(call, ast.Call) and call.func is node):
            raise script.refused(node, f"{ast.unparse(node)} is used otherwise than in callbacks= or logger=")
        statement = script.parents[call]
        uses: list[ast.expr] = [call]
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            target = statement.targets[0]
            uses = [use for use in script.names(target.id) if use is not target]
            script.remove(statement)
        for use in uses:
            _drop_use(script, use, made, dropped)
    for row, elements in dropped.items():
        script.rebuild(row, [element for element in row.elts if element not in elements])


def _drop_use(script: Script, use: ast.expr, made: ast.Call, dropped: dict[ast.List, list[ast.expr]]) -> None:
    above = script.parents[use]
    within = script.parents.get(above)
    if isinstance(above, ast.List):
        dropped.setdefault(above, []).append(use)
    elif isinstance(above, ast.keyword) and within is made:
        pass  # the Trainer is made without it
    elif isinstance(above, ast.Call) and isinstance(within, ast.Expr) and ast.unparse(above.func).endswith(".append"):
        script.remove(within)
    else:
        raise script.refused(use, f"{ast.unparse(use)} is left out of the written program, and this line uses it")


# the Trainer


def _trainer_call(script: Script) -> ast.Call:
    calls = [call for call in _calls(script, "Trainer") if script_name(script, call.func) == "Trainer"]
    if not calls:
        raise script.refused(script.tree, "Trainer(...) is not written in this file, which alone is rewritten")
    if len(calls) > 1:
        raise script.refused(calls[0], "there are several Trainers, and one loop is written; eject one at a time")
    return calls[0]


def _make_trainer(script: Script, made: ast.Call, facts: Facts, goes_by: frozenset[str]) -> tuple[str, ...]:
    kept = [word for word in made.keywords if word.arg in goes_by]
    names = [str(word.arg) for word in kept]
    if facts.listeners and "callbacks" not in names:
        raise script.refused(
            made, "callbacks are passed behind **, and the loop calls them by name: write callbacks=[...]"
        )
    script.rebuild(made, kept)
    return tuple(name for name in PARAMETERS if name in names)


def _entry_calls(script: Script, made: ast.Call) -> dict[str, list[ast.Call]]:
    """The calls that start a run, of the Trainer that the script makes."""
    trainers = trainer_names(script, made)
    calls: dict[str, list[ast.Call]] = {}
    for call in _calls(script, *ENTRIES):
        function = call.func
        if isinstance(function, ast.Attribute) and (function.value is made or ast.unparse(function.value) in trainers):
            calls.setdefault(function.attr, []).append(call)
    return calls


def trainer_names(script: Script, made: ast.Call | None = None) -> set[str]:
    """What the Trainer is called: ``trainer``, and whatever it is assigned to."""
    made = made or _trainer_call(script)
    above = script.parents[made]
    targets = above.targets if isinstance(above, ast.Assign) else [getattr(above, "target", None)]
    return {"trainer", "self.trainer", *(ast.unparse(target) for target in targets if target is not None)}


def _rewrite_entry(script: Script, name: str, call: ast.Call, facts: Facts) -> dict[str, ast.expr]:
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

"""The program with Lightning's names taken out: what it defines and calls stays, what only watches a run goes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.looking.standing import LEFT_OUT, STANDARD
from groundwire_tools.eject.reading.arguments import drop_arguments, save_hyperparameters, seed
from groundwire_tools.eject.reading.calls import trainer_call, trainer_names
from groundwire_tools.eject.reading.entries import DATA, entry_calls, rewrite_entry
from groundwire_tools.eject.reading.left_out import leave_out
from groundwire_tools.eject.reading.logged import Logging
from groundwire_tools.eject.reading.script import Script, is_taken_out

PLAIN = frozenset({"LightningModule", "LightningDataModule", "Callback", "Trainer", "seed_everything", *STANDARD})
"""Names of Lightning's that the written program defines under the same name, or does without as a base."""

TYPES = frozenset(
    {
        *("STEP_OUTPUT", "EVAL_DATALOADERS", "TRAIN_DATALOADERS", "OptimizerLRScheduler", "LRSchedulerConfigType"),
        *("OptimizerLRSchedulerConfig", "LRSchedulerTypeUnion", "LRSchedulerPLType", "LRSchedulerConfig"),
    }
)
"""Names that annotations use, for which ``Any`` does."""

PARAMETERS = ("max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val", "callbacks")
"""Arguments of the Trainer that stay arguments, where the program passes them and the loop goes by them."""


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
    made = trainer_call(script)
    trainers = trainer_names(script, made)
    attributes = [node for node in ast.walk(script.tree) if isinstance(node, ast.Attribute)]
    rewritten.reads = frozenset(node.attr for node in attributes if ast.unparse(node.value) not in trainers)
    rewritten.data_asks = any(node.attr == "trainer" and not script.is_in_module(node) for node in attributes)
    if save_hyperparameters(script, facts):
        rewritten.classes.add("AttributeDict")
    drop_arguments(script, logging)
    if seed(script):
        rewritten.classes.discard("seed_everything")
    leave_out(script, leaving, made)
    rewritten.parameters = _make_trainer(script, made, facts, goes_by)
    entries = entry_calls(script, made)
    if len(entries.get("fit", ())) > 1:
        raise script.refused(entries["fit"][0], "fit is called twice, and one loop is written; eject one at a time")
    for name, calls in entries.items():
        passed = [rewrite_entry(script, name, call, facts) for call in calls]
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
    rest = [alias for alias in statement.names if isinstance(statement, ast.Import) and not is_taken_out(alias.name)]
    if rest:
        script.replace(statement, ast.unparse(ast.Import(rest)))
    else:
        script.remove(statement)


def _make_trainer(script: Script, made: ast.Call, facts: Facts, goes_by: frozenset[str]) -> tuple[str, ...]:
    kept = [word for word in made.keywords if word.arg in goes_by]
    names = [str(word.arg) for word in kept]
    if facts.listeners and "callbacks" not in names:
        raise script.refused(
            made, "callbacks are passed behind **, and the loop calls them by name: write callbacks=[...]"
        )
    script.rebuild(made, kept)
    return tuple(name for name in PARAMETERS if name in names)

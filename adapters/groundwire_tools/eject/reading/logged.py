"""How a program uses ``self.log``: from this the recorder is written, which does no more than is asked of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from groundwire_tools.eject.reading.script import Script

IN_TRAINING_BATCH = frozenset(
    {
        *("training_step", "on_train_batch_start", "on_train_batch_end", "on_before_zero_grad", "on_before_backward"),
        *("on_after_backward", "on_before_optimizer_step", "optimizer_step", "backward", "on_before_batch_transfer"),
    }
)
"""Hooks whose values are those of a step, where nothing else is said."""

MODULES = ("self", "pl_module", "module", "model")
"""What a module is called where its ``log`` is."""


@dataclass(frozen=True)
class Logging:
    """What the recorder has to know.

    Attributes:
        hooks: The methods that log.
        on_step: Values of a step are kept: ``True``, ``False``, or ``None`` where a call decides it.
        on_epoch: Likewise the means of an epoch.
        forks: A value is kept at both levels, which gives it names with ``_step`` and ``_epoch``.
        names_levels: Calls still say at which level.
        sizes: Calls pass ``batch_size``.
        logs_dict: ``log_dict`` is called.
    """

    hooks: frozenset[str]
    on_step: bool | None
    on_epoch: bool | None
    forks: bool
    names_levels: tuple[str, ...]
    sizes: bool
    logs_dict: bool

    @property
    def is_needed(self) -> bool:
        """Anything is logged at all."""
        return bool(self.hooks)

    @property
    def is_elsewhere(self) -> bool:
        """A helper logs, which may be called outside of batches."""
        return any(not hook.endswith("_step") for hook in self.hooks)

    @property
    def decides(self) -> bool:
        """Where nothing is said, the moment decides: a step's value in a training batch, else an epoch's."""
        return self.on_step is None or self.on_epoch is None


def logging_of(script: Script) -> Logging:
    """What the calls of ``log`` and ``log_dict`` in a script ask for.

    Args:
        script: The script.
    """
    hooks, levels, words, logs_dict = set(), [], set(), False
    for node in ast.walk(script.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in ("log", "log_dict") or ast.unparse(node.func.value) not in MODULES:
            continue
        hook = enclosing(script, node)
        hooks.add(hook)
        logs_dict = logs_dict or node.func.attr == "log_dict"
        words |= {word.arg for word in node.keywords}
        levels.append(tuple(_keeps_at(script, node, name, hook) for name in ("on_step", "on_epoch")))
    return Logging(
        frozenset(hooks),
        _shared([step for step, _ in levels]),
        _shared([epoch for _, epoch in levels]),
        any(step in (True, "maybe") and epoch in (True, "maybe") for step, epoch in levels),
        tuple(name for name in ("on_step", "on_epoch") if name in words),
        "batch_size" in words,
        logs_dict,
    )


def enclosing(script: Script, node: ast.AST) -> str:
    """The name of the function that a node is in."""
    while not isinstance(node, (ast.FunctionDef, ast.Module)):
        node = script.parents[node]
    return node.name if isinstance(node, ast.FunctionDef) else ""


def _keeps_at(script: Script, call: ast.Call, name: str, hook: str) -> bool | str:
    """True or False for a call that keeps its value at a level or not; ``"default"`` where the hook decides."""
    word = next((word for word in call.keywords if word.arg == name), None)
    if word is not None:
        value = word.value.value if isinstance(word.value, ast.Constant) else None
        return value if isinstance(value, bool) else "maybe"
    if hook in IN_TRAINING_BATCH:
        return name == "on_step"
    return name == "on_epoch" if hook.startswith(("validation_", "test_", "on_")) else "default"


def _shared(levels: list[bool | str]) -> bool | None:
    return bool(levels[0]) if len(set(levels)) == 1 and isinstance(levels[0], bool) else None

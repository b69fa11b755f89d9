"""The written forms of Lightning's standard callbacks, each for the way in which the program uses it."""

from __future__ import annotations

from typing import Any

from groundwire_tools.eject.facts import Listener, NotPlainError
from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.lines import function, spliced


def standard_classes(writing: Writing) -> list[list[Any]]:
    """The classes of the standard callbacks that take part.

    Args:
        writing: The program.

    Raises:
        NotPlainError: Two of a kind act at different moments.
    """
    classes = []
    for name, write in (("EarlyStopping", early_stopping), ("ModelCheckpoint", model_checkpoint)):
        users = [one for one in writing.facts.listeners if one.name == name and one.settings]
        if len({one.hooks for one in users}) > 1:
            raise NotPlainError(f"two callbacks {name} act at different moments, and one class is written for both")
        if users:
            classes.append(write(users, writing.checks_sanity))
    return classes


THRESHOLDS = {
    "stopping_threshold": ["if self.is_better(value, self.stopping_threshold):", ["trainer.should_stop = True"]],
    "divergence_threshold": ["if self.is_better(-value, -self.divergence_threshold):", ["trainer.should_stop = True"]],
}
"""Limits of the value at which a run is stopped, each with its lines."""


def early_stopping(users: list[Listener], checks_sanity: bool) -> list[Any]:
    """The class that asks the run to stop.

    Args:
        users: The callbacks that it is for.
        checks_sanity: A few validation batches come before training.
    """
    (hook,) = users[0].hooks
    first = users[0].settings
    if any(
        one.settings["strict"] != first["strict"] or one.settings["check_finite"] != first["check_finite"]
        for one in users
    ):
        raise NotPlainError("two EarlyStopping differ in strict= or check_finite=, and one class is written for both")
    limits = [name for name in THRESHOLDS if any(one.settings[name] is not None for one in users)]
    passed = 'self, monitor: str, min_delta: float = 0.0, patience: int = 3, mode: str = "min"'
    passed += "".join(f", {name}: float = torch.nan" for name in limits)
    is_guarded = checks_sanity and hook == "on_validation_end"
    return [
        "class EarlyStopping:",
        [
            '"""Stops the run after `patience` checks without a better value of `monitor`."""',
            "",
            f"def __init__({passed}) -> None:",
            [
                "self.monitor, self.patience = monitor, patience",
                'self.is_better = torch.lt if mode == "min" else torch.gt',
                'self.min_delta = -min_delta if mode == "min" else min_delta',
                'self.best_score = torch.tensor(torch.inf if mode == "min" else -torch.inf)',
                *(f"self.{name} = torch.tensor({name})" for name in limits),
                "self.wait_count = 0",
            ],
            "",
            *function(
                f"{hook}(self, trainer: Trainer, model: LightningModule) -> None",
                "Look at the value.",
                ["if trainer.sanity_checking:", ["return"]] if is_guarded else None,
                None if first["strict"] else ["if self.monitor not in trainer.callback_metrics:", ["return"]],
                ["value = trainer.callback_metrics[self.monitor]"],
                ["if not torch.isfinite(value):", ["trainer.should_stop = True"]] if first["check_finite"] else None,
                *(THRESHOLDS[name] for name in limits),
                [
                    "if self.is_better(value - self.min_delta, self.best_score):",
                    ["self.best_score, self.wait_count = value, 0"],
                ],
                ["else:", ["self.wait_count += 1", "trainer.should_stop |= self.wait_count >= self.patience"]],
            ),
        ],
    ]


def model_checkpoint(users: list[Listener], checks_sanity: bool) -> list[Any]:
    """The class that writes checkpoints.

    Args:
        users: The callbacks that it is for.
        checks_sanity: A few validation batches come before training.
    """
    (hook,) = users[0].hooks
    every = {one.settings["_every_n_epochs"] for one in users}
    keeps = any(one.settings["save_last"] for one in users)
    weights_only = {one.settings["save_weights_only"] for one in users}
    if len(every) > 1 or len(weights_only) > 1:
        raise NotPlainError("two ModelCheckpoint differ in when or what they save, and one class is written for both")
    step = every.pop()
    skip = ["trainer.sanity_checking"] if checks_sanity and hook == "on_validation_end" else []
    skip += [f"(trainer.current_epoch + 1) % {step}"] if step > 1 else []
    content = [
        '"epoch": trainer.current_epoch',
        '"global_step": trainer.global_step',
        '"state_dict": model.state_dict()',
    ]
    if weights_only != {True}:
        content.append('"optimizer_states": [one.state_dict() for one in trainer.optimizers]')
    save = function(
        f"{hook}(self, trainer: Trainer, model: LightningModule) -> None",
        "Save the model, where it is among the best.",
        [f"if {' or '.join(skip)}:", ["return"]] if skip else None,
        _choice(),
        ["content = {", [f"{line}," for line in content], "}"],
        "Path(path).parent.mkdir(parents=True, exist_ok=True)",
        "torch.save(content, path)",
        _among_the_best(),
        ["if self.keeps_last:", ['torch.save(content, self.folder / "last.ckpt")']] if keeps else None,
    )
    docstring = "Writes the model into a file, and keeps the files of the best values of `monitor`, or the last one."
    return ["class ModelCheckpoint:", [f'"""{docstring}"""', "", *_made(keeps), "", *save]]


def _made(keeps_last: bool) -> list[Any]:
    """The constructor of the class."""
    passed = [
        "self",
        'dirpath: str = "checkpoints"',
        'filename: str = "epoch={epoch}-step={step}"',
        "monitor: str | None = None",
        'mode: str = "min"',
        "save_top_k: int = 1",
        *(["save_last: bool = False"] if keeps_last else []),
    ]
    return [
        "def __init__(",
        [f"{part}," for part in passed],
        ") -> None:",
        [
            "self.folder, self.name, self.monitor, self.top = Path(dirpath), filename, monitor, save_top_k",
            'self.sign = 1 if mode == "min" else -1',
            "self.saved: dict[str, float] = {}",
            'self.best_model_path = ""',
            "self.best_model_score: torch.Tensor | None = None",
            *(["self.keeps_last = save_last"] if keeps_last else []),
        ],
    ]


def _choice() -> list[Any]:
    return [
        "metrics = trainer.callback_metrics",
        "score = -trainer.global_step if self.monitor is None else self.sign * metrics[self.monitor].item()",
        "worst = max(self.saved, key=self.saved.__getitem__, default=None)",
        "if worst is not None and len(self.saved) == self.top and score >= self.saved[worst]:",
        ["return"],
        'named = {"epoch": trainer.current_epoch, "step": trainer.global_step, **metrics}',
        'path = str(self.folder / f"{self.name.format(**named)}.ckpt")',
    ]


def _among_the_best() -> list[Any]:
    return [
        "if len(self.saved) == self.top and worst != path:",
        ["Path(worst).unlink(missing_ok=True)"],
        "if len(self.saved) == self.top:",
        ["del self.saved[worst]"],
        "self.saved[path] = score",
        "self.best_model_path = min(self.saved, key=self.saved.__getitem__)",
        *spliced(
            "if self.best_model_path == path and self.monitor is not None:",
            [["self.best_model_score = metrics[self.monitor]"]],
        ),
    ]

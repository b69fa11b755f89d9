"""The written classes around the loop: the Trainer, the base of the model with its recorder, standard callbacks."""

from __future__ import annotations

from typing import Any

from groundwire_tools.eject.reading.logged import Logging
from groundwire_tools.eject.reading.rewriting import PARAMETERS
from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.evaluating import entry, validation
from groundwire_tools.eject.writing.lines import function
from groundwire_tools.eject.writing.training import Training

PLAIN_TRAINER = {
    "is_global_zero": "True",
    "global_rank": "0",
    "local_rank": "0",
    "node_rank": "0",
    "world_size": "1",
    "num_devices": "1",
    "num_nodes": "1",
    "fast_dev_run": "False",
}
"""Attributes of the Trainer that are the same in every plain loop."""

PLAIN_STATE = frozenset(
    {
        *("callback_metrics", "current_epoch", "global_step", "should_stop", "sanity_checking", "callbacks"),
        *("datamodule", "model", "lightning_module", "optimizers", "is_last_batch", "estimated_stepping_batches"),
        *("num_training_batches", "max_epochs", "max_steps", "accumulate_grad_batches", "gradient_clip_val"),
        *("checkpoint_callback", "early_stopping_callback", "fit", "validate", "test", "predict"),
    }
)
"""Further attributes that a written Trainer may have."""

PLAIN_MODULE = frozenset(
    {
        *("log", "log_dict", "save_hyperparameters", "hparams", "optimizers", "lr_schedulers", "manual_backward"),
        *(
            "toggle_optimizer",
            "untoggle_optimizer",
            "clip_gradients",
            "current_epoch",
            "global_step",
            "device",
            "print",
        ),
        *("trainer", "automatic_optimization", "example_input_array", "global_rank", "local_rank"),
    }
)
"""What the written base of the model may have of Lightning's."""


def trainer_class(writing: Writing) -> list[Any]:
    """The class whose methods are the loop.

    Args:
        writing: The program.
    """
    methods = [_init(writing)]
    training = Training(writing)
    if writing.is_fit:
        methods.append(training.fit())
        if writing.facts.nested:
            methods.append(training.gradients())
    if writing.facts.validates or "validate" in writing.rewritten.entries:
        methods.append(validation(writing))
    methods += [entry(writing, name) for name in ("validate", "test", "predict") if name in writing.rewritten.entries]
    if writing.is_fit and not writing.facts.automatic and writing.counts_steps:
        methods.append(
            function(
                "count(self, *_: Any) -> None", "Count an update, which the model made.", ["self.global_step += 1"]
            )
        )
    return [
        "class Trainer:",
        ['"""The loop that the program runs, and what the model may ask of it."""', *_with_gaps(methods)],
    ]


def _with_gaps(methods: list[list[Any]]) -> list[Any]:
    return [line for method in methods for line in ("", *method)]


def _init(writing: Writing) -> list[Any]:
    kinds = {"gradient_clip_val": "float", "callbacks": "list[Any]"}
    taken = writing.rewritten.parameters
    passed = "".join(f", {name}: {kinds.get(name, 'int')}" for name in taken)
    state: list[str] = [f"self.{name} = {name}" for name in taken if name != "callbacks" or writing.uses(name)]
    names = [f"self.{one.variable}" for one in writing.facts.listeners]
    if names:
        target = ", ".join(names) if len(names) > 1 or writing.facts.is_alone else f"({names[0]},)"
        state.append(f"{target} = callbacks")
    baked = [name for name in PARAMETERS if name != "callbacks" and writing.uses(name) and name not in taken]
    state += [f"self.{name} = {writing.setting(name)!r}" for name in baked]
    checkpoint = writing.has("ModelCheckpoint")
    wanted = {
        "current_epoch = 0": writing.uses("current_epoch") or checkpoint,
        "global_step = 0": writing.counts_steps,
        "batches = 0": writing.facts.val_check_batch is not None and writing.setting("check_val_every_n_epoch") is None,
        "should_stop = False": writing.may_stop,
        "sanity_checking = False": writing.tells_sanity,
        "callback_metrics: dict[str, torch.Tensor] = {}": writing.logging.is_needed
        or writing.uses("callback_metrics")
        or any(one.settings for one in writing.facts.listeners),
        "sums: dict[str, tuple[Any, Any]] = {}": writing.reduces,
        "metrics: dict[str, Any] = {}": writing.reduces and writing.facts.has_metrics,
        "batch_size = 1": writing.reduces
        and (writing.facts.sized is None or writing.logs_at_ends or writing.logging.is_elsewhere),
        "in_training_batch = False": writing.logging.decides and writing.logging.is_needed,
        "optimizers: list[Any] = []": checkpoint and writing.facts.automatic and not writing.uses("optimizers"),
    }
    state += [f"self.{line}" for line, is_wanted in wanted.items() if is_wanted]
    for name, kind in (("checkpoint_callback", "ModelCheckpoint"), ("early_stopping_callback", "EarlyStopping")):
        if writing.uses(name):
            state.append(f"self.{name} = next(one for one in callbacks if isinstance(one, {kind}))")
    if deterministic := writing.setting("deterministic"):
        warns = ", warn_only=True" if deterministic == "warn" else ""
        state.append(f"torch.use_deterministic_algorithms(True{warns})")
    state += [f"self.{name} = {value}" for name, value in PLAIN_TRAINER.items() if writing.uses(name)]
    return [f"def __init__(self{passed}) -> None:", state or ["pass"]]


def module_class(writing: Writing) -> list[Any]:
    """The base of the model, with what the program uses of it.

    Args:
        writing: The program.
    """
    fields: list[Any] = ["automatic_optimization = True"] if writing.uses("automatic_optimization") else []
    fields += ["example_input_array: Any = None"] if writing.uses("example_input_array") else []
    fields += [f"{name} = 0" for name in ("global_rank", "local_rank") if writing.uses(name)]
    methods = [method for method in (_log(writing), _log_dict(writing), *_members(writing)) if method]
    body = [*fields, *_with_gaps(methods)]
    if len(methods) != 1 or fields:
        body = ['"""The base of the model: what the program uses of it."""', *([""] if fields else []), *body]
    elif not body[0]:
        del body[0]
    return ["class LightningModule(torch.nn.Module):", body]


def _log(writing: Writing) -> list[Any]:
    logging, facts = writing.logging, writing.facts
    if not logging.is_needed:
        return []
    passed = "self, name: str, value: Any"
    passed += "".join(f", {name}: bool | None = None" for name in ("on_step", "on_epoch") if logging.decides)
    passed += ", batch_size: int | None = None" if logging.sizes else ""
    size = "batch_size or trainer.batch_size" if logging.sizes else "trainer.batch_size"
    on_step, on_epoch = logging.on_step is not False, logging.on_epoch is not False
    value = "value.detach()" if on_epoch and not on_step else "value.detach().clone()"
    docstring = {
        (True, True): "Keep a value: of a step as it is, of an epoch as the mean over its samples.",
        (False, True): "Add a value up, for the mean over the samples of the epoch.",
        (True, False): "Keep the last value.",
    }[on_step, on_epoch]
    return function(
        f"log({passed}) -> None",
        docstring,
        ["trainer: Trainer = self.trainer"],
        [
            "on_step = trainer.in_training_batch if on_step is None else on_step",
            "on_epoch = not trainer.in_training_batch if on_epoch is None else on_epoch",
        ]
        if logging.decides
        else None,
        ["if isinstance(value, torchmetrics.Metric):", [*_at_levels(logging, *OF_METRIC), "return"]]
        if facts.has_metrics
        else None,
        [f"value = {value} if isinstance(value, torch.Tensor) else torch.tensor(float(value))"],
        _at_levels(
            logging,
            "value",
            "sums",
            [f"(total, weight), size = trainer.sums.get(name, (0.0, 0)), {size}"],
            "(total + value * size, weight + size)",
        ),
    )


OF_METRIC: tuple[str, str, list[str], str] = ("value._forward_cache", "metrics", [], "value")
"""What is kept of a torchmetrics object, which adds up by itself."""


def _at_levels(logging: Logging, latest: str, store: str, ahead: list[str], entry_of: str) -> list[Any]:
    """The lines that keep a value at its levels.

    Args:
        logging: How the program logs.
        latest: What is kept of a step.
        store: Where it is kept over the epoch.
        ahead: Lines before that.
        entry_of: What is kept there.
    """
    on_step, on_epoch = logging.on_step is not False, logging.on_epoch is not False
    levels = {
        "on_step": [f"trainer.callback_metrics[name] = {latest}"] if on_step else [],
        "on_epoch": [*ahead, f"trainer.{store}[name] = {entry_of}"] if on_epoch else [],
        "on_step and on_epoch": [
            f'trainer.callback_metrics[f"{{name}}_step"] = {latest}',
            f'trainer.{store}[f"{{name}}_epoch"] = trainer.{store}[name]',
        ]
        if logging.forks
        else [],
    }
    if not logging.decides:
        return [line for lines in levels.values() for line in lines]
    return [line for level, lines in levels.items() if lines for line in (f"if {level}:", lines)]


def _log_dict(writing: Writing) -> list[Any]:
    if not writing.logging.logs_dict:
        return []
    return function(
        "log_dict(self, values: dict[str, Any], **how: Any) -> None",
        "Log several values.",
        ["for name, value in values.items():", ["self.log(name, value, **how)"]],
    )


def _members(writing: Writing) -> list[list[Any]]:
    """The other members that the program uses."""
    methods: list[list[Any]] = []
    for name, (kind, docstring) in {
        "current_epoch": ("int", "The epoch, counted from 0."),
        "global_step": ("int", "The updates that were made."),
    }.items():
        if writing.reads(name):
            methods.append(
                ["@property", *function(f"{name}(self) -> {kind}", docstring, [f"return self.trainer.{name}"])]
            )
    if writing.uses("device"):
        body = ["return next(self.parameters()).device"]
        methods.append(["@property", *function("device(self) -> torch.device", "Where the model is.", body)])
    if writing.uses("print"):
        methods.append(function("print(self, *values: Any) -> None", "Print.", ["print(*values)"]))
    if writing.uses("optimizers"):
        one = len(writing.facts.optimizers) == 1
        body = [f"return self.trainer.optimizers{'[0]' if one else ''}"]
        methods.append(function("optimizers(self) -> Any", "What configure_optimizers returned.", body))
    if writing.uses("lr_schedulers"):
        body = [f"return self.trainer.schedulers{'[0]' if len(writing.facts.by_hand) == 1 else ''}"]
        methods.append(function("lr_schedulers(self) -> Any", "The schedulers, which the model moves on.", body))
    if writing.uses("manual_backward"):
        body = ["loss.backward(*arguments, **options)"]
        head = "manual_backward(self, loss: torch.Tensor, *arguments: Any, **options: Any) -> None"
        methods.append(function(head, "Make gradients.", body))
    return methods + _toggling(writing) + _clipping(writing)


def _toggling(writing: Writing) -> list[list[Any]]:
    if not writing.uses("toggle_optimizer", "untoggle_optimizer"):
        return []
    everyone = "[group for one in self.optimizers() for group in one.param_groups]"
    if len(writing.facts.optimizers) == 1:
        everyone = "self.optimizers().param_groups"
    return [
        function(
            "toggle_optimizer(self, optimizer: torch.optim.Optimizer) -> None",
            "Let only the parameters of this optimizer require gradients.",
            [
                f"groups = {everyone}",
                'self.required = {one: one.requires_grad for group in groups for one in group["params"]}',
                'own = {one for group in optimizer.param_groups for one in group["params"]}',
                "for parameter, required in self.required.items():",
                ["parameter.requires_grad = required and parameter in own"],
            ],
        ),
        function(
            "untoggle_optimizer(self, optimizer: torch.optim.Optimizer) -> None",
            "Let all parameters require gradients that did before.",
            ["for parameter, required in self.required.items():", ["parameter.requires_grad = required"]],
        ),
    ]


def _clipping(writing: Writing) -> list[list[Any]]:
    if not writing.uses("clip_gradients"):
        return []
    head = "clip_gradients(self, optimizer: Any, gradient_clip_val: Any = None, gradient_clip_algorithm: Any = None)"
    limit, algorithm = writing.setting("gradient_clip_val"), writing.setting("gradient_clip_algorithm")
    return [
        function(
            f"{head} -> None",
            "Clip the gradients of an optimizer.",
            [
                'parameters = [one for group in optimizer.param_groups for one in group["params"]]',
                f"limit = {limit or 0.0!r} if gradient_clip_val is None else gradient_clip_val",
                f'by_value = (gradient_clip_algorithm or "{"value" if algorithm == "value" else "norm"}") == "value"',
                "if limit > 0 and by_value:",
                ["torch.nn.utils.clip_grad_value_(parameters, limit)"],
                "elif limit > 0:",
                ["torch.nn.utils.clip_grad_norm_(parameters, limit)"],
            ],
        )
    ]

"""The arguments that Trainers of Lightning 1 had, a row each: what becomes of it, and how it is written today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_lightning.callbacks.of_a_trainer import has_any, is_checkpoint
from groundwire_lightning.errors import ArgumentError
from groundwire_lightning.guests import is_a
from groundwire_lightning.strategies import StrategyRegistry
from groundwire_lightning.trainer.lightning_1 import devices, members
from groundwire_lightning.trainer.lightning_1.translation import Translation

Becomes = Callable[[Translation, str, Any], str | None]
"""What a row does: from the translation, the argument as it was written and its value to the new spelling."""


@dataclass(frozen=True, slots=True)
class OldArgument:
    """An argument that only Lightning 1 had, or one of today's whose value only Lightning 1 took.

    Attributes:
        name: The argument.
        until: The last release that had it.
        use: What replaced it.
        becomes: What it does to the arguments of the call; it returns the new spelling, or None where nothing was
            asked for.
        idle: Values that ask for nothing.
        applies: Which values of one of today's arguments are of Lightning 1; None for an argument that is not there
            today.
        rewrites: How a value is written today, exactly: ``"None"``, ``"True"``, ``"0"`` … for this value, else
            ``"int"`` (1 or more), ``"list"``, ``"str"`` or ``"any"``; ``{}`` in it is the value. It holds where the
            call has none of the arguments that it names; what stands behind a semicolon is left out where it has.
        runs: False where whatever it asks for is refused.
    """

    name: str
    until: str
    use: str
    becomes: Becomes
    idle: tuple[Any, ...] = (None,)
    applies: Callable[[Any], bool] | None = None
    rewrites: Mapping[str, str] = field(default_factory=dict)
    runs: bool = True

    def is_asked(self, value: Any) -> bool:
        """True for a value that this row is about."""
        return self.applies is None or self.applies(value)

    def is_idle(self, value: Any) -> bool:
        """True for a value that asks for nothing."""
        return any(type(value) is type(one) and value == one for one in self.idle)


def _spelled(new: str, turn: Callable[[Any], Any] = lambda value: value) -> Becomes:
    """A row function: the argument has another name today."""
    return lambda translation, by, value: translation.put(by, **{new: turn(value)})


def kept(name: str, use: str, turn: Callable[[Any], Any] = lambda value: value) -> Becomes:
    """A row function: the Trainer goes on with the value itself."""

    def becomes(translation: Translation, by: str, value: Any) -> str:
        translation.kept[name] = turn(value)
        return use.format(value)

    return becomes


def on_objects(name: str, *places: str) -> Becomes:
    """A row function: the value is an attribute of the module today, or of the data module too."""

    def becomes(translation: Translation, by: str, value: Any) -> str:
        for place in places:
            translation.kept.setdefault(place, {})[name] = value
        return f"self.{name} = {value!r} in the module" + (" and the data module" if "on_data" in places else "")

    return becomes


def of_default(name: str, value: Any) -> Becomes:
    """A row function: None, the default that the argument had, is another value today."""

    def becomes(translation: Translation, by: str, none: Any) -> None:
        translation.drop(name)
        translation.put(by, **{name: value})

    return becomes


def without_effect(use: str) -> Becomes:
    """A row function: what the argument asked for needs no asking, and changes no number."""
    return lambda translation, by, value: use


def _norm(value: Any) -> float:
    is_order = isinstance(value, (int, float)) or value == "inf"
    if not is_order or float(value) <= 0:
        raise ArgumentError(f"Trainer(track_grad_norm=): a number above 0 or 'inf' is due, got {value!r}")
    return float(value)


def _read_mode(value: Any) -> str:
    if value not in ("max_size_cycle", "min_size"):
        raise ArgumentError(
            f"Trainer(multiple_trainloader_mode=): 'max_size_cycle' or 'min_size' is due, got {value!r}"
        )
    return str(value)


def _checkpoints(translation: Translation, by: str, value: Any) -> str:
    if isinstance(value, (bool, int)):
        return translation.put(by, enable_checkpointing=bool(value))
    for callback in value if isinstance(value, (list, tuple)) else [value]:
        if not is_checkpoint(callback):
            raise ArgumentError(
                f"Trainer(checkpoint_callback=): True, False or a ModelCheckpoint is due, got {value!r}"
            )
        translation.join(callback)
    return "callbacks=[that ModelCheckpoint]"


def _stopping(translation: Translation, by: str, value: Any) -> str:
    if value is True:
        value = members.early_stopping()
    elif not is_a(value, "EarlyStopping"):
        raise ArgumentError(f"Trainer(early_stop_callback=): True, False or an EarlyStopping is due, got {value!r}")
    translation.join(value, first=True)
    return "callbacks=[EarlyStopping(...)]"


def _bar(translation: Translation, by: str, value: Any) -> str | None:
    position = translation.given.get("process_position") or 0
    rate = translation.given.get("progress_bar_refresh_rate")
    if rate is not None and not rate:
        return translation.put(by, enable_progress_bar=False)
    if off := [name for name in ("enable_progress_bar", "show_progress_bar") if translation.given.get(name) is False]:
        if rate is None:
            return "nothing, for there is no progress bar"
        translation.contradict(by, f"{off[0]}=False")
    if _given_any(translation, "ProgressBar"):
        return "nothing, for there is a progress bar among callbacks="
    rate = 1 if rate is None else rate
    if not has_any(translation.last, "ProgressBar"):  # the two arguments make one
        translation.join(members.progress_bar(rate, position))
    return f"callbacks=[TQDMProgressBar(refresh_rate={rate!r}, process_position={position!r})]"


def _summary(translation: Translation, by: str, value: Any) -> str:
    if value is None:
        return translation.put(by, enable_model_summary=False)
    depths = {"top": 1, "full": -1}
    if value not in depths:
        raise ArgumentError(f"Trainer(weights_summary=): 'top', 'full' or None is due, got {value!r}")
    if translation.given.get("enable_model_summary") is False:
        translation.contradict(by, "enable_model_summary=False")
    if _given_any(translation, "ModelSummary"):
        return "nothing, for there is a ModelSummary among callbacks="
    translation.join(members.summary(depths[value]))
    return f"callbacks=[ModelSummary(max_depth={depths[value]})]"


def _given_any(translation: Translation, name: str) -> bool:
    callbacks = translation.given.get("callbacks") or []
    return has_any(callbacks if isinstance(callbacks, list) else [callbacks], name)


def _accumulated(translation: Translation, by: str, value: Any) -> str:
    translation.drop("accumulate_grad_batches")
    translation.join(members.accumulation(value))
    return f"callbacks=[GradientAccumulationScheduler({value!r})]"


def _joins(name: str, make: Callable[[], Any], first: bool = False) -> Becomes:
    def becomes(translation: Translation, by: str, value: Any) -> str:
        if _given_any(translation, name):
            return f"nothing, for there is a {name} among callbacks="
        translation.join(make(), first)
        return f"callbacks=[{name}(...)]"

    return becomes


def _device_stats(translation: Translation, by: str, value: Any) -> str:
    if translation.given.get("logger") is False:
        return "nothing, for there is no logger to write to"
    return _joins("DeviceStatsMonitor", members.device_stats)(translation, by, value) or ""


def _flushed(translation: Translation, by: str, value: Any) -> str:
    loggers = translation.given.get("logger")
    for logger in loggers if isinstance(loggers, (list, tuple)) else [loggers]:
        if is_a(logger, "CSVLogger"):
            vars(logger)["_flush_logs_every_n_steps"] = value
    return "flush_logs_every_n_steps= of a CSVLogger; a TensorBoardLogger writes as values come"


def _apex(translation: Translation, by: str, value: Any) -> str:
    if str(value).lower() != "apex":
        return "nothing; torch's own mixed precision is the only one"
    if str(translation.given.get("precision", 32)) != "16":
        return "nothing; without precision=16 it was not used"
    levels = {"O0": "32-true", "O3": "16-true"}
    precision = levels.get(str(translation.given.get("amp_level")).upper(), "16-mixed")
    translation.drop("precision")
    return f"{translation.put(by, precision=precision)}; apex is gone, and torch's own mixed precision takes its place"


def _half(translation: Translation, by: str, value: Any) -> str:
    return translation.put(by, precision="16-mixed")


def _next_epoch(value: Any) -> int:
    return int(bool(value))


_TUNE = "Tuner(trainer).{} of groundwire_lightning.tuner before fit; trainer.tune(model) runs it"
_SHARE = "a share of the data, as a number with a point"
_OF_LOGGER = "flush_logs_every_n_steps= of a CSVLogger"
_CARDS = "accelerator='gpu' and devices="
_WAYS = {
    "'ddp_cpu'": "accelerator='cpu', strategy='ddp'",
    **{repr(word): f"strategy={word!r}; accelerator='cpu'" for word in StrategyRegistry},
}

OLD_ARGUMENTS = (
    # values of arguments that are there today; first, for what follows says which devices these mean
    OldArgument(
        "accelerator",
        "1.4",
        "strategy= for a way to use several devices, accelerator= for a kind of device; None was the CPU",
        devices.accelerator,
        applies=lambda value: value is None or devices.is_way(value),
        rewrites=_WAYS,
    ),
    OldArgument(
        "strategy",
        "1.9",
        "strategy='auto', 'ddp' or a strategy; None was 'auto', and 'dp' is on one device as well",
        devices.strategy,
        applies=devices.is_old_way,
        rewrites={"None": ""},
    ),
    OldArgument("devices", "1.9", "devices='auto' for None", of_default("devices", "auto"),
                applies=lambda value: value is None, rewrites={"None": ""}),
    OldArgument(
        "plugins",
        "1.5",
        "strategy=, for a strategy or its name",
        devices.plugins,
        applies=devices.is_old_plugin,
    ),
    OldArgument("accumulate_grad_batches", "1.9", "GradientAccumulationScheduler({epoch: batches}) in callbacks=",
                _accumulated, applies=lambda value: isinstance(value, dict)),
    OldArgument("max_steps", "1.5", "max_steps=-1 for no limit", of_default("max_steps", -1),
                applies=lambda value: value is None, rewrites={"None": ""}),
    # devices and processes
    OldArgument(
        "gpus",
        "1.9",
        f"{_CARDS}; accelerator='cpu' for none",
        devices.gpus,
        idle=(),
        rewrites={
            "None": "accelerator='cpu'",
            "0": "accelerator='cpu'",
            "-1": "accelerator='gpu', devices=-1",
            "int": "accelerator='gpu', devices={}",
            "list": "accelerator='gpu', devices={}",
        },
    ),
    OldArgument("num_processes", "1.9", "accelerator='cpu' and devices=", devices.processes, idle=(None, 1),
                rewrites={"None": "", "1": "", "int": "accelerator='cpu', devices={}"}),
    OldArgument("tpu_cores", "1.9", "a native groundwire.Trainer under accelerate launch --tpu",
                devices.other_machine("tpu_cores", "TPUs are not supported; a native groundwire.Trainer runs under "
                                      "accelerate launch --tpu"), rewrites={"None": ""}, runs=False),
    OldArgument("num_tpu_cores", "0.8", "a native groundwire.Trainer under accelerate launch --tpu",
                devices.other_machine("num_tpu_cores", "TPUs are not supported; a native groundwire.Trainer runs "
                                      "under accelerate launch --tpu"), rewrites={"None": ""}, runs=False),
    OldArgument("ipus", "1.9", "accelerator='gpu' or 'cpu'; Lightning 2 dropped IPUs",
                devices.other_machine("ipus", "Lightning 2 dropped IPUs. Instead: accelerator='gpu' or 'cpu'"),
                rewrites={"None": ""}, runs=False),
    OldArgument("auto_select_gpus", "1.9", f"{_CARDS}find_usable_cuda_devices(number) of "
                "groundwire_lightning.accelerators", devices.chosen_cards, idle=(None, False),
                rewrites={"None": "", "False": ""}),
    OldArgument("distributed_backend", "1.4", "strategy=", devices.backend,
                rewrites={"None": "", **_WAYS}),
    OldArgument("nb_gpu_nodes", "0.7", "num_nodes=", _spelled("num_nodes"),
                rewrites={"None": "", "any": "num_nodes={}"}),
    OldArgument("replace_sampler_ddp", "1.9", "use_distributed_sampler=", _spelled("use_distributed_sampler", bool),
                idle=(None, True), rewrites={"None": "", "True": "", "any": "use_distributed_sampler={}"}),
    OldArgument("prepare_data_per_node", "1.6", "the attribute prepare_data_per_node of module and data module",
                on_objects("prepare_data_per_node", "on_module", "on_data"), idle=(None, True),
                rewrites={"None": "", "True": ""}),
    # precision
    OldArgument("amp_backend", "1.9", "precision=", _apex, idle=(None, "native"),
                rewrites={"None": "", "'native'": ""}),
    OldArgument("amp_level", "1.9", "precision=; levels were those of apex",
                without_effect("nothing; levels were those of apex"), rewrites={"any": ""}),
    OldArgument("use_amp", "0.8", "precision='16-mixed'", _half, idle=(None, False),
                rewrites={"True": "precision='16-mixed'", "False": ""}),
    # checkpoints
    OldArgument("checkpoint_callback", "1.6", "enable_checkpointing=, and a ModelCheckpoint in callbacks=",
                _checkpoints, rewrites={"None": "", "True": "enable_checkpointing=True",
                                        "False": "enable_checkpointing=False"}),
    OldArgument("early_stop_callback", "0.9", "EarlyStopping in callbacks=", _stopping, idle=(None, False),
                rewrites={"None": "", "False": ""}),
    OldArgument("resume_from_checkpoint", "1.9", "fit(ckpt_path=...)",
                kept("resume_from_checkpoint", "fit(ckpt_path={!r})"), idle=(None, ""), rewrites={"None": ""}),
    OldArgument("weights_save_path", "1.7", "ModelCheckpoint(dirpath=...) in callbacks=",
                kept("weights_save_path", "ModelCheckpoint(dirpath=...) in callbacks=", str), rewrites={"None": ""}),
    OldArgument("default_save_path", "0.9", "default_root_dir=", _spelled("default_root_dir"),
                rewrites={"any": "default_root_dir={}"}),
    # what is shown and logged
    OldArgument("progress_bar_refresh_rate", "1.6", "TQDMProgressBar(refresh_rate=...) in callbacks=, or "
                "enable_progress_bar=False for 0", _bar, rewrites={"None": "", "0": "enable_progress_bar=False"}),
    OldArgument("process_position", "1.6", "TQDMProgressBar(process_position=...) in callbacks=", _bar,
                idle=(None, 0), rewrites={"None": "", "0": ""}),
    OldArgument("show_progress_bar", "0.8", "enable_progress_bar=", _spelled("enable_progress_bar", bool),
                rewrites={"any": "enable_progress_bar={}"}),
    OldArgument("weights_summary", "1.6", "enable_model_summary=False for None, ModelSummary(max_depth=...) in "
                "callbacks=", _summary, idle=(), rewrites={"None": "enable_model_summary=False"}),
    OldArgument("row_log_interval", "0.9", "log_every_n_steps=", _spelled("log_every_n_steps"),
                rewrites={"any": "log_every_n_steps={}"}),
    OldArgument("log_save_interval", "0.9", _OF_LOGGER, _flushed),
    OldArgument("flush_logs_every_n_steps", "1.6", _OF_LOGGER, _flushed),
    OldArgument("log_gpu_memory", "1.6", "DeviceStatsMonitor in callbacks=",
                _device_stats, idle=(None, False),
                rewrites={"None": "", "False": ""}),
    OldArgument("track_grad_norm", "1.9", "self.log_dict(grad_norm(self, 2)) in on_before_optimizer_step, with "
                "grad_norm of groundwire_lightning.utilities", kept("track_grad_norm", "self.log_dict(grad_norm(self, "
                "{!r})) in on_before_optimizer_step", _norm), idle=(None, -1, -1.0),
                rewrites={"None": "", "-1": ""}),
    OldArgument("move_metrics_to_cpu", "1.9", "nothing; values stay on their device until they are read",
                without_effect("nothing; values stay on their device until they are read"), idle=(None, False),
                rewrites={"any": ""}),
    # the course of training
    OldArgument("terminate_on_nan", "1.6", "EarlyStopping(check_finite=True) in callbacks=, or detect_anomaly=",
                _joins("FiniteOnly", members.finite_only), idle=(None, False), rewrites={"None": "", "False": ""}),
    OldArgument("print_nan_grads", "0.9", "detect_anomaly=True", _spelled("detect_anomaly", bool), idle=(None, False),
                rewrites={"True": "detect_anomaly=True", "False": ""}),
    OldArgument("stochastic_weight_avg", "1.6", "StochasticWeightAveraging in callbacks=",
                _joins("StochasticWeightAveraging", members.averaging, first=True), idle=(None, False),
                rewrites={"None": "", "False": ""}),
    OldArgument("auto_lr_find", "1.9", _TUNE.format("lr_find"), kept("auto_lr_find", _TUNE.format("lr_find")),
                idle=(None, False), rewrites={"None": "", "False": ""}),
    OldArgument("auto_scale_batch_size", "1.9", _TUNE.format("scale_batch_size"),
                kept("auto_scale_batch_size", _TUNE.format("scale_batch_size")), idle=(None, False),
                rewrites={"None": "", "False": ""}),
    OldArgument("reload_dataloaders_every_epoch", "1.5", "reload_dataloaders_every_n_epochs=1",
                _spelled("reload_dataloaders_every_n_epochs", _next_epoch), idle=(None, False),
                rewrites={"True": "reload_dataloaders_every_n_epochs=1", "False": ""}),
    OldArgument("multiple_trainloader_mode", "1.9", "CombinedLoader(loaders, mode) from train_dataloader",
                kept("multiple_trainloader_mode", "CombinedLoader(loaders, {!r}) from train_dataloader", _read_mode),
                idle=(None, "max_size_cycle"), rewrites={"'max_size_cycle'": ""}),
    OldArgument("truncated_bptt_steps", "1.4", "self.truncated_bptt_steps in the module",
                on_objects("truncated_bptt_steps", "on_module"), idle=(None, 0), rewrites={"None": ""}),
    OldArgument("automatic_optimization", "1.2", "self.automatic_optimization = False in the module",
                on_objects("automatic_optimization", "on_module"), idle=(None, True),
                rewrites={"None": "", "True": ""}),
    OldArgument("enable_pl_optimizer", "1.2", "nothing; optimizers() gives wrapped ones",
                without_effect("nothing; self.optimizers() gives wrapped ones, with use_pl_optimizer=False torch's"),
                rewrites={"any": ""}),
    OldArgument("gradient_clip", "0.7", "gradient_clip_val=", _spelled("gradient_clip_val"),
                rewrites={"any": "gradient_clip_val={}"}),
    OldArgument("max_nb_epochs", "0.7", "max_epochs=", _spelled("max_epochs"), rewrites={"any": "max_epochs={}"}),
    OldArgument("min_nb_epochs", "0.7", "min_epochs=", _spelled("min_epochs"), rewrites={"any": "min_epochs={}"}),
    OldArgument("nb_sanity_val_steps", "0.7", "num_sanity_val_steps=", _spelled("num_sanity_val_steps"),
                rewrites={"any": "num_sanity_val_steps={}"}),
    OldArgument("overfit_pct", "0.9", "overfit_batches=", _spelled("overfit_batches", float)),
    OldArgument("train_percent_check", "0.9", f"limit_train_batches=, {_SHARE}",
                _spelled("limit_train_batches", float)),
    OldArgument("val_percent_check", "0.9", f"limit_val_batches=, {_SHARE}", _spelled("limit_val_batches", float)),
    OldArgument("test_percent_check", "0.9", f"limit_test_batches=, {_SHARE}", _spelled("limit_test_batches", float)),
)  # fmt: skip
"""Every argument that a Trainer of 0.7 to 1.9 had and today's has not, and every value that today's does not take."""

POSITIONAL = ("logger", "enable_checkpointing", "callbacks", "default_root_dir", "gradient_clip_val")
"""The arguments that Trainers of Lightning 1 took by position, as far as its releases agree on the order."""

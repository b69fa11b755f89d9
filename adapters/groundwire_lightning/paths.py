"""Import paths as data: for each module path of Lightning the module of ours that answers, or why none does.

A path stands in the table as Lightning 2 spells it; :data:`ROOTS` has the other spellings. Under our own root it is
found without ``lightning``, and without ``pytorch`` too: ``groundwire_lightning.pytorch.core.hooks`` and
``groundwire_lightning.core.hooks`` are one module. Nothing is imported here: the build reads this file to write the
``.pyi`` files.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import NamedTuple

OURS = "groundwire_lightning"
ROOTS = {"lightning": "lightning", "pytorch_lightning": "lightning.pytorch", "lightning_fabric": "lightning.fabric"}
"""A root of Lightning's packages to the path of Lightning 2 that it spells."""
SHORT = {f"{OURS}.as_lightning": f"{OURS}.utilities.as_lightning"}  # of ours alone, imported under a short name
AS_LIGHTNING = "GROUNDWIRE_AS_LIGHTNING"  # of the environment; it asks for answers under Lightning's own names


class Gap(NamedTuple):
    """A path of Lightning that is refused.

    Attributes:
        why: The reason why its contents are not here.
        instead: The names to use instead.
    """

    why: str
    instead: str


_APART = Gap("it is a package of its own, which Lightning passes on", "litdata, or the package that it comes from")
_DEMOS = Gap("of the demos only the boring classes are here", "lightning.pytorch.demos.boring_classes")
_FABRIC = Gap("it is a part of Fabric, which is not here", "accelerate.Accelerator, or a native groundwire.Trainer")
_FETCHERS = Gap("loaders are not wrapped by fetchers", "dataloader_iter as the argument of a step")
_FX = Gap("self.log checks by itself where it may be called", "self.log")
_LAUNCHERS = Gap("the Trainer starts processes by itself", "Trainer(devices=), torchrun or accelerate launch")
_LOGGERS = Gap("Fabric's loggers take other arguments than the Trainer's", "lightning.pytorch.loggers")
_LOOPS = Gap("there are no loop objects to replace or restart", "hooks of a module or callback, and trainer.fit_loop")
_MIGRATION = Gap("files of older releases are brought up to date while they are read", "load_from_checkpoint")
_OVERRIDES = Gap("data is shared out between processes by the Trainer", "torch's DistributedSampler")
_REGISTRY = Gap("models of lightning.ai are not fetched", "a checkpoint on this machine")
_SHARDED = Gap("checkpoints and summaries of shards are not here", "Accelerate's FSDP and DeepSpeed plugins")
_SIGNATURE = Gap("hooks are told by their signature when a run begins", "inspect.signature")
_VALIDATOR = Gap("what does not go together is refused when a run begins", "trainer.fit, which checks")
_WRAPPER = Gap("AsyncCheckpointIO is no wrapper here", "a CheckpointIO of your own that holds another")

_PRECISION = (
    "groundwire_lightning.strategies.precision: DoublePrecision HalfPrecision MixedPrecision Precision",
    "groundwire_lightning.plugins: BitsandbytesPrecision DeepSpeedPrecision FSDPPrecision",
    "groundwire_lightning.plugins: TransformerEnginePrecision XLAPrecision",
)

Row = str | tuple[str, ...] | Gap


def _alike(room: str, modules: str) -> dict[str, Row]:
    """Rows of modules that have the same path here and there."""
    return {f"lightning.pytorch.{room}.{module}": f"{OURS}.{room}.{module}" for module in modules.split()}


def _all_at(home: Row, above: str, modules: str) -> dict[str, Row]:
    """Rows of modules that have one home."""
    return {f"lightning.{above}.{module}": home for module in modules.split()}


# "home" is that very module under one more name. "home: Name Other=name" is a small module that is written for the path
# and imports these names from home, Other under the name that it has there. A path below a gap is refused with it.
TABLE: dict[str, Row] = {
    "lightning": (
        "groundwire_lightning: Callback LightningDataModule LightningModule Trainer seed_everything __version__",
        "groundwire_lightning.errors: Fabric",
    ),
    "lightning.__about__": "groundwire_lightning: __version__",
    "lightning.app": _APART,
    "lightning.data": _APART,
    "lightning.store": _APART,
    "lightning.pytorch": "groundwire_lightning: Callback LightningDataModule LightningModule Trainer seed_everything __version__",
    "lightning.pytorch.__about__": "groundwire_lightning: __version__",
    "lightning.pytorch.accelerators": "groundwire_lightning.accelerators",
    **_all_at("groundwire_lightning.accelerators", "pytorch.accelerators", "accelerator cpu cuda mps xla"),
    **_all_at("groundwire_lightning.accelerators", "fabric.accelerators", "accelerator cpu cuda mps xla"),
    "lightning.pytorch.callbacks": "groundwire_lightning.callbacks",
    **_alike(
        "callbacks",
        "batch_size_finder checkpoint device_stats_monitor early_stopping finetuning "
        "gradient_accumulation_scheduler lambda_function lr_finder lr_monitor model_checkpoint model_summary "
        "on_exception_checkpoint prediction_writer progress pruning rich_model_summary spike "
        "stochastic_weight_avg throughput_monitor timer weight_averaging",
    ),
    "lightning.pytorch.callbacks.callback": "groundwire_lightning.core.callback",
    "lightning.pytorch.callbacks.progress.progress_bar": "groundwire_lightning.callbacks.progress.progress_bar",
    "lightning.pytorch.callbacks.progress.rich_progress": "groundwire_lightning.callbacks.progress.rich_progress",
    "lightning.pytorch.callbacks.progress.tqdm_progress": "groundwire_lightning.callbacks.progress.tqdm_progress",
    "lightning.pytorch.cli": "groundwire_lightning.cli",
    "lightning.pytorch.core": "groundwire_lightning.core",
    "lightning.pytorch.core.datamodule": "groundwire_lightning.core.datamodule",
    "lightning.pytorch.core.hooks": "groundwire_lightning.core.hooks",
    "lightning.pytorch.core.mixins": "groundwire_lightning.core.hparams: HyperparametersMixin=HyperParameters",
    "lightning.pytorch.core.mixins.hparams_mixin": "groundwire_lightning.core.hparams: HyperparametersMixin=HyperParameters",
    "lightning.pytorch.core.module": "groundwire_lightning.core.module",
    "lightning.pytorch.core.optimizer": "groundwire_lightning.core.optimizer",
    "lightning.pytorch.core.saving": "groundwire_lightning.core.saving",
    "lightning.pytorch.demos": "groundwire_lightning.core.boring_classes: BoringDataModule BoringModel DemoModel",
    "lightning.pytorch.demos.boring_classes": "groundwire_lightning.core.boring_classes",
    "lightning.pytorch.demos.lstm": _DEMOS,
    "lightning.pytorch.demos.mnist_datamodule": _DEMOS,
    "lightning.pytorch.demos.transformer": _DEMOS,
    "lightning.pytorch.loggers": "groundwire_lightning.loggers",
    "lightning.pytorch.loggers.comet": "groundwire_lightning.loggers.refused",
    **_alike("loggers", "csv_logs logger mlflow tensorboard utilities wandb"),
    "lightning.pytorch.loggers.litlogger": "groundwire_lightning.loggers.refused",
    "lightning.pytorch.loggers.neptune": "groundwire_lightning.loggers.refused",
    "lightning.pytorch.loops": (
        "groundwire_lightning.trainer.stand_ins: _EvaluationLoop=EvaluationLoop _FitLoop=FitLoop",
        "groundwire_lightning.trainer.stand_ins: _PredictionLoop=PredictionLoop _TrainingEpochLoop=EpochLoop",
    ),
    "lightning.pytorch.loops.evaluation_loop": "groundwire_lightning.trainer.stand_ins: _EvaluationLoop=EvaluationLoop",
    "lightning.pytorch.loops.fit_loop": "groundwire_lightning.trainer.stand_ins: _FitLoop=FitLoop",
    "lightning.pytorch.loops.prediction_loop": "groundwire_lightning.trainer.stand_ins: _PredictionLoop=PredictionLoop",
    "lightning.pytorch.loops.training_epoch_loop": "groundwire_lightning.trainer.stand_ins: _TrainingEpochLoop=EpochLoop",
    "lightning.pytorch.loops.fetchers": _FETCHERS,
    "lightning.pytorch.loops.loop": _LOOPS,
    "lightning.pytorch.loops.optimization": _LOOPS,
    "lightning.pytorch.loops.progress": _LOOPS,
    "lightning.pytorch.loops.utilities": _LOOPS,
    "lightning.pytorch.overrides": _OVERRIDES,
    "lightning.pytorch.plugins": "groundwire_lightning.plugins",
    "lightning.pytorch.plugins.environments": "groundwire_lightning.strategies.environments",
    "lightning.pytorch.plugins.environments.lightning_environment": "groundwire_lightning.strategies.environments",
    "lightning.pytorch.plugins.environments.slurm_environment": "groundwire_lightning.strategies.environments",
    "lightning.pytorch.plugins.environments.torchelastic": "groundwire_lightning.strategies.environments",
    "lightning.pytorch.plugins.io": "groundwire_lightning.checkpoints.io: AsyncCheckpointIO CheckpointIO TorchCheckpointIO XLACheckpointIO",
    **_all_at(
        "groundwire_lightning.checkpoints.io",
        "pytorch.plugins.io",
        "async_plugin checkpoint_plugin torch_io torch_plugin xla_plugin",
    ),
    "lightning.pytorch.plugins.io.wrapper": _WRAPPER,
    "lightning.pytorch.plugins.layer_sync": "groundwire_lightning.strategies.layer_sync",
    "lightning.pytorch.plugins.precision": _PRECISION,
    **{
        f"lightning.{root}.plugins.precision.{leaf}": home
        for root in ("pytorch", "fabric")
        for leaf, home in {
            "amp": "groundwire_lightning.strategies.precision: MixedPrecision",
            "bitsandbytes": "groundwire_lightning.plugins: BitsandbytesPrecision",
            "deepspeed": "groundwire_lightning.plugins: DeepSpeedPrecision",
            "double": "groundwire_lightning.strategies.precision: DoublePrecision",
            "fsdp": "groundwire_lightning.plugins: FSDPPrecision",
            "half": "groundwire_lightning.strategies.precision: HalfPrecision",
            "precision": "groundwire_lightning.strategies.precision: Precision",
            "transformer_engine": "groundwire_lightning.plugins: TransformerEnginePrecision",
            "xla": "groundwire_lightning.plugins: XLAPrecision",
        }.items()
    },
    "lightning.pytorch.profilers": "groundwire_lightning.profilers",
    **_alike("profilers", "advanced base profiler pytorch simple xla"),
    "lightning.pytorch.serve": Gap("there is no server", "LightningModule.to_onnx or to_torchscript"),
    "lightning.pytorch.strategies": "groundwire_lightning.strategies",
    "lightning.pytorch.strategies.ddp": "groundwire_lightning.strategies.ddp",
    "lightning.pytorch.strategies.deepspeed": "groundwire_lightning.strategies: DeepSpeedStrategy",
    "lightning.pytorch.strategies.fsdp": "groundwire_lightning.strategies: FSDPStrategy",
    "lightning.pytorch.strategies.launchers": _LAUNCHERS,
    "lightning.pytorch.strategies.model_parallel": "groundwire_lightning.strategies: ModelParallelStrategy",
    "lightning.pytorch.strategies.parallel": "groundwire_lightning.strategies.strategy",
    "lightning.pytorch.strategies.single_device": "groundwire_lightning.strategies.single_device",
    "lightning.pytorch.strategies.single_xla": "groundwire_lightning.strategies: SingleDeviceXLAStrategy",
    "lightning.pytorch.strategies.strategy": "groundwire_lightning.strategies.strategy",
    "lightning.pytorch.strategies.xla": "groundwire_lightning.strategies: XLAStrategy",
    "lightning.pytorch.trainer": "groundwire_lightning.trainer",
    "lightning.pytorch.trainer.call": "groundwire_lightning.trainer.call",
    "lightning.pytorch.trainer.configuration_validator": _VALIDATOR,
    "lightning.pytorch.trainer.connectors": (),
    "lightning.pytorch.trainer.connectors.accelerator_connector": (
        "groundwire_lightning.trainer.connector_stand_ins: _AcceleratorConnector=ChosenAccelerator",
        "groundwire_lightning.utilities.imports: _IS_INTERACTIVE",
    ),
    "lightning.pytorch.trainer.connectors.callback_connector": "groundwire_lightning.trainer.connector_stand_ins: _CallbackConnector=CallbackConnector",
    "lightning.pytorch.trainer.connectors.checkpoint_connector": "groundwire_lightning.trainer.connector_stand_ins: _CheckpointConnector=CheckpointConnector",
    "lightning.pytorch.trainer.connectors.data_connector": "groundwire_lightning.trainer.connector_stand_ins: _DataConnector=DataConnector",
    "lightning.pytorch.trainer.connectors.logger_connector": "groundwire_lightning.trainer.connector_stand_ins: _LoggerConnector=LoggerConnector",
    "lightning.pytorch.trainer.connectors.logger_connector.fx_validator": _FX,
    "lightning.pytorch.trainer.connectors.logger_connector.logger_connector": "groundwire_lightning.trainer.connector_stand_ins: _LoggerConnector=LoggerConnector",
    "lightning.pytorch.trainer.connectors.logger_connector.result": "groundwire_lightning.trainer.stand_ins: _ResultCollection=Results",
    "lightning.pytorch.trainer.connectors.signal_connector": "groundwire_lightning.trainer.connector_stand_ins: _SignalConnector=SignalConnector",
    "lightning.pytorch.trainer.setup": "groundwire_lightning.trainer.setup",
    "lightning.pytorch.trainer.states": "groundwire_lightning.core.states",
    "lightning.pytorch.trainer.trainer": "groundwire_lightning.trainer.trainer",
    "lightning.pytorch.tuner": "groundwire_lightning.tuner",
    "lightning.pytorch.tuner.batch_size_scaling": "groundwire_lightning.loops.batch_size_search",
    "lightning.pytorch.tuner.lr_finder": "groundwire_lightning.loops.lr_search",
    "lightning.pytorch.tuner.tuning": "groundwire_lightning.tuner",
    "lightning.pytorch.utilities": "groundwire_lightning.utilities",
    **_alike(
        "utilities",
        "apply_func cloud_io combined_loader compile data enums grads imports memory model_summary "
        "parameter_tying parsing rank_zero seed types",
    ),
    "lightning.pytorch.utilities.argparse": (
        "groundwire_lightning.core.options: add_argparse_args from_argparse_args get_init_arguments_and_types",
        "groundwire_lightning.core.options: parse_argparser parse_env_variables",
    ),
    "lightning.pytorch.utilities.consolidate_checkpoint": _SHARDED,
    "lightning.pytorch.utilities.deepspeed": _SHARDED,
    "lightning.pytorch.utilities.exceptions": "groundwire_lightning.errors: MisconfigurationException SIGTERMException _TunerExitException=TunerExit",
    "lightning.pytorch.utilities.migration": _MIGRATION,
    "lightning.pytorch.utilities.model_helpers": "groundwire_lightning.guests",
    "lightning.pytorch.utilities.model_registry": _REGISTRY,
    "lightning.pytorch.utilities.model_summary.model_summary": "groundwire_lightning.utilities.model_summary.model_summary",
    "lightning.pytorch.utilities.model_summary.model_summary_deepspeed": _SHARDED,
    "lightning.pytorch.utilities.signature_utils": _SIGNATURE,
    "lightning.pytorch.utilities.upgrade_checkpoint": _MIGRATION,
    "lightning.pytorch.utilities.warnings": "groundwire_lightning.errors: PossibleUserWarning",
    "lightning.fabric": ("groundwire_lightning.errors: Fabric", "groundwire_lightning.utilities.seed: seed_everything"),
    "lightning.fabric.accelerators": "groundwire_lightning.accelerators",
    **_all_at(
        _FABRIC,
        "fabric",
        "accelerators.registry cli connector fabric plugins.collectives plugins.precision.utils strategies "
        "utilities.device_dtype_mixin utilities.init utilities.logger utilities.optimizer wrappers",
    ),
    "lightning.fabric.loggers": "groundwire_lightning.loggers: Logger",
    "lightning.fabric.loggers.csv_logs": _LOGGERS,
    "lightning.fabric.loggers.logger": "groundwire_lightning.loggers.logger",
    "lightning.fabric.loggers.tensorboard": _LOGGERS,
    "lightning.fabric.plugins": (
        "groundwire_lightning.strategies.environments: ClusterEnvironment",
        "groundwire_lightning.checkpoints.io: CheckpointIO TorchCheckpointIO XLACheckpointIO",
        *_PRECISION,
    ),
    "lightning.fabric.plugins.environments": "groundwire_lightning.strategies.environments",
    **_all_at(
        "groundwire_lightning.strategies.environments",
        "fabric.plugins.environments",
        "cluster_environment kubeflow lightning lsf mpi slurm torchelastic xla",
    ),
    "lightning.fabric.plugins.io": "groundwire_lightning.checkpoints.io: AsyncCheckpointIO CheckpointIO TorchCheckpointIO XLACheckpointIO",
    **_all_at("groundwire_lightning.checkpoints.io", "fabric.plugins.io", "checkpoint_io torch_io xla"),
    "lightning.fabric.plugins.precision": _PRECISION,
    "lightning.fabric.utilities": (
        "groundwire_lightning.core.hparams: AttributeDict",
        "groundwire_lightning.utilities.enums: LightningEnum",
        "groundwire_lightning.utilities.apply_func: move_data_to_device suggested_max_num_workers",
        "groundwire_lightning.utilities.rank_zero: disable_possible_user_warnings rank_zero_deprecation",
        "groundwire_lightning.utilities.rank_zero: rank_zero_info rank_zero_only rank_zero_warn",
        "groundwire_lightning.utilities.throughput: Throughput measure_flops",
    ),
    "lightning.fabric.utilities.apply_func": "groundwire_lightning.utilities.apply_func",
    "lightning.fabric.utilities.cloud_io": "groundwire_lightning.utilities.cloud_io",
    "lightning.fabric.utilities.consolidate_checkpoint": _SHARDED,
    "lightning.fabric.utilities.data": (
        "groundwire_lightning.core.hparams: AttributeDict",
        "groundwire_lightning.utilities.apply_func: suggested_max_num_workers",
        "groundwire_lightning.utilities.data: has_iterable_dataset has_len sized_len",
    ),
    "lightning.fabric.utilities.device_parser": "groundwire_lightning.utilities.device_parser",
    "lightning.fabric.utilities.distributed": "groundwire_lightning.utilities.distributed",
    "lightning.fabric.utilities.enums": "groundwire_lightning.utilities.enums: LightningEnum",
    "lightning.fabric.utilities.exceptions": "groundwire_lightning.errors: MisconfigurationException",
    "lightning.fabric.utilities.imports": "groundwire_lightning.utilities.imports",
    "lightning.fabric.utilities.load": _SHARDED,
    "lightning.fabric.utilities.rank_zero": "groundwire_lightning.utilities.rank_zero",
    "lightning.fabric.utilities.registry": "groundwire_lightning.utilities.registry",
    "lightning.fabric.utilities.seed": "groundwire_lightning.utilities.seed: pl_worker_init_function=start_worker reset_seed seed_everything",
    "lightning.fabric.utilities.spike": "groundwire_lightning.callbacks.spike",
    "lightning.fabric.utilities.throughput": "groundwire_lightning.utilities.throughput",
    "lightning.fabric.utilities.types": "groundwire_lightning.utilities.types: _DEVICE _MAP_LOCATION_TYPE _PATH",
    "lightning.fabric.utilities.warnings": (
        "groundwire_lightning.errors: PossibleUserWarning",
        "groundwire_lightning.utilities.rank_zero: disable_possible_user_warnings",
    ),
}

# not imported: the build and the check read this file without the package
_LIGHTNING_1 = runpy.run_path(str(Path(__file__).with_name("lightning_1") / "paths.py"))
LIGHTNING_2, MOVED, BESIDES = dict(TABLE), _LIGHTNING_1["PATHS"], _LIGHTNING_1["NAMES"]
TABLE |= MOVED | {path: Gap(*gap) for path, gap in _LIGHTNING_1["GAPS"].items()}
JOINED_PATHS: set[str] = _LIGHTNING_1["WIDENED"]


def spelled(path: str) -> str:
    """A dotted name under any root, ours too, as Lightning 2 spells it.

    Args:
        path: A module, or a name in one.
    """
    root, dot, rest = path.partition(".")
    if root != OURS:
        return f"{ROOTS.get(root, root)}{dot}{rest}"
    above = "lightning" if rest.partition(".")[0] in ("pytorch", "fabric") else "lightning.pytorch"
    return f"{above}{dot}{rest}"


def spellings(path: str) -> tuple[str, ...]:
    """The names that a path of Lightning 2 has under the roots of Lightning.

    Args:
        path: ``lightning.pytorch.callbacks.Timer`` is ``pytorch_lightning.callbacks.Timer`` too.
    """
    whole = [(root, prefix) for root, prefix in ROOTS.items() if f"{path}.".startswith(f"{prefix}.")]
    return tuple(root + path.removeprefix(prefix) for root, prefix in whole)


def is_ours(cls: type) -> bool:
    """True for a class that is written here, under whichever path it was imported."""
    return cls.__module__.partition(".")[0] == OURS


def is_ours_or_lightnings(cls: type) -> bool:
    """True for a class that is ours or Lightning's, and not a user's, so that its name tells its kind."""
    return cls.__module__.partition(".")[0] in (OURS, *ROOTS)


def names_of(path: str, besides: bool = True) -> dict[str, tuple[str, str]] | None:
    """The names that a row lists, each to its home and its name there; None for a row that is a whole module or a gap."""
    row = TABLE.get(path)
    if row is None or isinstance(row, Gap) or (isinstance(row, str) and ":" not in row):
        return None
    return _names_in(row) | (names_besides(path) if besides else {})


def names_besides(path: str) -> dict[str, tuple[str, str]]:
    """The names that a path had in Lightning 1 alone, each to its home and its name there.

    Args:
        path: A path as Lightning 2 spells it.
    """
    return _names_in(BESIDES.get(path, ()))


def _names_in(row: Row) -> dict[str, tuple[str, str]]:
    pairs = [part.partition(": ") for part in ((row,) if isinstance(row, str) else row)]
    words = [(home, *word.partition("=")) for home, _, names in pairs for word in names.split()]
    return {name: (home, inner or name) for home, name, _, inner in words}


def home_of(path: str) -> str | None:
    """The module of ours for a path of Lightning 2, which may not exist; None where the table has none."""
    row = TABLE.get(path)
    if names_of(path) is not None:
        return path if path == "lightning" else OURS + path.removeprefix("lightning")
    if isinstance(row, str):
        return row
    above, _, leaf = path.rpartition(".")
    if row is not None or not above or names_of(above) is not None or (home := home_of(above)) is None:
        return None
    return f"{home}.{leaf}"  # a module of ours below a package of ours


def home_of_name(path: str) -> str | None:
    """The full name of ours for a name of Lightning, which may not exist; None where the table has none.

    Args:
        path: A module and a name in it, under any root.
    """
    module, _, name = spelled(path).rpartition(".")
    names = names_of(module)
    if names is not None:
        return ".".join(names[name]) if name in names else None
    if name in (besides := names_besides(module)):
        return ".".join(besides[name])
    home = home_of(module)
    return home and f"{home}.{name}"


def moved(path: str) -> str | None:
    """What Lightning 2 has in the place of a module or name that Lightning 1 alone had; None for any other.

    Args:
        path: It, under any root.
    """
    asked = spelled(path)
    above, _, name = asked.rpartition(".")
    names = (names_of(above) if above in MOVED else None) or names_besides(above)
    if asked in MOVED:
        pairs = [*(names_of(asked) or {"": (str(home_of(asked)), "")}).values()]
    else:
        pairs = [names[name]] if name in names else [(str(home_of(above)), name)] if above in MOVED else []
    places = (_now(home, "") or _now(home, inner) if asked in MOVED else _now(home, inner) for home, inner in pairs)
    return "; ".join(dict.fromkeys(filter(None, places))) or None


def _now(home: str, name: str) -> str | None:
    """The path of Lightning 2 for a name of ours, or for a module where the name is empty; None where it has none."""
    now: dict[str, str] = _LIGHTNING_1["NOW"]
    whole = (f"{path}.{name}".rstrip(".") for path, row in LIGHTNING_2.items() if row == home)
    listed = ((path, names_of(path, besides=False) or {}) for path in LIGHTNING_2)
    parts = ((f"{path}.{theirs}", pair) for path, names in listed for theirs, pair in names.items())
    known = now.get(f"{home}.{name}") or now.get(home) or next(whole, None)
    known = known or next((where for where, pair in parts if pair == (home, name)), None)
    return known and (moved(known) or known)


def source_of(path: str) -> str:
    """The text of the module of a row: it is run where the row lists names, and is the content of its ``.pyi`` file."""
    names = names_of(path, besides=False)  # the others are imported when asked for
    lines = [f'"""``{path}``."""', ""]
    if names is None:
        return "\n".join([*lines, f"from {home_of(path)} import *", ""])
    lines += [f"from {home} import {inner} as {name}" for name, (home, inner) in names.items()]
    return "\n".join([*lines, "", f"__all__ = {[name for name in names if not name.startswith('_')]}", ""])


def stubs(folder: Path) -> dict[str, str]:
    """The ``.pyi`` files of the rows, for editors and type checkers: path below the package to text.

    Args:
        folder: The folder of the package; none is written where it has a file of ours.
    """
    files = {}
    for path in sorted(path for path, row in TABLE.items() if not isinstance(row, Gap) and "." in path):
        long = path.removeprefix("lightning.")
        for name in {long, long.removeprefix("pytorch.")}:
            below, flat = rows_below(path), folder / f"{name.replace('.', '/')}.py"
            place = name.replace(".", "/") + ("/__init__" if below else "")
            if below and flat.exists():
                # type checkers take the folder for the package, and would not see the file beside it
                files[f"{place}.pyi"] = flat.read_text("utf-8")
            elif not ((folder / f"{place}.py").exists() or (flat.with_suffix("") / "__init__.py").exists()):
                files[f"{place}.pyi"] = source_of(path)
    return files | {f"{name.partition('.')[2]}.pyi": f"from {home} import *\n" for name, home in SHORT.items()}


def rows_below(path: str) -> list[str]:
    """The paths that have a home, one step below another."""
    rows = [row for row, home in TABLE.items() if not isinstance(home, Gap)]
    return [row for row in rows if row.rpartition(".")[0] == path]


def has_rows_below(path: str) -> bool:
    """True for a path below which there are others, with a home or not, so that it is imported as a package."""
    return any(row.startswith(f"{path}.") for row in TABLE)


def gap_of(fullname: str) -> Gap | None:
    """The gap in which a path lies, its own or that of a path above it; None where it lies in none.

    Args:
        fullname: A module path under any root.
    """
    path = spelled(fullname)
    while path and path not in TABLE:
        path = path.rpartition(".")[0]
    row = TABLE.get(path)
    return row if isinstance(row, Gap) else None

"""The paths at which code imports names of Lightning: each is there, and gives the real thing of ours."""

import importlib
from pathlib import Path

import lightning.fabric
import lightning.pytorch
import pytest

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError, paths

# `module: names`, as published packages and public projects import them; all roots counted as one
PATHS = """
: Callback LightningDataModule LightningModule Trainer seed_everything Fabric __version__
: accelerators callbacks core fabric loggers plugins profilers pytorch strategies trainer utilities demos
pytorch: Callback LightningDataModule LightningModule Trainer seed_everything __version__ callbacks loggers
accelerators: Accelerator AcceleratorRegistry CPUAccelerator CUDAAccelerator MPSAccelerator XLAAccelerator
accelerators: find_usable_cuda_devices
accelerators.accelerator: Accelerator
accelerators.cuda: CUDAAccelerator
callbacks: BasePredictionWriter Callback DeviceStatsMonitor LearningRateMonitor ModelSummary ProgressBar
callbacks: RichProgressBar StochasticWeightAveraging TQDMProgressBar Timer
callbacks: EarlyStopping GradientAccumulationScheduler LearningRateMonitor ModelCheckpoint OnExceptionCheckpoint
callbacks.callback: Callback
callbacks.early_stopping: EarlyStopping
callbacks.gradient_accumulation_scheduler: GradientAccumulationScheduler
callbacks.lr_monitor: LearningRateMonitor
callbacks.model_checkpoint: ModelCheckpoint
cli: LightningArgumentParser LightningCLI SaveConfigCallback
callbacks.progress: TQDMProgressBar
callbacks.progress.progress_bar: get_standard_metrics
callbacks.progress.rich_progress: RichProgressBarTheme
callbacks.progress.tqdm_progress: Tqdm
core: LightningModule LightningDataModule
core.datamodule: LightningDataModule
core.hooks: CheckpointHooks DataHooks ModelHooks
core.mixins: HyperparametersMixin
core.module: LightningModule
core.optimizer: LightningOptimizer
core.saving: _load_from_checkpoint get_filesystem load_hparams_from_yaml save_hparams_to_yaml
demos.boring_classes: BoringModel BoringDataModule RandomDataset
fabric.accelerators.cuda: num_cuda_devices
fabric.plugins.io.torch_io: TorchCheckpointIO
fabric.utilities.cloud_io: get_filesystem
fabric.utilities.device_parser: _check_data_type _check_unique _normalize_parse_gpu_string_input
fabric.utilities.distributed: _distributed_is_initialized
fabric.utilities.exceptions: MisconfigurationException
fabric.utilities.registry: _register_classes
fabric.utilities.rank_zero: rank_zero_only
fabric.utilities.seed: seed_everything
fabric.utilities: disable_possible_user_warnings
fabric.utilities.data: has_iterable_dataset sized_len
fabric.utilities.types: _DEVICE _MAP_LOCATION_TYPE _PATH
loggers: CSVLogger Logger MLFlowLogger TensorBoardLogger WandbLogger CometLogger NeptuneLogger
loggers.csv_logs: CSVLogger
loggers.logger: Logger rank_zero_experiment
loggers.tensorboard: TensorBoardLogger
loggers.wandb: WandbLogger
plugins: AsyncCheckpointIO CheckpointIO MixedPrecision Precision TorchCheckpointIO TorchSyncBatchNorm
plugins.environments: LightningEnvironment SLURMEnvironment TorchElasticEnvironment
plugins.io: AsyncCheckpointIO CheckpointIO TorchCheckpointIO
plugins.precision: MixedPrecision Precision
plugins.precision.precision: Precision
profilers: AdvancedProfiler PyTorchProfiler SimpleProfiler
strategies: DDPStrategy DeepSpeedStrategy FSDPStrategy SingleDeviceStrategy Strategy ParallelStrategy
strategies.ddp: DDPStrategy
strategies.single_xla: SingleDeviceXLAStrategy
trainer: Trainer seed_everything
trainer.trainer: Trainer
trainer.call: _call_callback_hooks _call_lightning_module_hook
trainer.connectors.accelerator_connector: _AcceleratorConnector _IS_INTERACTIVE
trainer.connectors.checkpoint_connector: _CheckpointConnector
trainer.connectors.data_connector: _DataConnector
trainer.connectors.logger_connector: _LoggerConnector
trainer.setup: _log_device_info
trainer.states: RunningStage TrainerFn TrainerState TrainerStatus
utilities: AttributeDict grad_norm move_data_to_device rank_zero_info rank_zero_only rank_zero_warn measure_flops
utilities: CombinedLoader disable_possible_user_warnings
utilities.cloud_io: get_filesystem
utilities.combined_loader: CombinedLoader
utilities.enums: GradClipAlgorithmType LightningEnum
utilities.exceptions: MisconfigurationException SIGTERMException
utilities.grads: grad_norm
utilities.memory: is_oom_error garbage_collection_cuda
utilities.model_helpers: is_overridden
utilities.model_summary: ModelSummary summarize
utilities.parsing: AttributeDict get_init_args
utilities.rank_zero: rank_prefixed_message rank_zero_info rank_zero_only rank_zero_warn
tuner: Tuner
tuner.tuning: Tuner
utilities.seed: isolate_rng seed_everything
utilities.types: EVAL_DATALOADERS OptimizerLRScheduler STEP_OUTPUT TRAIN_DATALOADERS LRSchedulerPLType
utilities.warnings: PossibleUserWarning
fabric.utilities.warnings: PossibleUserWarning disable_possible_user_warnings
"""
NAMES = [
    (path.strip(), name)
    for path, _, names in (line.partition(":") for line in PATHS.strip().splitlines())
    for name in names.split()
]


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_a_name_is_where_lightning_code_imports_it_from(path, name):
    module = importlib.import_module(".".join(filter(None, ["groundwire_lightning", path])))
    assert getattr(module, name) is not None


@pytest.mark.parametrize(
    "path", sorted({path for path, _ in NAMES if path and not path.startswith(("pytorch", "fabric"))})
)
def test_the_path_with_pytorch_in_it_gives_the_same_module(path):
    ours = importlib.import_module(f"groundwire_lightning.{path}")
    assert importlib.import_module(f"groundwire_lightning.pytorch.{path}") is ours
    assert ours.__spec__.name == ours.__name__


# the table


def of_lightning() -> list[str]:
    """Every public module path of the installed Lightning."""
    listed = []
    for package in (lightning.pytorch, lightning.fabric):
        folder = Path(package.__file__).parent
        for file in folder.rglob("*.py"):
            parts = [*package.__name__.split("."), *file.relative_to(folder).with_suffix("").parts]
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if not any(part.startswith("_") or part == "testing" for part in parts):
                listed.append(".".join(parts))
    return sorted(listed)


HOMES = sorted(path for path, row in paths.LIGHTNING_2.items() if not isinstance(row, paths.Gap))
# paths that Lightning 2 has no more, or in other distributions alone
OLD = {
    *("lightning", "lightning.__about__", "lightning.app", "lightning.store", "lightning.data"),
    "lightning.pytorch.__about__",
    *("lightning.pytorch.plugins.environments.lightning_environment", "lightning.pytorch.plugins.io.torch_io"),
    *("lightning.pytorch.plugins.environments.slurm_environment", "lightning.pytorch.utilities.cloud_io"),
    *("lightning.pytorch.plugins.environments.torchelastic", "lightning.pytorch.utilities.apply_func"),
}


def test_every_public_path_of_lightning_has_a_home_or_a_gap():
    assert [path for path in of_lightning() if path not in paths.TABLE and paths.gap_of(path) is None] == []


def test_every_row_is_a_path_of_lightning():
    assert set(paths.LIGHTNING_2) - set(of_lightning()) == OLD


@pytest.mark.parametrize("path", [path for path in HOMES if path != "lightning"])
def test_a_row_gives_its_home_or_the_names_that_it_lists(path):
    module = importlib.import_module("groundwire_" + path)
    names = paths.names_of(path)
    if names is None:
        assert module.__name__ == paths.TABLE[path]
    for name, (home, inner) in (names or {}).items():
        assert getattr(module, name) is getattr(importlib.import_module(home), inner)


def test_a_row_names_a_home_and_no_other_row():
    homes = {paths.home_of(path) for path in HOMES} | {
        home for path in HOMES for home, _ in (paths.names_of(path) or {}).values()
    }
    written = {paths.home_of(path) for path in HOMES if paths.names_of(path) is not None}
    for home in homes - written:
        assert (module := importlib.import_module(home)).__name__ == home
        assert Path(module.__file__).suffix == ".py"


def test_our_own_code_imports_homes_and_no_rows():
    folder = Path(L.__file__).parent
    named = {f.relative_to(folder).with_suffix("").as_posix().replace("/", ".") for f in folder.rglob("*.py")}
    named = {name.removesuffix(".__init__") for name in named} | {""}
    for file in folder.rglob("*.py"):
        text = file.read_text("utf-8")
        for line in text.splitlines():
            words = line.split()
            if len(words) > 1 and words[0] in ("from", "import") and words[1].startswith("groundwire_lightning."):
                assert words[1].removeprefix("groundwire_lightning.") in named, f"{file.name}: {line}"


# for editors


def test_the_files_for_editors_say_where_each_name_is():
    folder = Path(L.__file__).parent
    files = paths.stubs(folder)
    assert files["core/mixins/__init__.pyi"] == files["pytorch/core/mixins/__init__.pyi"]
    for name, text in files.items():
        compile(text, name, "exec")
        assert not (folder / name).with_suffix(".py").exists()
    above = {parent.as_posix() for name in files for parent in Path(name).parents[:-1]}
    assert [p for p in above if not (folder / p / "__init__.py").exists() and f"{p}/__init__.pyi" not in files] == []


# names that Lightning's modules have in public and ours do not, each with its reason
LACKING = {
    "utilities": {
        "is_shared_filesystem",  # it asks a strategy of Lightning's
    },
    "strategies": set(),
    "accelerators": set(),
    "plugins": set(),
    "core": set(),
}


@pytest.mark.parametrize("path", LACKING)
def test_a_module_has_the_public_names_of_lightnings(path):
    theirs = importlib.import_module(f"lightning.pytorch.{path}")
    public = set(getattr(theirs, "__all__", ()))
    ours = importlib.import_module(f"groundwire_lightning.{path}")
    assert {name for name in public if not hasattr(ours, name)} == LACKING[path]


MISSING = [
    *("strategies.FSDPStrategy", "strategies.DeepSpeedStrategy", "strategies.ModelParallelStrategy"),
    *("strategies.XLAStrategy", "plugins.FSDPPrecision", "plugins.XLACheckpointIO", "fabric.Fabric"),
    "plugins.environments.MPIEnvironment",
]


@pytest.mark.parametrize("name", MISSING)
def test_a_class_without_counterpart_can_be_imported_and_says_what_to_do_instead(name):
    path, _, leaf = name.rpartition(".")
    cls = getattr(importlib.import_module(f"groundwire_lightning.{path}"), leaf)
    with pytest.raises(NotSupportedYetError, match=rf"{leaf} has no counterpart here\. Instead: \w"):
        cls(1, two=2)


def test_whether_a_method_is_overridden_is_told_of_ours_and_of_guests():
    from groundwire_lightning.guests import is_overridden

    for base in (L.LightningModule, lightning.pytorch.LightningModule):
        cls = type("Lit", (base,), {"on_fit_start": lambda self: None})
        assert is_overridden("on_fit_start", cls())
        assert not is_overridden("on_fit_end", cls())
    assert not is_overridden("on_fit_end", None)


def test_hyper_parameters_go_into_a_file_and_back(tmp_path):
    from groundwire_lightning.core.saving import load_hparams_from_yaml, save_hparams_to_yaml

    save_hparams_to_yaml(tmp_path / "hparams.yaml", {"rate": 0.5, "layers": [1, 2]})
    assert load_hparams_from_yaml(tmp_path / "hparams.yaml") == {"rate": 0.5, "layers": [1, 2]}
    assert load_hparams_from_yaml(tmp_path / "missing.yaml") == {}

"""The paths at which code imports names of Lightning: each is there, and gives the real thing of ours."""

import importlib
import subprocess
import sys

import lightning.pytorch
import pytest

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError

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
core.hooks: DataHooks ModelHooks
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
utilities: CombinedLoader
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
utilities.seed: isolate_rng
utilities.types: EVAL_DATALOADERS OptimizerLRScheduler STEP_OUTPUT TRAIN_DATALOADERS LRSchedulerPLType
utilities.warnings: PossibleUserWarning
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
    assert ours.__spec__.name == ours.__name__ == f"groundwire_lightning.{path}"


def test_a_path_that_is_nowhere_is_an_import_error():
    with pytest.raises(ModuleNotFoundError, match=r"groundwire_lightning\.pytorch\.nothing"):
        importlib.import_module("groundwire_lightning.pytorch.nothing")


# names that Lightning's modules have in public and ours do not, each with its reason
LACKING = {
    "utilities": {
        "disable_possible_user_warnings",  # it silences warnings of Lightning's
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


def test_the_version_is_that_of_the_lightning_it_is_held_against():
    assert L.__version__.split(".")[:2] == lightning.pytorch.__version__.split(".")[:2]


def test_importing_leaves_the_heavy_libraries_alone():
    program = """
import sys, torch
before = set(sys.modules)
import groundwire_lightning as pl
pl.callbacks.Timer, pl.loggers.CSVLogger, pl.strategies.DDPStrategy, pl.utilities.types.STEP_OUTPUT
import groundwire_lightning.pytorch.callbacks
print(*(set(sys.modules) - before))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    heavy = {"torchmetrics", "tensorboard", "rich", "wandb", "mlflow", "torch._dynamo", "lightning", "jsonargparse"}
    assert loaded & heavy == set()


# what some of the small ones do


def test_the_norms_of_gradients_are_those_of_lightning():
    import torch
    from lightning.pytorch.utilities import grad_norm

    from groundwire_lightning.utilities import grad_norm as ours

    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    assert ours(net, 2) == {}
    net(torch.ones(4, 2)).sum().backward()
    for norm in (1, 2, "inf"):
        assert ours(net, norm) == grad_norm(net, norm)
    with pytest.raises(ValueError, match="above 0"):
        ours(net, 0)


def test_shared_parameters_are_found_and_tied_again():
    import torch

    from groundwire_lightning.utilities import find_shared_parameters, set_shared_parameters

    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert (shared := find_shared_parameters(net)) == [["0.weight", "1.weight"]]
    net[1].weight = torch.nn.Parameter(torch.ones(2, 2))
    assert find_shared_parameters(set_shared_parameters(net, shared)) == shared


def test_an_attribute_is_found_where_lightning_looks_for_it():
    from groundwire_lightning.utilities.parsing import lightning_getattr, lightning_hasattr, lightning_setattr

    class Lit(L.LightningModule):
        def __init__(self, batch_size=4):
            super().__init__()
            self.save_hyperparameters()

    module = Lit()
    assert lightning_hasattr(module, "batch_size")
    lightning_setattr(module, "batch_size", 8)
    assert lightning_getattr(module, "batch_size") == module.hparams.batch_size == 8
    with pytest.raises(AttributeError, match="neither Lit nor"):
        lightning_getattr(module, "rate")


@pytest.mark.parametrize("framework", [lightning.pytorch, L])
def test_a_hyper_parameter_of_the_data_module_is_found_too(framework):
    utilities = importlib.import_module(f"{framework.__name__}.utilities.parsing")

    class Data(framework.LightningDataModule):
        def __init__(self, batch_size=4):
            super().__init__()
            self.save_hyperparameters()

    module, trainer = framework.LightningModule(), framework.Trainer(accelerator="cpu", logger=False)
    data = Data()
    module._trainer = trainer if framework is L else type("Has", (), {"datamodule": data})
    if framework is L:
        trainer.datamodule = data
    assert utilities.lightning_getattr(module, "batch_size") == 4
    utilities.lightning_setattr(module, "batch_size", 8)
    assert data.hparams.batch_size == 8


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


def test_a_class_that_overrides_load_from_checkpoint_can_still_load(tmp_path):
    from tests.groundwire_lightning.small import Lit, equal, loader, quiet

    from groundwire_lightning.core.saving import _load_from_checkpoint

    class Loads(Lit):
        @classmethod
        def load_from_checkpoint(cls, path, **kwargs):
            return _load_from_checkpoint(cls, path, **kwargs)

    module, trainer = Loads(), quiet()
    trainer.fit(module, loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert equal(Loads.load_from_checkpoint(tmp_path / "a.ckpt"), module)

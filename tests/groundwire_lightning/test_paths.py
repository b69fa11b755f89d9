"""The paths at which code imports names of Lightning: each is there, and gives the real thing of ours."""

import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import types
import typing
from importlib.util import find_spec
from pathlib import Path

import lightning.fabric
import lightning.pytorch
import pytest

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError, paths
from groundwire_lightning.utilities.finder import ROWS, answer

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


HOMES = sorted(path for path, row in paths.TABLE.items() if not isinstance(row, paths.Gap))
# paths that Lightning 2 has no more, or in other distributions alone
OLD = {
    *("lightning", "lightning.__about__", "lightning.app", "lightning.store", "lightning.data"),
    *("lightning.pytorch.__about__", "lightning.pytorch.callbacks.base", "lightning.pytorch.core.lightning"),
    *("lightning.pytorch.lite", "lightning.pytorch.loggers.base", "lightning.pytorch.metrics"),
    *("lightning.pytorch.plugins.environments.lightning_environment", "lightning.pytorch.plugins.io.torch_io"),
    *("lightning.pytorch.plugins.environments.slurm_environment", "lightning.pytorch.profiler"),
    *("lightning.pytorch.plugins.environments.torchelastic", "lightning.pytorch.trainer.supporters"),
    *("lightning.pytorch.utilities.cli", "lightning.pytorch.utilities.cloud_io"),
    *("lightning.pytorch.utilities.apply_func", "lightning.pytorch.utilities.distributed"),
}


def test_every_public_path_of_lightning_has_a_home_or_a_gap():
    assert [path for path in of_lightning() if path not in paths.TABLE and paths.gap_of(path) is None] == []


def test_every_row_is_a_path_of_lightning():
    assert set(paths.TABLE) - set(of_lightning()) == OLD


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


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("groundwire_lightning.pytorch.calbacks", "groundwire_lightning.callbacks"),
        ("groundwire_lightning.model_checkpoint", "groundwire_lightning.callbacks.model_checkpoint"),
        ("groundwire_lightning.fabric.utilities.sed", "groundwire_lightning.fabric.utilities.seed"),
        ("groundwire_lightning.core.hook", "groundwire_lightning.core.hooks"),
    ],
)
def test_a_path_that_is_nowhere_is_an_import_error_that_names_a_near_one(asked, near):
    with pytest.raises(ModuleNotFoundError, match=rf"No module named '{asked}'\. Did you mean '{near}'\?$") as raised:
        importlib.import_module(asked)
    assert raised.value.name == asked
    assert find_spec(asked) is None


def test_a_path_like_no_other_is_an_import_error():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'groundwire_lightning\.pytorch\.nothing'$"):
        importlib.import_module("groundwire_lightning.pytorch.nothing")
    with pytest.raises(ImportError, match="cannot import name 'EarlyStop'"):
        from groundwire_lightning.callbacks import EarlyStop  # noqa: F401


def test_a_refused_path_says_why_and_what_to_use():
    told = r"lightning\.pytorch\.serve has no counterpart here: there is no server\. Instead: "
    with pytest.raises(ModuleNotFoundError, match=told):
        import groundwire_lightning.serve
    with pytest.raises(ModuleNotFoundError, match=told):
        from groundwire_lightning.pytorch import serve  # noqa: F401
    with pytest.raises(AttributeError, match="has no attribute 'serve': there is no server"):
        L.serve  # noqa: B018
    assert not hasattr(L, "serve")
    assert find_spec("groundwire_lightning.serve") is None
    with pytest.raises(ModuleNotFoundError, match=r"lightning\.fabric\.strategies has no counterpart here"):
        import groundwire_lightning.fabric.strategies.ddp  # noqa: F401


# the finder

WRITTEN, WHOLE = "groundwire_lightning.core.mixins", "groundwire_lightning.fabric.utilities.cloud_io"


@pytest.mark.parametrize("path", [WRITTEN, WHOLE])
def test_python_can_do_with_a_row_what_it_can_do_with_a_file(path):
    module = importlib.import_module(path)
    assert find_spec(path) is not None
    assert importlib.reload(module) is module is sys.modules[path]
    assert inspect.getsource(module).startswith('"""')
    star: dict[str, object] = {}
    exec(f"from {path} import *", star)  # noqa: S102  # no function may hold a star import
    assert star.keys() - {"__builtins__"} == set(module.__all__)
    for name in module.__all__:
        named = f"c{path}\n{name}\n.".encode()
        assert pickle.loads(named) is pickle.loads(pickle.dumps(star[name])) is getattr(module, name)


def test_hints_and_sources_of_classes_are_those_of_their_homes():
    hooks, states = L.core.hooks, L.trainer.states
    assert typing.get_type_hints(hooks.DataHooks.setup) == {"stage": str, "return": types.NoneType}
    assert typing.get_type_hints(states.TrainerState)["status"] is states.TrainerStatus
    assert inspect.getsource(hooks.ModelHooks).startswith("class ModelHooks")


def test_modules_of_a_row_are_attributes_of_it():
    from groundwire_lightning.trainer.connectors.logger_connector import result

    assert L.trainer.connectors.logger_connector.result is result
    assert L.pytorch.callbacks.callback is L.callbacks.callback
    assert L.fabric.utilities.seed.seed_everything is L.seed_everything
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        L.fabric.utilities.nothing  # noqa: B018


def test_the_rows_below_a_row_are_listed():
    import groundwire_lightning.pytorch as root

    listed = {module.name for module in pkgutil.walk_packages(root.__path__, "groundwire_lightning.pytorch.")}
    rows = {"groundwire_" + path for path in HOMES if path.startswith("lightning.pytorch.")}
    assert rows <= listed
    importlib.invalidate_caches()
    assert {module.name for module in pkgutil.iter_modules(L.trainer.connectors.__path__)} >= {"data_connector"}


def test_answering_for_lightning_is_refused_where_it_is_in_use():
    with pytest.raises(ImportError, match=r"lightning is imported already: call answer\(\) before"):
        answer("lightning.pytorch")
    with pytest.raises(ValueError, match="there are"):
        answer("keras")
    assert {"groundwire_lightning"} == ROWS.roots


ANSWERED = """
import importlib, pickle, sys
from importlib.util import find_spec
import groundwire_lightning as L
from groundwire_lightning import guests, paths
from groundwire_lightning.utilities.finder import answer
answer("lightning.pytorch", "pytorch_lightning", "lightning", "lightning_fabric")
answer()

import lightning, lightning.pytorch.callbacks.callback, pytorch_lightning as pl, lightning_fabric
from lightning.pytorch import *
from lightning.fabric.utilities.types import _PATH
from pytorch_lightning.utilities.seed import isolate_rng
assert Trainer is pl.Trainer is lightning.Trainer is L.Trainer
assert lightning.pytorch.callbacks is pl.callbacks is L.callbacks and lightning.pytorch is pl
assert lightning.__version__ == pl.__version__ == L.__version__
assert pl.trainer.states.RunningStage is L.trainer.states.RunningStage
assert pickle.loads(b"cpytorch_lightning.callbacks.callback\\nCallback\\n.") is L.Callback

for path in (path for path, row in paths.TABLE.items() if not isinstance(row, paths.Gap)):
    modules = {importlib.import_module(spelling) for spelling in paths.spellings(path)}
    assert len(modules) == 1, path

assert find_spec("lightning.pytorch.serve") is find_spec("pytorch_lightning.nothing") is None
for asked, told in {"pytorch_lightning.metrics": "torchmetrics", "lightning.callbacks": "lightning.pytorch.callbacks",
                    "lightning.data": "litdata", "lightning.pytorch.adapter": "No module named"}.items():
    try:
        importlib.import_module(asked)
    except ImportError as error:
        assert asked in str(error) and told in str(error), error
    else:
        raise AssertionError(asked)
import lightning.pytorch.callbacks.checkpoint_names as ours  # of ours alone: that very module, and no copy
assert ours is sys.modules["groundwire_lightning.callbacks.checkpoint_names"]
assert guests.real_classes("LightningModule") == ()
assert not [name for name, module in sys.modules.items()
            if "site-packages/lightning/" in (getattr(module, "__file__", None) or "")]
"""


def test_lightning_itself_is_answered_and_never_imported():
    ran = subprocess.run([sys.executable, "-c", ANSWERED], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


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

"""The Lightning table and base classes, held against those of the installed Lightning."""

import inspect
from collections.abc import Callable

import lightning
import pytest
import torch
from lightning.pytorch.core.hooks import CheckpointHooks, DataHooks, ModelHooks

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.core import hooks as module_hooks
from groundwire_lightning.core.callback import CallbackHooksOfLightning1
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.map_1x import JOINED

BESIDES = ["training_step", "validation_step", "test_step", "predict_step"]
BESIDES += ["configure_callbacks", "configure_optimizers", "configure_gradient_clipping", "clip_gradients"]
BESIDES += ["backward", "optimizer_step", "optimizer_zero_grad", "lr_scheduler_step"]
"""What Lightning's loops call of a module, and no class of hooks declares."""

NO_MOMENTS = {"name", "from_datasets", "load_from_checkpoint", "CHECKPOINT_HYPER_PARAMS_KEY"}
NO_MOMENTS |= {"CHECKPOINT_HYPER_PARAMS_NAME", "CHECKPOINT_HYPER_PARAMS_TYPE"}
NO_MOMENTS |= {"hparams", "hparams_initial", "remove_ignored_hparams", "save_hyperparameters", "state_key"}
"""Public names of callbacks and data modules that nobody calls at a moment of a run."""


def public(cls, *without):
    known = {name for base in without for name in dir(base)}
    return {name for name in dir(cls) if not name.startswith("_")} - known


THEIRS = {
    "LightningModule": (lightning.LightningModule, public(ModelHooks) | public(DataHooks) | public(CheckpointHooks)),
    "Callback": (lightning.Callback, public(lightning.Callback) - NO_MOMENTS),
    "LightningDataModule": (lightning.LightningDataModule, public(lightning.LightningDataModule) - NO_MOMENTS),
}
THEIRS["LightningModule"][1].update(BESIDES)
OURS = {"LightningModule": L.LightningModule, "Callback": L.Callback, "LightningDataModule": L.LightningDataModule}
HOOKS = [(role, hook) for role, (_, hooks) in THEIRS.items() for hook in sorted(hooks)]


def told(role):
    return {line.method for line in LIGHTNING.rows if line.role == role}


def of_lightning_1(role):
    """The hooks that only the joined table has."""
    return {line.method for line in JOINED.rows if line.role == role} - told(role)


@pytest.mark.parametrize(("role", "hook"), HOOKS)
def test_every_hook_of_lightning_is_a_row_or_a_gap(role, hook):
    assert hook in told(role)


@pytest.mark.parametrize("role", THEIRS)
def test_every_row_and_gap_is_a_hook_of_lightning(role):
    assert told(role) == THEIRS[role][1]


def test_every_other_role_is_one_of_ours():
    assert set(LIGHTNING.bases) == {*THEIRS, "Monitor", "BeforeClipping"}
    assert told("Monitor") <= told("Callback")


@pytest.mark.parametrize(("role", "hook"), [(role, hook) for role in THEIRS for hook in sorted(of_lightning_1(role))])
def test_no_hook_of_lightning_1_alone_exists_in_lightning(role, hook):
    assert not hasattr(THEIRS[role][0], hook)


def test_every_method_of_the_classes_of_hooks_is_spoken_of():
    of_modules = told("LightningModule") | of_lightning_1("LightningModule")
    declared = public(module_hooks.DataHooks) | public(module_hooks.ModelHooks)
    assert declared - {"get_progress_bar_dict"} <= of_modules <= public(L.LightningModule)
    assert public(module_hooks.HooksOfLightning1) - {"get_progress_bar_dict"} == of_lightning_1("LightningModule")
    assert public(CallbackHooksOfLightning1) == of_lightning_1("Callback")
    assert public(L.Callback) - {"state_key"} == told("Callback") | of_lightning_1("Callback")


@pytest.mark.parametrize(("role", "hook"), HOOKS)
def test_a_hook_takes_what_it_takes_in_lightning(role, hook):
    theirs, ours = getattr(THEIRS[role][0], hook), getattr(OURS[role], hook)
    assert shape(ours) == shape(theirs)


def shape(function):
    """Names, kinds and whether they may be left out; what a default is may differ only where it is never used."""
    parameters = inspect.signature(function).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default is parameter.empty) for parameter in parameters]


# names that user code reads from a module, and what becomes of each

REFUSED = {
    "to_tensorrt": lambda module: module.to_tensorrt("a.ep"),
}
MODULE_NAMES = public(lightning.LightningModule, torch.nn.Module) - told("LightningModule")


@pytest.mark.parametrize("name", sorted(MODULE_NAMES - {"trainer"}))
def test_a_public_name_of_lightnings_module_exists_on_ours_by_itself(name):
    module = L.LightningModule()
    if name in ("optimizers", "lr_schedulers", "all_gather"):  # these need a run
        assert isinstance(getattr(module, name), Callable)
    else:
        assert hasattr(module, name)


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_refused_by_its_name(name):
    class Lit(L.LightningModule):
        pass

    with pytest.raises(NotSupportedYetError, match=rf"Lit\b.*{name}.*;"):
        REFUSED[name](Lit())


@pytest.mark.parametrize("role", ["Callback", "LightningDataModule"])
def test_callbacks_and_data_modules_have_every_public_name(role):
    assert public(THEIRS[role][0]) <= public(OURS[role])


LOGS = ["log", "log_dict", "print", "freeze", "unfreeze", "all_gather", "optimizers", "lr_schedulers", "to_onnx"]
LOGS += ["save_hyperparameters", "manual_backward", "to_torchscript"]
LOGS += ["toggle_optimizer", "untoggle_optimizer", "toggled_optimizer"]


@pytest.mark.parametrize("name", LOGS)
def test_a_method_of_the_module_takes_what_it_takes_in_lightning(name):
    assert names(getattr(L.LightningModule, name)) == names(getattr(lightning.LightningModule, name))


OF_LIGHTNING_1 = {"sync_dist_op", "tbptt_reduce_fx", "tbptt_pad_token"}


def names(function):
    return [name for name in inspect.signature(function).parameters if name not in OF_LIGHTNING_1]

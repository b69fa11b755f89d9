"""Objects of the real Lightning: recognised, attached, lent a fast log, and left as they were."""

import copy
import pickle
import subprocess
import sys

import lightning.pytorch
import pytest
import pytorch_lightning
import torch
from tests.groundwire_lightning.small import loader, loss_of, network, quiet, sgd

import groundwire_lightning as L
from groundwire_lightning import guests
from groundwire_lightning.map import LIGHTNING

BASES = [lightning.pytorch.LightningModule, pytorch_lightning.LightningModule, L.LightningModule]
IDS = ["lightning.pytorch", "pytorch_lightning", "groundwire_lightning"]
every_base = pytest.mark.parametrize("base", BASES, ids=IDS)


class Steps:
    """What a module does, whatever its base."""

    def __init__(self, rate=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = network()

    def forward(self, inputs):
        return self.net(inputs)

    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss, on_step=True, on_epoch=True)
        self.log_dict({"double": 2 * loss})
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", loss_of(self, batch))

    def configure_optimizers(self):
        return sgd(self)


class OfLightning(Steps, lightning.pytorch.LightningModule):
    pass


class OfPytorchLightning(Steps, pytorch_lightning.LightningModule):
    pass


class Ours(Steps, L.LightningModule):
    pass


KINDS = pytest.mark.parametrize("kind", [OfLightning, OfPytorchLightning, Ours])


def test_three_bases_give_the_same_numbers_in_one_process():
    found = []
    for kind in (OfLightning, OfPytorchLightning, Ours):
        torch.manual_seed(0)
        module, trainer = kind(), quiet(max_epochs=2)
        trainer.fit(module, loader(), loader())
        found.append((trainer.callback_metrics, module.state_dict()))
    for metrics, weights in found[1:]:
        assert metrics == found[0][0]
        assert all(torch.equal(weights[name], value) for name, value in found[0][1].items())


@KINDS
def test_a_module_stays_attached_and_has_nothing_left_of_what_it_was_lent(kind):
    module, trainer = kind(), quiet()
    before = set(vars(module))
    trainer.fit(module, loader(), loader())
    assert module.trainer is trainer
    assert set(vars(module)) <= before | {"_trainer"}
    assert not set(vars(module)) & {"log", "log_dict"}


@KINDS
def test_what_was_lent_is_given_back_when_a_run_breaks(kind):
    class Breaks(kind):
        def on_train_batch_end(self, *args):
            raise ZeroDivisionError

    module = Breaks()
    with pytest.raises(ZeroDivisionError):
        quiet().fit(module, loader())
    assert not set(vars(module)) & {"log", "log_dict"}


@KINDS
@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_a_module_can_be_copied_in_the_middle_of_a_run(kind, copied, monkeypatch):
    made = []

    def on_train_epoch_end(self):
        made.append(copied(self))

    monkeypatch.setattr(kind, "on_train_epoch_end", on_train_epoch_end, raising=False)
    module, trainer = kind(), quiet()
    trainer.fit(module, loader(), loader())
    made.append(copied(module))
    for one in (*made,):  # each is trained below, which makes more
        assert one._trainer is None
        assert all(torch.equal(one.state_dict()[name], value) for name, value in module.state_dict().items())
        with pytest.warns(UserWarning, match="loss|trainer"):  # logging without a trainer
            one.log("loss", 1.0)
        quiet().fit(one, loader(), loader())  # and it can be trained
        assert not set(vars(one)) & {"log", "log_dict"}


@KINDS
def test_weights_hold_nothing_of_a_run(kind):
    seen = []

    class Looks(kind):
        def on_train_batch_end(self, *args):
            seen.append(list(self.state_dict()))

    module = Looks()
    quiet().fit(module, loader())
    assert seen[0] == list(module.state_dict()) == ["net.0.weight", "net.0.bias", "net.2.weight", "net.2.bias"]


def test_modules_inside_a_module_log_too():
    class Inner(lightning.pytorch.LightningModule):
        def forward(self, inputs):
            self.log("inner", inputs.sum())
            return inputs

    for kind in (OfLightning, Ours):

        class Outer(kind):
            def __init__(self):
                super().__init__()
                self.inner = Inner()

            def training_step(self, batch, batch_idx):
                return loss_of(self, [self.inner(batch[0]), batch[1]])

        module, trainer = Outer(), quiet()
        trainer.fit(module, loader())
        assert "inner" in trainer.callback_metrics
        assert module.inner.trainer is trainer
        assert "log" not in vars(module.inner)


def test_hooks_that_a_guest_does_not_override_cost_nothing():
    module, trainer = OfLightning(), quiet()
    trainer.model = module
    said = {
        (line["who"], line["method"]) for hook in trainer.explain(format="json")["hooks"] for line in hook["attached"]
    }
    assert said == {("OfLightning", name) for name in ("training_step", "validation_step", "configure_optimizers")}


def test_a_monitor_of_lightning_is_one_here():
    for package in (lightning.pytorch, pytorch_lightning):
        stops, plain = package.callbacks.EarlyStopping("a"), package.callbacks.Timer()
        monitors, callbacks = LIGHTNING.bases["Monitor"], LIGHTNING.bases["Callback"]
        assert isinstance(stops, monitors)
        assert isinstance(stops, callbacks)
        assert not isinstance(plain, monitors)
        assert isinstance(plain, callbacks)


def test_nothing_imports_lightning():
    program = """
import sys, groundwire_lightning
from groundwire_lightning import guests
assert guests.real_classes("LightningModule") == ()
assert not {"lightning", "pytorch_lightning", "lightning_fabric"} & set(sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@every_base
def test_the_bases_of_a_role_are_ours_and_those_that_somebody_imported(base):
    assert base in LIGHTNING.bases["LightningModule"]
    assert guests.real_classes("RetiredHooks") == ()


@KINDS
def test_manual_methods_answer_outside_of_a_run_as_in_lightning(kind):
    module = kind()
    assert (module.current_epoch, module.global_step, module.logger, module.on_gpu) == (0, 0, None, False)
    with pytest.raises(RuntimeError, match="attached"):
        _ = module.trainer


def test_a_checkpoint_callback_of_lightnings_module_stands_for_the_default_one(tmp_path):
    class Saving(OfLightning):
        def configure_callbacks(self):
            return [lightning.pytorch.callbacks.ModelCheckpoint(dirpath=tmp_path / "own")]

    trainer = quiet(max_epochs=1, enable_checkpointing=True, default_root_dir=tmp_path)
    trainer.fit(Saving(), loader())
    assert [type(callback).__module__ for callback in trainer.checkpoint_callbacks] == [
        "lightning.pytorch.callbacks.model_checkpoint"
    ]
    assert {path.parent.name for path in tmp_path.rglob("*.ckpt")} == {"own"}

"""What Lightning says of a run, to let a mistake be noticed: said here in our words, as often, and of the same kind."""

import logging
import warnings

import lightning.pytorch
import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet, readable

import groundwire_lightning as L
from groundwire_lightning.errors import PossibleUserWarning

PACKAGES = {"lightning.pytorch": lightning.pytorch, "groundwire_lightning": L}


class Stops:
    """Asks to stop in every batch."""

    def training_step(self, batch, batch_idx):
        self.trainer.should_stop = True
        return Lit.training_step(self, batch, batch_idx)


def module(package, **methods):
    class Twin(package.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(1, 1)

        training_step, validation_step = Lit.training_step, Lit.validation_step

        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]

    return type("Twin", (Twin,), methods)()


def lines(name, asked, caplog, **methods):
    """The lines of the log that one of the packages writes over a fit."""
    package = PACKAGES[name]
    caplog.clear()
    with caplog.at_level(logging.INFO, logger=name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log = logging.getLogger(name)
        log.addHandler(caplog.handler)
        try:
            callbacks = [make(package) for make in asked.get("callbacks", ())]
            trainer = quiet(package.Trainer, **{**asked, "callbacks": callbacks})
            trainer.fit(module(package, **methods), loader(), loader())
        finally:
            log.removeHandler(caplog.handler)
    return list({id(record): record.getMessage() for record in caplog.records}.values())


NEVER = ({"limit_train_batches": 0}, {"fast_dev_run": 1, "limit_train_batches": 1})
SAID = [
    ({"limit_train_batches": 1}, "1 batch per epoch", "one batch of each epoch"),
    ({"limit_train_batches": 1.0}, "100%", "all batches of an epoch"),
    ({"limit_val_batches": 1}, "1 batch will", "one batch is used"),
    ({"limit_test_batches": 1.0}, "100%", "all batches are used"),
    ({"limit_predict_batches": 1}, "1 batch will", "one batch is used"),
    ({"overfit_batches": 1}, "1 batch will", "one batch is used"),
    ({"overfit_batches": 1.0}, "100%", "all batches are used"),
    ({"val_check_interval": 1}, "after every batch", "after every batch"),
    ({"val_check_interval": 1.0}, "at the end of the training epoch", "at the end of an epoch"),
    ({"fast_dev_run": 2}, "2 batch(es)", "2 batch(es)"),
    ({"fast_dev_run": 1, "limit_train_batches": 1}, "configured so", "Trainer("),
    ({"detect_anomaly": True}, "detect_anomaly=True", "detect_anomaly=True"),
    ({}, "GPU available", "GPU: "),
    ({}, "`max_epochs=1` reached", "max_epochs=1 is reached"),
    ({"max_steps": 1}, "`max_steps=1` reached", "max_steps=1 is reached"),
    ({"max_epochs": 0}, "`max_epochs=0` reached", "max_epochs=0 is reached"),
    ({"limit_train_batches": 0}, "reached", "reached"),
    (
        {"max_epochs": 2, "callbacks": [lambda package: package.callbacks.StochasticWeightAveraging(0.1)]},
        "Swapping scheduler",
        "in the place of StepLR",
    ),
]


@pytest.mark.parametrize(("asked", "theirs", "ours"), SAID, ids=readable)
def test_a_line_of_the_log_is_written_as_often_as_under_lightning(asked, theirs, ours, caplog):
    counts = [
        sum(said in line for line in lines(name, asked, caplog))
        for name, said in (("lightning.pytorch", theirs), ("groundwire_lightning", ours))
    ]
    assert counts == ([0, 0] if asked in NEVER else [1, 1])


def test_a_run_that_may_not_stop_yet_says_so_once(caplog):
    asked = {"max_epochs": 3, "min_epochs": 2}
    step = Stops.training_step
    said = [
        [line for line in lines(name, asked, caplog, training_step=step) if "min_epochs=2" in line] for name in PACKAGES
    ]
    assert [len(each) for each in said] == [1, 1]


def test_a_checkpoint_is_named_before_and_after_it_is_read(tmp_path, caplog):
    trainer = quiet()
    trainer.fit(Lit(), loader(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    logging.getLogger("groundwire_lightning").addHandler(caplog.handler)
    with caplog.at_level(logging.INFO, logger="groundwire_lightning"):
        quiet(max_epochs=2).fit(Lit(), loader(), loader(), ckpt_path=tmp_path / "a.ckpt")
        quiet().validate(Lit(), loader(), ckpt_path=tmp_path / "a.ckpt", verbose=False)
    logging.getLogger("groundwire_lightning").removeHandler(caplog.handler)
    said = list(
        {id(record): record.getMessage() for record in caplog.records if "a.ckpt" in record.getMessage()}.values()
    )
    assert [line.split(" ")[0] for line in said] == ["Restoring", "Everything", "Restoring", "The"]


def warned(call):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return [(warning.category, str(warning.message), warning.filename) for warning in seen]


def test_epochs_that_nobody_limited_are_a_possible_mistake():
    trainer = quiet(max_epochs=None, limit_train_batches=0)
    (category, _, place), *_ = [w for w in warned(lambda: trainer.fit(Lit(), loader(), loader())) if "1000" in w[1]]
    assert (category, place) == (PossibleUserWarning, __file__)


@pytest.mark.parametrize("callback", [L.callbacks.EarlyStopping, L.callbacks.ModelCheckpoint])
def test_a_monitor_that_there_is_once_for_each_loader_is_named_with_its_loaders(callback, tmp_path):
    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        self.log("val_loss", Lit.validation_step(self, batch, batch_idx))

    def training_step(self, batch, batch_idx):
        loss = Lit.training_step(self, batch, batch_idx)
        self.log("train_loss", loss)
        return loss

    module = lit(validation_step=validation_step, training_step=training_step)
    trainer = quiet(callbacks=[callback(monitor="val_loss")], enable_checkpointing=None, default_root_dir=tmp_path)
    with pytest.raises((RuntimeError, L.MisconfigurationException)) as raised:
        trainer.fit(module, loader(), [loader(), loader()])
    assert "'val_loss/dataloader_idx_0' and 'val_loss/dataloader_idx_1'" in str(raised.value)
    assert "Did you mean" not in str(raised.value)


def test_the_share_of_overfit_batches_is_named_where_it_leaves_no_batch():
    with pytest.raises(L.MisconfigurationException, match=r"overfit_batches=0\.1"):
        quiet(overfit_batches=0.1).fit(Lit(), loader(), loader())


@pytest.mark.parametrize("name", ["val_check_interval", "check_val_every_n_epoch"])
def test_an_interval_of_nothing_is_refused_before_the_first_batch_where_something_is_validated(name):
    module = Lit()
    with pytest.raises(L.MisconfigurationException, match=rf"Trainer\({name}=0\)"):
        quiet(**{name: 0}).fit(module, loader(), loader())
    quiet(**{name: 0}).fit(module, loader())

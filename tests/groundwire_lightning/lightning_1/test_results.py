import warnings

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, loss_of, quiet

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException
from groundwire_lightning.callbacks import EarlyStopping


class Written(L.loggers.Logger):
    """Keeps what is logged."""

    name, version = "kept", 0

    def __init__(self):
        super().__init__()
        self.lines = []

    def log_metrics(self, metrics, step=None):
        self.lines.append((step, sorted(set(metrics) - {"epoch"})))

    def log_hyperparams(self, *args, **kwargs): ...


class Old(Lit):
    """A module in the manner of 2020."""

    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        return {"loss": loss, "log": {"train_loss": loss}, "progress_bar": {"seen": batch_idx}, "extra": loss * 2}

    def training_epoch_end(self, outputs):
        mean = torch.stack([output["loss"] for output in outputs]).mean()
        return {"log": {"train_mean": mean}, "other": mean, "names": ["a"]}

    def validation_step(self, batch, batch_idx):
        return {"val_loss": loss_of(self, batch)}

    def validation_epoch_end(self, outputs):
        mean = torch.stack([output["val_loss"] for output in outputs]).mean()
        return {"val_loss": mean, "log": {"val": mean}, "progress_bar": {"shown": mean}}

    test_step = validation_step

    def test_epoch_end(self, outputs):
        return {"test_loss": torch.tensor(2.0), "log": {"logged": 3.0}, "progress_bar": {"shown": 4.0}}


@pytest.mark.filterwarnings("ignore")
def test_results_in_dictionaries_are_logged_as_in_lightning_1_0():
    logger = Written()
    trainer = quiet(logger=logger, log_every_n_steps=1)
    trainer.fit(Old(), loader(), loader())
    # what 1.0.8 writes for this module
    assert logger.lines == [
        (0, ["train_loss"]),
        (1, ["train_loss"]),
        (2, ["train_loss"]),
        (2, ["val"]),
        (2, ["train_mean"]),
    ]
    shown = {"seen", "shown"}
    assert set(trainer.progress_bar_metrics) == shown
    monitored = {"train_loss", "extra", "train_mean", "other", "val_loss", "val"}
    assert set(trainer.callback_metrics) == monitored | shown
    assert trainer.callback_metrics["extra"] == 2 * trainer.callback_metrics["train_loss"]


@pytest.mark.filterwarnings("ignore")
def test_a_test_answers_with_all_that_its_end_returned():
    (results,) = quiet().test(Old(), loader(), verbose=False)
    assert results == {"test_loss": 2.0, "logged": 3.0, "shown": 4.0}


@pytest.mark.filterwarnings("ignore")
def test_a_value_out_of_an_epoch_end_is_monitored():
    losses = iter([1.0, 2.0, 3.0, 4.0, 5.0])
    module = lit(
        validation_step=lambda self, *_: next(losses),
        validation_epoch_end=lambda self, outputs: {"val_loss": outputs[0]},
    )
    trainer = quiet(max_epochs=5, callbacks=[EarlyStopping("val_loss", patience=1)], limit_val_batches=1)
    trainer.fit(module, loader(), loader())
    assert trainer.current_epoch == 2


def test_each_hook_is_told_of_once():
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        quiet(max_epochs=2).fit(Old(), loader(), loader())
    told = [str(each.message) for each in warned if "in a dictionary" in str(each.message)]
    assert [sentence.partition(" ")[0] for sentence in told] == [
        "Old.training_step",
        "Old.validation_epoch_end",
        "Old.training_epoch_end",
    ]
    assert all("now: self.log" in sentence for sentence in told)


@pytest.mark.parametrize("returned", [1.0, {"train_loss": 1.0}, torch.tensor(1.0)])
def test_a_training_epoch_end_of_today_returns_nothing(returned):
    module = lit(training_epoch_end=lambda self, outputs: returned)
    with pytest.raises(MisconfigurationException, match="training_epoch_end returned a"):
        quiet().fit(module, loader(), loader())


@pytest.mark.parametrize("returned", [None, 3, torch.tensor(1.0), [1], {}])
def test_what_a_validation_epoch_end_returns_besides_a_dictionary_is_let_go_of(returned):
    module = lit(validation_epoch_end=lambda self, outputs: returned)
    trainer = quiet()
    trainer.fit(module, loader(), loader())
    assert trainer.callback_metrics == {}


def test_half_ported_code_logs_its_loss_itself():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        self.log("loss", loss, prog_bar=True)
        return {"loss": loss, "log": {"also": loss}}

    trainer = quiet()
    trainer.fit(lit(training_step=training_step), loader(), loader())
    assert set(trainer.callback_metrics) == {"loss", "also"}


@pytest.mark.filterwarnings("ignore")
def test_a_step_logs_what_it_returned_and_nothing_of_the_one_before():
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        return {"loss": loss, "log": {"even" if batch_idx % 2 == 0 else "odd": loss}}

    logger = Written()
    quiet(logger=logger, log_every_n_steps=1, limit_train_batches=3).fit(lit(training_step=training_step), loader())
    assert logger.lines == [(0, ["even"]), (1, ["odd"]), (2, ["even"])]

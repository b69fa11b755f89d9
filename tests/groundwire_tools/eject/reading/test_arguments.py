"""Arguments go that a plain loop has no use for."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.made import listener, plain
from tests.groundwire_tools.eject.variants import MEMBERS, program

from groundwire_tools.eject.facts import NotPlainError
from groundwire_tools.eject.reading.arguments import template


def step(log: str) -> str:
    return program(members=MEMBERS["training_step"].replace('self.log("train_loss", loss, on_epoch=True)', log))


@pytest.mark.parametrize(
    ("call", "left"),
    [
        ('self.log("a", 1, prog_bar=True, logger=False)', 'self.log("a", 1)'),
        ('self.log("a", 1, batch_size=3, sync_dist=True)', 'self.log("a", 1, batch_size=3)'),
        ('self.log("a", 1, on_step=True, on_epoch=False)', 'self.log("a", 1, on_step=True, on_epoch=False)'),
        ('self.other.log("a", 1, prog_bar=True)', 'self.other.log("a", 1, prog_bar=True)'),
    ],
)
def test_log_keeps_what_the_recorder_goes_by(call: str, left: str) -> None:
    assert f"        {left}\n" in plain(step(call))


@pytest.mark.parametrize(
    ("call", "why"),
    [('self.log("a", 1, reduce_fx="max")', "the mean alone"), ('self.log("a", 1, True)', "by their place")],
)
def test_log_with_what_the_recorder_cannot_do_is_refused(call: str, why: str) -> None:
    with pytest.raises(NotPlainError, match=why):
        plain(step(call))


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("L.seed_everything(4)", "random.seed(4)\nnp.random.seed(4)\ntorch.manual_seed(4)\n"),
        ("L.seed_everything(4, workers=True)", "random.seed(4)\n"),
        ("seed = L.seed_everything(4, verbose=False)", "seed = seed_everything(4)\n"),
        ("L.seed_everything(2 + 2)", "seed_everything(2 + 2)\n"),
        ("L.seed_everything()", "seed_everything()\n"),
    ],
)
def test_one_line_that_seeds_is_written_out(line: str, written: str) -> None:
    text = plain(program().replace("L.seed_everything(4)", line))
    assert written in text
    assert ("def seed_everything(" in text) == ("seed_everything" in written)


@pytest.mark.parametrize(
    ("head", "call", "kept", "written"),
    [
        ("self, lr, *, width=2", "save_hyperparameters()", "lr width", "SimpleNamespace(lr=lr, width=width)"),
        ("self, lr, net", "save_hyperparameters(ignore=['net'])", "lr", "SimpleNamespace(lr=lr)"),
        ("self, lr, net", "save_hyperparameters('lr', logger=False)", "lr", "SimpleNamespace(lr=lr)"),
    ],
)
def test_hyper_parameters_are_assigned(head: str, call: str, kept: str, written: str) -> None:
    members = MEMBERS["__init__"].replace("(self)", f"({head})").replace("self.net", f"self.{call}\n    self.net", 1)
    text = plain(program(members=members), hparams=tuple(kept.split()))
    assert f"        self.hparams = {written}\n" in text
    with pytest.raises(NotPlainError, match=r"write self\.hparams out"):
        plain(program(members=members), hparams=("another",))


def test_hyper_parameters_that_are_read_as_entries_are_a_dictionary() -> None:
    members = (
        MEMBERS["__init__"]
        .replace("(self)", "(self, lr)")
        .replace("self.net", 'self.save_hyperparameters()\n    self.lr = self.hparams["lr"]\n    self.net', 1)
    )
    assert "self.hparams = AttributeDict(lr=lr)" in plain(program(members=members), hparams=("lr",))


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("{epoch:02d}-{val/loss:.2f}", "epoch={epoch:02d}-val/loss={val/loss:.2f}"),
        ("epoch={epoch}", "epoch={epoch}"),
        ("best", "best"),
    ],
)
def test_the_name_of_a_checkpoint_is_filled_in_as_lightning_does(name: str, filled: str) -> None:
    assert template(name) == filled


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ('"d", "{epoch}", verbose=True', '"d", "epoch={epoch}"'),
        ('filename="{epoch}", auto_insert_metric_name=False', 'filename="{epoch}"'),
    ],
)
def test_a_checkpoint_is_made_with_what_its_class_takes(arguments: str, written: str) -> None:
    settings = {"_every_n_epochs": 1, "save_last": None, "save_weights_only": False}
    checkpoint = listener("ModelCheckpoint", "on_train_epoch_end", **settings)
    source = program(data=f"keeps = L.pytorch.callbacks.ModelCheckpoint({arguments})\n", trainer="callbacks=[keeps]")
    assert f"keeps = ModelCheckpoint({written})" in plain(source, listeners=(checkpoint,), order=(0,))
    with pytest.raises(NotPlainError, match="write it as a string"):
        plain(source.replace('"{epoch}"', "data"), listeners=(checkpoint,), order=(0,))

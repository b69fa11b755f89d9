"""Callbacks of the real Lightning that ours stand in for."""

import lightning.pytorch
import pytest
import pytorch_lightning
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.callbacks import of_a_trainer

HERE = [row for row in of_a_trainer.SUBSTITUTES if row.name in L.callbacks.__all__]
GIVEN = {
    "StochasticWeightAveraging": {"swa_lrs": 0.01, "swa_epoch_start": 1, "annealing_strategy": "linear"},
    "ThroughputMonitor": {"batch_size_fn": len, "window_size": 7},
    "LearningRateFinder": {"num_training_steps": 5, "mode": "linear"},
    "BatchSizeFinder": {"mode": "binsearch", "init_val": 3},
}


@pytest.mark.parametrize("package", [lightning.pytorch, pytorch_lightning], ids=lambda package: package.__name__)
@pytest.mark.parametrize("row", HERE, ids=lambda row: row.name)
def test_ours_is_made_with_the_arguments_of_theirs(row, package):
    theirs = getattr(package.callbacks, row.name)(**GIVEN[row.name])
    (ours,), (said,) = of_a_trainer.substituted([theirs])
    assert type(ours) is getattr(L.callbacks, row.name)
    assert said.startswith(f"{row.name} of {package.__name__}.")
    for kept in row.arguments.values():
        assert getattr(ours, kept) == getattr(theirs, kept)
    if row.more:
        assert getattr(ours, row.more) == getattr(theirs, row.more)


@pytest.mark.parametrize("row", HERE, ids=lambda row: row.name)
def test_a_subclass_of_theirs_is_refused_with_the_class_to_take_instead(row):
    theirs = type("Mine", (getattr(lightning.pytorch.callbacks, row.name),), {})(**GIVEN[row.name])
    with pytest.raises(
        NotSupportedYetError, match=rf"Mine is a {row.name} .*groundwire_lightning\.callbacks\.{row.name}"
    ):
        quiet(callbacks=[theirs])


def test_explain_says_who_stands_in_for_whom():
    theirs = lightning.pytorch.callbacks.StochasticWeightAveraging(0.01)
    trainer = quiet(callbacks=[theirs, lightning.pytorch.callbacks.Timer()])
    (said,) = trainer.explain(format="json", model=Lit())["substituted"]
    assert "StochasticWeightAveraging" in said
    assert "Substituted:" in trainer.explain(model=Lit())
    assert "Substituted" not in quiet().explain(model=Lit())


def test_callbacks_that_a_module_brings_are_looked_at_too():
    def configure_callbacks(self):
        return lightning.pytorch.callbacks.StochasticWeightAveraging(0.01)

    trainer = quiet(max_epochs=2)
    trainer.fit(lit(configure_callbacks=configure_callbacks), loader())
    assert any(type(callback) is L.callbacks.StochasticWeightAveraging for callback in trainer.callbacks)
    assert len(trainer.substituted) == 1

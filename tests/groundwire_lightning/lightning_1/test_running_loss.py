import pytest
from tests.groundwire_lightning.small import lit, loader, quiet

from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.core.module import LightningModule


@pytest.mark.filterwarnings("ignore")
def test_a_module_that_says_what_its_bar_shows_is_given_the_loss():
    shown = []

    def get_progress_bar_dict(self):
        shown.append(LightningModule.get_progress_bar_dict(self))
        return shown[-1]

    def on_train_batch_start(self, batch, batch_idx):
        self.get_progress_bar_dict()

    module = lit(get_progress_bar_dict=get_progress_bar_dict, on_train_batch_start=on_train_batch_start)
    quiet(limit_train_batches=2).fit(module, loader())
    assert [items["loss"] == "nan" for items in shown] == [True, False]
    assert float(shown[1]["loss"]) > 0


def test_losses_that_nobody_names_are_not_kept():
    trainer = quiet()
    trainer.fit(lit(), loader())
    with pytest.raises(NotSupportedYetError, match="running_loss is kept only where"):
        trainer.fit_loop.running_loss.mean()


@pytest.mark.filterwarnings("ignore")
def test_the_loss_of_the_last_batch_and_the_extremes_are_there():
    seen = []

    def on_train_batch_end(self, outputs, batch, batch_idx):
        losses = self.trainer.fit_loop.running_loss
        seen.append(float(outputs["loss"]))
        assert float(losses.last()) == seen[-1]
        assert (float(losses.min()), float(losses.max())) == (min(seen[-20:]), max(seen[-20:]))

    def on_train_start(self):
        losses = self.trainer.fit_loop.running_loss
        assert losses.last() is losses.mean() is losses.min() is losses.max() is None

    module = lit(on_train_batch_end=on_train_batch_end, on_train_start=on_train_start)
    quiet(max_epochs=9).fit(module, loader())
    assert len(seen) > 20

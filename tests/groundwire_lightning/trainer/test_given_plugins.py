import pytest
from tests.groundwire_lightning.small import Lit, loader

import groundwire_lightning as L


def test_barebones_logs_nothing():
    class Logs(Lit):
        def training_step(self, batch, batch_idx):
            self.log("loss", 1.0)
            return super().training_step(batch, batch_idx)

    trainer = L.Trainer(barebones=True, max_epochs=1, accelerator="cpu")
    with pytest.warns(UserWarning, match="barebones=True"):
        trainer.fit(Logs(), loader())
    assert trainer.callback_metrics == {}
    assert (trainer.barebones, trainer.log_every_n_steps, trainer.num_sanity_val_steps) == (True, 0, 0)
    assert trainer.loggers == trainer.checkpoint_callbacks == []

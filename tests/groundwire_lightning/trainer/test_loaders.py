import pytest
from tests.groundwire_lightning.small import lit, loader, loss_of, quiet

import groundwire_lightning as L
from groundwire.callbacks import LimitBatchesCallback


def both(self, batch, batch_idx):
    return loss_of(self, batch[0]) + loss_of(self, batch[1])


def test_a_native_limit_around_several_loaders_is_refused():
    trainer = quiet(callbacks=[LimitBatchesCallback(1)])
    with pytest.raises(L.NotSupportedYetError, match="stands around several loaders"):
        trainer.fit(lit(training_step=both), [loader(), loader()], loader())


def test_limits_of_the_trainer_count_batches_of_several_loaders():
    trainer = quiet(limit_train_batches=1)
    trainer.fit(lit(training_step=both), [loader(), loader()], loader())
    assert trainer.num_training_batches == 1
    assert trainer.global_step == trainer.max_epochs

import torch
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.loops.trial import trial


class Tries(L.Callback):
    """Lays a trial over the run, which sets what it likes."""

    def __init__(self):
        self.seen = {}

    def on_fit_start(self, trainer, pl_module):
        before = trainer._run
        with trial(trainer, [], {"max_steps": 1}):
            self.seen["within"] = trainer.max_steps, trainer.limit_train_batches, trainer.callbacks
            trainer.limit_train_batches = 2
            trainer.monitored = "meanwhile"
            trainer.should_stop = True
            with torch.no_grad():
                pl_module.net[0].weight.fill_(5.0)
        assert trainer._run is before
        self.seen["after"] = trainer.max_steps, trainer.limit_train_batches, trainer.should_stop, trainer.monitored
        assert self in trainer.callbacks
        assert not (pl_module.net[0].weight == 5.0).any()


def test_what_a_trial_sets_goes_with_it():
    tries = Tries()
    trainer = quiet(max_steps=3, callbacks=[tries])
    trainer.fit(Lit(), loader())
    assert tries.seen == {"within": (1, 1.0, []), "after": (3, 1.0, False, None)}
    assert trainer.global_step == 3

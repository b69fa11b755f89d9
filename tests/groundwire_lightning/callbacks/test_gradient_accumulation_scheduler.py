from tests.groundwire_lightning.small import lit, loader, quiet
from tests.groundwire_lightning.test_messages import warned

import groundwire_lightning as L


def test_hooks_of_updates_beside_a_schedule_of_accumulation_are_warned_of():
    module = lit(optimizer_zero_grad=lambda self, epoch, batch_idx, optimizer: optimizer.zero_grad())
    trainer = quiet(callbacks=[L.callbacks.GradientAccumulationScheduler({0: 2})])
    said = [w for w in warned(lambda: trainer.fit(module, loader(), loader())) if "optimizer_zero_grad" in w[1]]
    assert [w[0] for w in said] == [UserWarning]

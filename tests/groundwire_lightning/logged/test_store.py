import pytest
import torch
from tests.groundwire_lightning.small import lit, loader, quiet
from torch.utils._python_dispatch import TorchDispatchMode

import groundwire_lightning as L


def test_the_scalars_of_a_hook_are_one_vector():
    seen = []

    def training_step(self, batch, batch_idx):
        loss = self.net(torch.ones(1, 1)).sum()
        for number in range(50):
            self.log(f"n{number}", loss * number, on_step=False, on_epoch=True)
        return loss

    def on_train_batch_end(self, *args):
        entries = self.trainer.logged._now.entries.values()
        seen.append({id(entry.group) for entry in entries})

    trainer = quiet()
    trainer.logged.takes_numbers = False  # as on a device that one has to wait for
    trainer.fit(lit(training_step=training_step, on_train_batch_end=on_train_batch_end), loader())
    assert {len(groups) for groups in seen} == {1}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_at_hand_come_to_the_same_as_values_on_a_device(dtype):
    def run(takes_numbers):
        seen = []

        def training_step(self, batch, batch_idx):
            loss = self.net(torch.ones(1, 1)).sum()
            value = loss.detach().to(dtype) / 3
            for reduce in ("mean", "sum", "min", "max"):
                self.log(reduce, value + batch_idx, on_step=True, on_epoch=True, reduce_fx=reduce, batch_size=3)
            value += 100  # what was logged stays as it was
            return loss

        def on_train_batch_end(self, *args):
            seen.append(dict(self.trainer.callback_metrics))

        trainer = quiet(max_epochs=2)
        trainer.logged.takes_numbers = takes_numbers
        trainer.fit(lit(training_step=training_step, on_train_batch_end=on_train_batch_end), loader())
        return [*seen, dict(trainer.callback_metrics)]

    assert all(
        one[name].dtype == other[name].dtype and torch.equal(one[name], other[name])
        for one, other in zip(run(True), run(False), strict=True)
        for name in other
    )


class Reads(TorchDispatchMode):
    """Counts how often a number is taken from a tensor."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def test_a_step_that_logs_takes_no_number_from_a_tensor_on_a_device():
    """What is on a CPU is taken as a number at once, which this count does not see: there is nothing to wait for."""
    reads, counts = Reads(), []

    def training_step(self, batch, batch_idx):
        loss = self.net(torch.ones(1, 1)).sum()
        self.log_dict({"a": loss, "b": loss * 2, "c": batch_idx}, on_step=True, on_epoch=True, prog_bar=True)
        return loss

    class Watching(L.Trainer):
        def _run_train_step(self, batch, step):
            with reads:
                output = super()._run_train_step(batch, step)
            counts.append(reads.count)
            return output

    trainer = quiet(Watching, logger=False)
    trainer.logged.takes_numbers = False
    trainer.fit(lit(training_step=training_step), loader())
    assert counts == [0, 0, 0]

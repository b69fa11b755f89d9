import math
from types import SimpleNamespace

import pytest
import torch
from torch.utils.data import TensorDataset

from groundwire.callbacks import StopTrainingError, TerminateOnNaNCallback, TrainerCallback
from groundwire.errors import NonFiniteLossError
from groundwire.tables.hooks import HOOKS
from groundwire.tracking import InMemoryRunHistory, LossTracker


def trainer_with(*losses, elsewhere=()):
    tracker, history = LossTracker(), InMemoryRunHistory()
    history._set_epoch(4)
    for loss in losses:
        tracker.update(torch.tensor(loss))

    def gather(own):
        return torch.cat([own, *(torch.tensor([step]) for step in elsewhere)])

    accelerator = SimpleNamespace(num_processes=1 + len(elsewhere), gather=gather)
    return SimpleNamespace(_loss_tracker=tracker, run_history=history, _accelerator=accelerator, device="cpu")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_epoch_and_the_step_are_named(bad):
    with pytest.raises(NonFiniteLossError, match="step 2 of epoch 4") as caught:
        TerminateOnNaNCallback().on_train_epoch_end(trainer_with(1.0, 2.0, bad, 1.0, bad))
    assert (caught.value.epoch, caught.value.step) == (4, 2)


@pytest.mark.parametrize("losses", [(), (1.0, 0.0)])
def test_finite_losses_pass(losses):
    TerminateOnNaNCallback().on_train_epoch_end(trainer_with(*losses))
    TerminateOnNaNCallback().on_train_epoch_end(trainer_with(*losses, elsewhere=[-1, -1]))


@pytest.mark.parametrize(("losses", "elsewhere", "step"), [((1.0,), [-1, 7], 7), ((1.0, math.nan), [9, -1], 1)])
def test_every_process_stops_for_the_earliest_of_all(losses, elsewhere, step):
    with pytest.raises(NonFiniteLossError, match=f"step {step} "):
        TerminateOnNaNCallback().on_train_epoch_end(trainer_with(*losses, elsewhere=elsewhere))


def test_it_listens_to_nothing_that_happens_every_batch_or_update():
    often = [hook.name for hook in HOOKS.values() if hook.is_event and hook.every in ("batch", "update")]
    assert often
    assert all(getattr(TerminateOnNaNCallback, name) is getattr(TrainerCallback, name) for name in often)


@pytest.mark.parametrize("loss", [torch.tensor(math.nan), torch.tensor([1.0, math.inf]), math.nan])
def test_a_batch_can_be_looked_at_at_once(loss):
    callback = TerminateOnNaNCallback()
    callback.on_train_epoch_start(trainer_with())
    with pytest.raises(StopTrainingError, match="step 5 of epoch 4"):
        callback.check_for_nan_after_batch({"loss": loss}, step=5)
    callback.check_for_nan_after_batch({"loss": torch.tensor(1.0)})


def test_a_run_ends_in_order_before_it_evaluates_and_then_raises():
    from groundwire.trainer import Trainer

    heard = []

    class Listener(TrainerCallback):
        def on_eval_epoch_start(self, trainer, **kwargs):
            heard.append("eval")

        def on_training_run_end(self, trainer, **kwargs):
            heard.append("end")

    model = torch.nn.Linear(1, 1)
    data = TensorDataset(torch.ones(6, 1), torch.tensor([1.0, 1, 1, math.nan, 1, 1])[:, None])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    trainer = Trainer(model, torch.nn.MSELoss(), optimizer, callbacks=[TerminateOnNaNCallback, Listener])
    with pytest.raises(NonFiniteLossError, match="step 1 of epoch 1"):
        trainer.train(data, 2, eval_dataset=data, per_device_batch_size=2, train_dataloader_kwargs={"shuffle": False})
    assert heard == ["end"]

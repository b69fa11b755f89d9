import pytest
import torch
from tests.groundwire.runs import Stops, data, network, step_lr, trainer_for

from groundwire.callbacks import SaveTrainingStateCallback, StepBasedEvaluationCallback
from groundwire.trainer import TrainerWithTimmScheduler


class OfTimm:
    """A scheduler as timm writes them; what it is told is written down."""

    def __init__(self, optimizer):
        self.optimizer = optimizer
        self.told = []

    def step_update(self, num_updates, metric=None):
        self.told.append(("update", num_updates))

    def step(self, epoch, metric=None):
        self.told.append(("epoch", epoch))

    def state_dict(self):
        return {"told": self.told}

    def load_state_dict(self, state):
        self.told = [tuple(one) for one in state["told"]]


def told(epochs=2, samples=4, callbacks=(), **asked):
    trainer = trainer_for(kind=TrainerWithTimmScheduler, callbacks=callbacks)
    trainer.train(data(samples), epochs, per_device_batch_size=2, create_scheduler_fn=OfTimm, **asked)
    return trainer.scheduler.told


WHOLE = [("update", 1), ("update", 2), ("epoch", 1), ("update", 3), ("update", 4), ("epoch", 2)]


def test_it_is_told_of_each_update_and_each_epoch():
    assert told() == WHOLE
    assert told(eval_dataset=data(3)) == WHOLE


def test_it_counts_updates_and_not_batches():
    assert told(samples=8, gradient_accumulation_steps=2) == WHOLE


def test_an_evaluation_within_an_epoch_moves_nothing():
    assert told(eval_dataset=data(3), callbacks=[StepBasedEvaluationCallback(1)]) == WHOLE


def test_an_evaluation_run_moves_nothing():
    trainer = trainer_for(kind=TrainerWithTimmScheduler)
    trainer.train(data(4), 2, per_device_batch_size=2, create_scheduler_fn=OfTimm)
    trainer.evaluate(data(4))
    assert trainer.scheduler.told == WHOLE


def test_a_second_run_counts_on_with_the_run_history():
    trainer = trainer_for(kind=TrainerWithTimmScheduler)
    for keep in (False, True):
        trainer.train(data(4), 1, per_device_batch_size=2, create_scheduler_fn=OfTimm, reset_run_history=not keep)
    assert trainer.scheduler.told == WHOLE[3:]
    assert trainer.num_updates == 4


def test_a_run_resumed_within_an_epoch_counts_on(tmp_path):
    saves = SaveTrainingStateCallback(tmp_path, save_every_n_steps=1, save_at_end=False)
    trainer = trainer_for(kind=TrainerWithTimmScheduler, callbacks=[saves, Stops("on_train_update_end", 3)])
    asked = {"per_device_batch_size": 2, "create_scheduler_fn": OfTimm}
    trainer.train(data(4), 2, **asked)
    other = trainer_for(kind=TrainerWithTimmScheduler, callbacks=[SaveTrainingStateCallback(tmp_path / "more")])
    other.train(data(4), 2, resume_from=tmp_path / "step_3", **asked)
    assert other.scheduler.told == WHOLE


def test_no_scheduler_is_no_scheduler():
    trainer = trainer_for(kind=TrainerWithTimmScheduler)
    trainer.train(data(4), 1, eval_dataset=data(2), per_device_batch_size=2)
    assert trainer.scheduler is None


def test_a_scheduler_of_torch_is_refused_before_the_first_batch():
    trainer = trainer_for(kind=TrainerWithTimmScheduler, callbacks=[Stops("on_training_run_start")])
    with pytest.raises(TypeError, match=r"TrainerWithTimmScheduler: .*step_update.* made a StepLR"):
        trainer.train(data(4), 1, create_scheduler_fn=step_lr)


def test_the_hooks_may_be_called_by_hand():
    model = network()
    trainer = TrainerWithTimmScheduler(model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), 0.1), ())
    trainer.scheduler = OfTimm(trainer.optimizer)
    trainer.num_updates = 4
    trainer.scheduler_step()
    trainer.eval_epoch_end()
    assert trainer.scheduler.told == [("update", 5), ("epoch", 1)]

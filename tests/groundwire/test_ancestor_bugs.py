"""What pytorch-accelerated gets wrong and no other file of tests names: each fails on the wrong behaviour."""

import copy
import itertools
import pickle
import random
from functools import partial

import pytest
import torch
from tests.groundwire.runs import data, network, trainer_for
from torch import nn

from groundwire import InMemoryRunHistory, NonFiniteLossError, Trainer, TrainerCallback, TrainerPlaceholderValues
from groundwire.callbacks import LogMetricsCallback, TerminateOnNaNCallback
from groundwire.finetuning import ModelFreezer
from groundwire.schedulers import CosineLrScheduler, WSDLrScheduler
from groundwire.schedulers.placeholders import replace_trainer_placeholder_values
from groundwire.utils import worker_init_fn


def sgd(lr=0.1):
    return torch.optim.SGD(network().parameters(), lr=lr)


@pytest.mark.parametrize("run", [lambda trainer: trainer.train(data(2), 1), lambda trainer: trainer.evaluate(data(2))])
def test_the_users_seed_is_left_alone(run):  # B10, B11
    drawn = []
    for seed in (1, 2):
        trainer = trainer_for()
        torch.manual_seed(seed)
        random.seed(seed)
        run(trainer)
        drawn.append((torch.rand(1).item(), random.random()))
    assert drawn[0] != drawn[1]


def test_a_worker_keeps_the_seed_that_torch_gave_it():  # B12
    torch.manual_seed(3)
    worker_init_fn(0)
    assert torch.initial_seed() == 3


def rates(scheduler, updates):
    found = []
    for _ in range(updates):
        scheduler.step()
        found.append(scheduler.optimizer.param_groups[0]["lr"])
    return found


def test_a_cosine_with_warm_up_does_not_jump():  # B20
    found = rates(CosineLrScheduler(sgd(1.0), 10, 10, num_warmup_epochs=3), 100)
    assert max(abs(one - other) for one, other in itertools.pairwise(found)) < 0.05
    assert found[70] > 0.38


def test_warm_up_by_a_ratio_stays_below_the_rate():  # B23
    found = rates(CosineLrScheduler(sgd(1.0), 10, 10, num_warmup_epochs=3, warmup_starting_lr_ratio=0.5), 40)
    assert found[0] == 0.5
    assert max(found) <= 1.0


def test_a_schedule_goes_on_after_it_was_loaded():  # B22
    one, other = (WSDLrScheduler(sgd(1.0), total_steps=100) for _ in range(2))
    rates(one, 95)
    other.load_state_dict(one.state_dict())
    assert rates(other, 5) == rates(one, 5)


def test_placeholders_compose_from_either_side():  # B24
    trainer = trainer_for()
    epochs = TrainerPlaceholderValues.NUM_EPOCHS
    seen = []
    factory = partial(lambda first, optimizer, last: seen.append((first, last)), epochs * 2 + 1, last=[2 * epochs])
    trainer.train(data(2), 3, create_scheduler_fn=lambda optimizer: None)
    replace_trainer_placeholder_values(trainer, factory)(None)
    assert seen == [(7, [6])]


def test_a_callback_can_be_copied_pickled_and_asked_what_it_has():  # B26
    callback = TrainerCallback()
    assert not hasattr(callback, "on_anything_else")
    assert type(copy.deepcopy(callback)) is type(pickle.loads(pickle.dumps(callback))) is TrainerCallback


def test_a_loss_that_is_nan_does_not_leave_the_process():  # B34
    ended = []

    class Behind(TrainerCallback):
        def on_training_run_end(self, trainer, **kwargs):
            ended.append(True)

    model = nn.Linear(3, 1)
    nn.init.constant_(model.weight, float("nan"))
    with pytest.raises(NonFiniteLossError):
        trainer_for(model, callbacks=[TerminateOnNaNCallback, Behind]).train(data(2), 1)
    assert ended == [True]


def test_a_metric_with_train_in_its_name_is_logged_where_it_was_recorded(capsys):  # B35
    class Records(TrainerCallback):
        def on_eval_step_end(self, trainer, **kwargs):
            trainer.run_history.update_metric("constraint_violation", 1.0)

    trainer_for(callbacks=[Records, LogMetricsCallback]).train(data(2), 1, eval_dataset=data(1))
    assert "constraint_violation: 1.0" in capsys.readouterr().out


def test_reading_a_metric_makes_none():  # B36
    history = InMemoryRunHistory()
    for read in (history.get_metric_values, history.get_latest_metric):
        with pytest.raises(ValueError, match="nothing was recorded for the metric 'loss'"):
            read("loss")
    assert history.get_metric_names() == set()


def test_the_configuration_is_a_dictionary_and_stays_as_it_is():  # B42, B43
    sampler = torch.utils.data.SequentialSampler(data(4))
    trainer = trainer_for()
    trainer.train(data(4), 1, train_dataloader_kwargs={"sampler": sampler})
    for _ in range(2):
        assert trainer.run_config.to_dict()["train_dl_kwargs"]["sampler"] is sampler
    assert trainer.run_config.to_dict()["eval_dl_kwargs"] is None


def test_freezing_and_modes_are_two_things():  # B45, B46
    model = network()
    freezer = ModelFreezer(model)
    freezer.freeze(set_modules_as_eval=True)
    assert [parameter.requires_grad for parameter in model.parameters()] == [False, False, True, True]
    assert [module.training for module in model] == [False, False, True]
    freezer.unfreeze(set_modules_as_training=False)
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert [module.training for module in model] == [False, False, True]


def test_the_first_two_updates_share_a_rate_as_they_always_did():  # B49
    used = []

    class Sees(Trainer):
        def optimizer_step(self):
            used.append(self.optimizer.param_groups[0]["lr"])
            super().optimizer_step()

    trainer = trainer_for(kind=Sees)
    trainer.train(data(8), 1, per_device_batch_size=2, create_scheduler_fn=CosineLrScheduler.create_scheduler_fn())
    assert used == pytest.approx([0.1, 0.1, 0.0854, 0.05], abs=1e-4)

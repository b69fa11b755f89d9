import math

import pytest
import torch
from tests.groundwire.runs import (
    DOCUMENTED,
    IN_ORDER,
    Stops,
    data,
    listener,
    recording,
    step_lr,
    trainer_for,
)
from torch.utils.data import TensorDataset

from groundwire import HOOKS, NonFiniteLossError, StopTrainingError, Trainer, TrainerCallback

NEVER_RECORDED = {"_transfer_batch"}  # overriding it adds a call to each batch

# Below, every documented method is overridden and every event listened to; what nobody asked for is not called.

WITHOUT_EVALUATION = """
    on_init_end
    create_train_dataloader _prepare_model_and_optimizer _prepare_dataloaders _create_run_config create_scheduler
    _run_training training_run_start on_training_run_start
    _run_train_epoch train_epoch_start on_train_epoch_start
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    train_epoch_end on_train_epoch_end
    training_run_epoch_end on_training_run_epoch_end
    training_run_end on_training_run_end
"""

WITH_EVALUATION = """
    on_init_end
    create_train_dataloader create_eval_dataloader
    _prepare_model_and_optimizer _prepare_dataloaders _create_run_config create_scheduler
    _run_training training_run_start on_training_run_start
    _run_train_epoch train_epoch_start on_train_epoch_start
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    train_epoch_end on_train_epoch_end
    _run_eval_epoch eval_epoch_start on_eval_epoch_start
    on_eval_step_start calculate_eval_batch_loss on_eval_step_end
    on_eval_step_start calculate_eval_batch_loss on_eval_step_end
    eval_epoch_end on_eval_epoch_end
    training_run_epoch_end on_training_run_epoch_end
    _run_train_epoch train_epoch_start on_train_epoch_start
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    train_epoch_end on_train_epoch_end
    _run_eval_epoch eval_epoch_start on_eval_epoch_start
    on_eval_step_start calculate_eval_batch_loss on_eval_step_end
    on_eval_step_start calculate_eval_batch_loss on_eval_step_end
    eval_epoch_end on_eval_epoch_end
    training_run_epoch_end on_training_run_epoch_end
    training_run_end on_training_run_end
"""

ACCUMULATION_OF_THREE_OVER_FOUR_BATCHES = """
    on_init_end
    create_train_dataloader _prepare_model_and_optimizer _prepare_dataloaders _create_run_config create_scheduler
    _run_training training_run_start on_training_run_start
    _run_train_epoch train_epoch_start on_train_epoch_start
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    train_epoch_end on_train_epoch_end
    training_run_epoch_end on_training_run_epoch_end
    training_run_end on_training_run_end
"""

ONE_UPDATE_AND_NO_MORE = """
    on_init_end
    create_train_dataloader create_eval_dataloader
    _prepare_model_and_optimizer _prepare_dataloaders _create_run_config create_scheduler
    _run_training training_run_start on_training_run_start
    _run_train_epoch train_epoch_start on_train_epoch_start
    on_train_step_start calculate_train_batch_loss on_train_step_end backward_step
    _clip_gradients optimizer_step scheduler_step optimizer_zero_grad on_train_update_end
    train_epoch_end on_train_epoch_end
    _run_eval_epoch eval_epoch_start on_eval_epoch_start
    on_eval_step_start calculate_eval_batch_loss on_eval_step_end
    eval_epoch_end on_eval_epoch_end
    training_run_epoch_end on_training_run_epoch_end
    training_run_end on_training_run_end
"""

ORDERS = {
    "without evaluation": (WITHOUT_EVALUATION, 4, {"num_epochs": 1}),
    "accumulation of one": (WITHOUT_EVALUATION, 4, {"num_epochs": 1, "gradient_accumulation_steps": 1}),
    "clipping by value": (WITHOUT_EVALUATION, 4, {"num_epochs": 1, "gradient_clip_value": 0.1}),
    "clipping by norm": (WITHOUT_EVALUATION, 4, {"num_epochs": 1, "gradient_clip_norm": 0.1}),
    "a scheduler": (WITHOUT_EVALUATION, 4, {"num_epochs": 1, "create_scheduler_fn": step_lr}),
    "with evaluation": (WITH_EVALUATION, 2, {"num_epochs": 2, "eval_dataset": data(4)}),
    "accumulation of three": (
        ACCUMULATION_OF_THREE_OVER_FOUR_BATCHES,
        8,
        {"num_epochs": 1, "gradient_accumulation_steps": 3, "gradient_clip_value": 1.0, "create_scheduler_fn": step_lr},
    ),
    "a limit on updates": (
        ONE_UPDATE_AND_NO_MORE,
        6,
        {"num_epochs": 5, "eval_dataset": data(2), "max_num_train_steps": 1},
    ),
}


@pytest.mark.parametrize(("order", "samples", "asked"), ORDERS.values(), ids=list(ORDERS))
def test_the_order_of_hooks_in_training(order, samples, asked):
    trainer = trainer_for(kind=recording(Trainer, DOCUMENTED), callbacks=[listener()])
    trainer.train(data(samples), per_device_batch_size=2, **asked)
    assert trainer.seen == [name for name in order.split() if name not in unasked(asked)]


def unasked(asked):
    clips = {"gradient_clip_value", "gradient_clip_norm"} & set(asked)
    return [*([] if clips else ["_clip_gradients"]), *([] if "create_scheduler_fn" in asked else ["scheduler_step"])]


def test_the_order_of_hooks_in_an_evaluation_run():
    trainer = trainer_for(kind=recording(Trainer, DOCUMENTED), callbacks=[listener()])
    trainer.evaluate(data(4), per_device_batch_size=2)
    assert trainer.seen == [
        "on_init_end",
        "create_eval_dataloader",
        "_prepare_model_and_optimizer",
        "_prepare_dataloaders",
        "_create_run_config",
        "evaluation_run_start",
        "on_evaluation_run_start",
        "_run_eval_epoch",
        "eval_epoch_start",
        "on_eval_epoch_start",
        "on_eval_step_start",
        "calculate_eval_batch_loss",
        "on_eval_step_end",
        "on_eval_step_start",
        "calculate_eval_batch_loss",
        "on_eval_step_end",
        "eval_epoch_end",
        "on_eval_epoch_end",
        "evaluation_run_end",
        "on_evaluation_run_end",
    ]


END = ["on_stop_training_error", "training_run_end", "on_training_run_end"]
STOPS = {
    "on_training_run_start": [],
    "on_train_epoch_start": ["train_epoch_start"],
    "on_train_step_start": ["train_epoch_start"],
    "on_train_step_end": ["train_epoch_start", "calculate_train_batch_loss"],
    "on_train_update_end": ["train_epoch_start", "calculate_train_batch_loss", "optimizer_step"],
    "on_train_epoch_end": ["train_epoch_start", "calculate_train_batch_loss", "optimizer_step", "train_epoch_end"],
    "on_eval_step_end": [
        "train_epoch_start",
        "calculate_train_batch_loss",
        "optimizer_step",
        "train_epoch_end",
        "calculate_eval_batch_loss",
    ],
    "on_training_run_epoch_end": [
        "train_epoch_start",
        "calculate_train_batch_loss",
        "optimizer_step",
        "train_epoch_end",
        "calculate_eval_batch_loss",
        "training_run_epoch_end",
    ],
}


@pytest.mark.parametrize(("event", "before"), STOPS.items(), ids=list(STOPS))
def test_a_run_that_is_stopped_ends_in_order(event, before, capsys):  # B16 among them
    methods = {
        "training_run_start",
        "train_epoch_start",
        "calculate_train_batch_loss",
        "optimizer_step",
        "train_epoch_end",
        "calculate_eval_batch_loss",
        "training_run_epoch_end",
        "training_run_end",
    }
    ends = listener("on_stop_training_error", "on_training_run_end", "on_exception")
    trainer = trainer_for(kind=recording(Trainer, methods), callbacks=[Stops(event), ends])
    trainer.train(data(2), 3, eval_dataset=data(2), per_device_batch_size=2)
    assert trainer.seen == ["training_run_start", *before, *END]
    assert capsys.readouterr().out == "enough\n"
    assert trainer.at.phase == "idle"


@pytest.mark.parametrize("hook", ["training_run_start", "train_epoch_start", "backward_step", "train_epoch_end"])
def test_a_method_of_the_trainer_may_stop_the_run_too(hook):
    def stop(self, *args):
        raise StopTrainingError("enough")

    ends = listener("on_stop_training_error", "on_training_run_end", "on_exception")
    trainer = trainer_for(kind=type("Stopping", (Trainer,), {hook: stop}), callbacks=[ends])
    trainer.train(data(2), 1)
    assert trainer.seen == ["on_stop_training_error", "on_training_run_end"]


@pytest.mark.parametrize("event", ["on_evaluation_run_start", "on_eval_epoch_start", "on_eval_step_end"])
def test_an_evaluation_run_that_is_stopped_ends_in_order(event):
    ends = listener("on_stop_training_error", "on_evaluation_run_end", "on_exception")
    trainer = trainer_for(callbacks=[Stops(event), ends])
    trainer.evaluate(data(2))
    assert trainer.seen == ["on_stop_training_error", "on_evaluation_run_end"]


def test_the_error_that_stopped_a_run_is_told():
    class Asks(TrainerCallback):
        def on_stop_training_error(self, trainer, error, **kwargs):
            self.error = error

    asks = Asks()
    trainer_for(callbacks=[Stops("on_train_step_end"), asks]).train(data(2), 1)
    assert isinstance(asks.error, StopTrainingError)
    assert str(asks.error) == "enough"


@pytest.mark.parametrize("asked", [{}, {"gradient_accumulation_steps": 3}, {"create_scheduler_fn": step_lr}])
def test_hooks_run_for_the_first_time_in_the_order_of_the_catalogue(asked):
    methods = [name for name, hook in HOOKS.items() if not hook.is_event and name not in NEVER_RECORDED]
    trainer = trainer_for(kind=recording(Trainer, methods), callbacks=[listener()])
    trainer.train(data(8), 1, eval_dataset=data(2), per_device_batch_size=2, **asked)
    assert list(dict.fromkeys(trainer.seen)) == [name for name in HOOKS if name in trainer.seen]
    never = [name for name in HOOKS if name not in trainer.seen]
    assert [name for name in never if "predict" not in name and "evaluation_run" not in name] == [
        "_transfer_batch",
        *unasked(asked),
        "_run_evaluation",
        "on_stop_training_error",
        "_save_state",
        "_load_state",
        "on_exception",
    ]


def test_a_batch_is_moved_before_its_step_begins():
    class Moving(recording(Trainer, ["_transfer_batch", "_run_train_step", "_run_eval_step"])):
        def _transfer_batch(self, batch):
            return [tensor + 1 for tensor in super()._transfer_batch(batch)]

        def calculate_train_batch_loss(self, batch):
            self.first = float(batch[0].min())
            return super().calculate_train_batch_loss(batch)

    trainer = trainer_for(kind=Moving)
    zeros = TensorDataset(torch.zeros(4, 3), torch.zeros(4, 1))
    trainer.train(zeros, 1, eval_dataset=zeros, per_device_batch_size=2, gradient_accumulation_steps=2)
    assert trainer.seen == ["_transfer_batch", "_run_train_step"] * 2 + ["_transfer_batch", "_run_eval_step"] * 2
    assert trainer.first == 1.0


def test_a_run_whose_loss_is_nan_ends_in_order_and_says_where():
    inputs, targets = data(8).tensors
    targets[5] = math.nan
    from groundwire.callbacks import TerminateOnNaNCallback

    ends = listener("on_eval_epoch_start", "on_stop_training_error", "on_training_run_end", "on_exception")
    trainer = trainer_for(kind=recording(Trainer, ["training_run_end"]), callbacks=[TerminateOnNaNCallback, ends])
    with pytest.raises(NonFiniteLossError, match="step 2 of epoch 1"):
        trainer.train(
            TensorDataset(inputs, targets), 3, data(2), per_device_batch_size=2, train_dataloader_kwargs=IN_ORDER
        )
    assert trainer.seen == ["on_stop_training_error", "training_run_end", "on_training_run_end", "on_exception"]


def test_where_a_run_is_can_be_read_at_every_step():
    class Reads(TrainerCallback):
        def __init__(self):
            self.read = []

        def on_train_step_end(self, trainer, step, **kwargs):
            at = trainer.at
            self.read.append((at.phase, at.epoch, at.step, step, at.window, at.is_update, at.update))

        def on_eval_step_end(self, trainer, step, **kwargs):
            self.read.append((trainer.at.phase, trainer.at.epoch, trainer.at.eval_step, step))

    reads = Reads()
    trainer_for(callbacks=[reads]).train(
        data(6), 2, eval_dataset=data(4), per_device_batch_size=2, gradient_accumulation_steps=2
    )
    assert reads.read == [
        ("train", 1, 0, 0, 2, False, 0),
        ("train", 1, 1, 1, 2, True, 0),
        ("train", 1, 2, 2, 1, True, 1),
        ("eval", 1, 0, 0),
        ("eval", 1, 1, 1),
        ("train", 2, 0, 0, 2, False, 2),
        ("train", 2, 1, 1, 2, True, 2),
        ("train", 2, 2, 2, 1, True, 3),
        ("eval", 2, 0, 0),
        ("eval", 2, 1, 1),
    ]

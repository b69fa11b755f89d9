import pytest
import torch
from tests.groundwire.runs import (
    DOCUMENTED,
    IN_ORDER,
    Stops,
    data,
    equal,
    listener,
    network,
    recording,
    step_lr,
    trainer_for,
    weights,
)
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler, WeightedRandomSampler

from groundwire import (
    DEFAULT_CALLBACKS,
    InMemoryRunHistory,
    Trainer,
    TrainerCallback,
    TrainerPlaceholderValues,
)
from groundwire.utils import worker_init_fn


def sgd(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)


# Construction.


def test_the_constructor_stores_what_it_is_given():
    model, loss_func, history = network(), nn.MSELoss(), InMemoryRunHistory()
    optimizer = sgd(model)
    trainer = Trainer(model, loss_func, optimizer, [TrainerCallback], history)
    assert trainer.model is model
    assert trainer.loss_func is loss_func
    assert trainer.optimizer is optimizer
    assert trainer.run_history is history
    assert trainer.callback_handler.callback_list == ["TrainerCallback"]
    assert trainer.run_config is trainer.scheduler is trainer.create_scheduler_fn is None
    assert trainer.device == torch.device("cpu")


def test_what_is_left_out_is_a_history_in_memory_and_the_default_callbacks():
    trainer = Trainer(network(), nn.MSELoss(), None)
    assert isinstance(trainer.run_history, InMemoryRunHistory)
    assert tuple(type(callback) for callback in trainer.callback_handler) == DEFAULT_CALLBACKS


@pytest.mark.parametrize("strange", [None, "a model", 3])
def test_the_constructor_judges_nothing_that_a_run_may_never_need(strange):
    Trainer(strange, strange, strange)


def test_two_trainers_share_no_history_and_no_callback():
    model = network()
    one, other = (Trainer(model, nn.MSELoss(), sgd(model)) for _ in range(2))
    assert one.run_history is not other.run_history
    assert not set(map(id, one.callback_handler)) & set(map(id, other.callback_handler))


# Overriding.

SUPER = [name for name in DOCUMENTED if name not in ("create_scheduler", "evaluation_run_start", "evaluation_run_end")]


@pytest.mark.parametrize("name", SUPER)
def test_a_method_that_only_calls_super_changes_nothing(name):
    plain, mine = trainer_for(), trainer_for(kind=recording(Trainer, [name]))
    for trainer in (plain, mine):
        torch.manual_seed(3)
        asked = {"create_scheduler_fn": step_lr, "gradient_clip_value": 0.1}
        trainer.train(data(6), 2, eval_dataset=data(4), per_device_batch_size=2, **asked)
    assert set(mine.seen) == {name}
    assert equal(weights(plain.model), weights(mine.model))
    assert plain.run_history.to_dict() == mine.run_history.to_dict()


@pytest.mark.parametrize("name", ["backward_step", "optimizer_step"])
def test_a_step_that_is_overridden_is_not_taken(name):
    trainer = trainer_for(kind=type("Idle", (Trainer,), {name: lambda self, *args: None}))
    before = weights(trainer.model)
    trainer.train(data(4), 2)
    assert equal(before, weights(trainer.model))


def test_clipping_that_is_overridden_clips_as_it_likes():
    class Clips(Trainer):
        def _clip_gradients(self):
            for parameter in self.model.parameters():
                parameter.grad.zero_()

    trainer = trainer_for(kind=Clips)
    before = weights(trainer.model)
    trainer.train(data(4), 2, gradient_clip_value=1.0)
    assert equal(before, weights(trainer.model))


def test_a_zero_grad_that_is_overridden_lets_gradients_add_up():
    class Keeps(Trainer):
        def optimizer_zero_grad(self):
            self.kept = [parameter.grad.clone() for parameter in self.model.parameters()]

    trainer = trainer_for(kind=Keeps, lr=0.0)
    trainer.train(data(1), 1)
    once = trainer.kept
    trainer.train(data(1), 3)
    assert all(torch.allclose(thrice, 3 * one) for thrice, one in zip(trainer.kept, once, strict=True))


def test_metrics_of_ones_own_are_recorded_in_a_subclass():
    class Accurate(Trainer):
        def __init__(self, digits, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.digits, self.errors = digits, []

        def calculate_eval_batch_loss(self, batch):
            batch_output = super().calculate_eval_batch_loss(batch)
            self.errors.append((batch_output["model_outputs"] - batch[1]).abs().mean())
            return batch_output

        def eval_epoch_end(self):
            self.run_history.update_metric("error", round(float(sum(self.errors) / len(self.errors)), self.digits))
            self.errors.clear()

    model = network()
    trainer = Accurate(2, model, nn.MSELoss(), optimizer=sgd(model), callbacks=())
    trainer.train(data(4), 2, eval_dataset=data(4))
    errors = trainer.run_history.get_metric_values("error")
    assert len(errors) == 2
    assert errors == [round(error, 2) for error in errors]


def test_a_subclass_may_forward_what_it_does_not_know():
    class Logged(Trainer):
        def train(self, *args, **kwargs):
            self.asked = args, kwargs
            super().train(*args, **kwargs)

    trainer = trainer_for(kind=Logged)
    train_data = data(2)
    trainer.train(train_data, 1, per_device_batch_size=2)
    assert trainer.asked == ((train_data, 1), {"per_device_batch_size": 2})


def test_a_mixin_before_the_trainer_is_in_line():
    class Counting:
        count = 0

        def optimizer_step(self):
            self.count += 1
            super().optimizer_step()

    trainer = trainer_for(kind=type("Mixed", (Counting, Trainer), {}))
    before = weights(trainer.model)
    trainer.train(data(4), 1, per_device_batch_size=2)
    assert trainer.count == 2
    assert not equal(before, weights(trainer.model))


def test_a_method_set_on_the_trainer_itself_takes_effect():
    trainer = trainer_for()
    seen = []
    trainer.optimizer_step = lambda: seen.append("mine")
    trainer.train(data(4), 1, per_device_batch_size=2)
    assert seen == ["mine", "mine"]


def test_default_arguments_of_loaders_can_be_overridden():
    class Ordered(Trainer):
        def get_default_train_dl_kwargs(self, batch_size):
            return {**super().get_default_train_dl_kwargs(batch_size), "shuffle": False, "drop_last": True}

        def get_default_eval_dl_kwargs(self, batch_size):
            return {"batch_size": 1}

    trainer = trainer_for(kind=Ordered)
    trainer.train(data(5), 1, eval_dataset=data(3), per_device_batch_size=2)
    assert len(trainer._train_dataloader) == 2
    assert isinstance(trainer._train_dataloader.sampler, SequentialSampler)
    assert len(trainer._eval_dataloader) == 3


# Loaders.


def loaders_of(trainer, eval_size=3, **asked):
    trainer.train(data(6), 1, eval_dataset=data(eval_size), **asked)
    return trainer._train_dataloader, trainer._eval_dataloader


def test_loaders_have_the_documented_defaults():
    trainer = trainer_for()
    expected = {
        "pin_memory": torch.cuda.is_available(),
        "batch_size": 4,
        "num_workers": 0,
        "worker_init_fn": worker_init_fn,
    }
    assert trainer.get_default_train_dl_kwargs(4) == {"shuffle": True, **expected}
    assert trainer.get_default_eval_dl_kwargs(4) == {"shuffle": False, **expected}
    train, evaluation = loaders_of(trainer)
    assert train.batch_size == evaluation.batch_size == 8
    assert type(train.sampler).__name__ == "RandomSampler"
    assert isinstance(evaluation.sampler, SequentialSampler)


def test_what_is_given_replaces_the_defaults_and_stands_in_the_configuration():
    trainer = trainer_for()
    train, evaluation = loaders_of(
        trainer,
        per_device_batch_size=4,
        train_dataloader_kwargs={"batch_size": 2, "shuffle": False, "drop_last": True},
        eval_dataloader_kwargs={"batch_size": 3},
    )
    assert (train.batch_size, train.drop_last, evaluation.batch_size) == (2, True, 3)
    config = trainer.run_config
    assert (config.train_per_device_batch_size, config.eval_per_device_batch_size) == (2, 3)
    assert config.train_dl_kwargs["drop_last"]
    assert config.eval_dl_kwargs["batch_size"] == 3


@pytest.mark.parametrize(
    "given",
    [
        {"sampler": WeightedRandomSampler([1.0] * 6, 6)},
        {"batch_sampler": BatchSampler(SequentialSampler(range(6)), 3, drop_last=False)},  # B19
    ],
    ids=["sampler", "batch_sampler"],
)
def test_a_sampler_comes_without_the_defaults_that_contradict_it(given):
    (name, sampler), *_ = given.items()
    train, _ = loaders_of(trainer_for(), train_dataloader_kwargs=given)
    assert getattr(train, name) is sampler


def test_a_collate_function_is_for_both_loaders():
    def collate(samples):
        inputs, targets = zip(*samples, strict=True)
        return torch.stack(inputs) * 0, torch.stack(targets)

    class Looks(TrainerCallback):
        def on_train_step_end(self, trainer, batch, **kwargs):
            self.train = batch[0].abs().sum()

        def on_eval_step_end(self, trainer, batch, **kwargs):
            self.eval = batch[0].abs().sum()

    looks = Looks()
    trainer = trainer_for(callbacks=[looks])
    trainer.train(data(4), 1, eval_dataset=data(4), collate_fn=collate)
    assert looks.train == looks.eval == 0
    looks.eval = None
    trainer.evaluate(data(4), collate_fn=collate)
    assert looks.eval == 0
    trainer.evaluate(data(4))
    assert looks.eval > 0


def test_a_loader_is_used_as_it_is():
    loader = DataLoader(data(6), 3)
    trainer = trainer_for()
    trainer.train(loader, 1, eval_dataset=loader)
    assert trainer._train_dataloader is trainer._eval_dataloader is loader
    assert trainer.run_config.train_per_device_batch_size == 3


def test_loaders_may_be_made_by_a_subclass():
    class Makes(Trainer):
        def create_train_dataloader(self, batch_size, train_dl_kwargs=None):
            return DataLoader(self.train_dataset, batch_size * 2)

        def create_eval_dataloader(self, batch_size, eval_dl_kwargs=None):
            return DataLoader(data(4), batch_size)

    trainer = trainer_for(kind=Makes)
    trainer.train(data(6), 1, eval_dataset=data(1), per_device_batch_size=1)
    assert (len(trainer._train_dataloader), len(trainer._eval_dataloader)) == (3, 4)
    trainer.evaluate()
    assert trainer.run_history.get_metric_values("evaluation_loss")


def test_a_batch_need_not_be_a_pair_where_the_loss_is_overridden():
    class Words(Trainer):
        def calculate_train_batch_loss(self, batch):
            outputs = self.model(batch["inputs"])
            return {"loss": outputs.square().mean(), "model_outputs": outputs, "batch_size": len(outputs)}

    rows = [{"inputs": torch.ones(3)} for _ in range(4)]
    trainer = trainer_for(kind=Words)
    trainer.train(rows, 5, per_device_batch_size=2)
    first, *_, last = trainer.run_history.get_metric_values("train_loss_epoch")
    assert last < first


# Schedulers.


class Rates(TrainerCallback):
    def __init__(self):
        self.of_updates = []

    def on_train_update_end(self, trainer, **kwargs):
        self.of_updates.append(trainer.optimizer.param_groups[0]["lr"])


def test_a_scheduler_is_made_from_the_factory_and_stepped_at_each_update():
    rates = Rates()
    trainer = trainer_for(callbacks=[rates], lr=1.0)
    trainer.train(data(6), 1, per_device_batch_size=1, gradient_accumulation_steps=2, create_scheduler_fn=step_lr)
    assert rates.of_updates == [0.5, 0.25, 0.125]
    assert isinstance(trainer.scheduler, torch.optim.lr_scheduler.StepLR)
    assert trainer.scheduler.optimizer is trainer.optimizer


def test_a_scheduler_that_a_subclass_makes_is_used_without_being_asked_for():  # B52
    class Makes(Trainer):
        def create_scheduler(self):
            return step_lr(self.optimizer)

    rates = Rates()
    trainer_for(kind=Makes, callbacks=[rates], lr=1.0).train(data(2), 2)
    assert rates.of_updates == [0.5, 0.25]


def test_the_scheduler_of_an_earlier_run_is_used_no_more():  # B14
    trainer = trainer_for(lr=1.0)
    trainer.train(data(2), 1, create_scheduler_fn=step_lr)
    trainer.train(data(2), 3)
    assert trainer.scheduler is None
    assert trainer.optimizer.param_groups[0]["lr"] == 0.5


def test_evaluating_leaves_the_scheduler_of_a_run_in_place():
    trainer = trainer_for()
    trainer.train(data(2), 1, create_scheduler_fn=step_lr)
    scheduler = trainer.scheduler
    trainer.evaluate(data(2))
    assert trainer.scheduler is scheduler


def test_placeholders_are_filled_in_from_the_run():
    from functools import partial

    seen = []

    def schedule(optimizer, **settings):
        seen.append(settings)
        return step_lr(optimizer)

    values = TrainerPlaceholderValues
    factory = partial(
        schedule,
        epochs=values.NUM_EPOCHS,
        updates=values.NUM_UPDATE_STEPS_PER_EPOCH,
        train=values.TRAIN_DATALOADER_LEN,
        evaluation=values.EVAL_DATALOADER_LEN,
        total=values.NUM_EPOCHS * values.NUM_UPDATE_STEPS_PER_EPOCH - 1,
    )
    asked = {"per_device_batch_size": 2, "gradient_accumulation_steps": 2, "create_scheduler_fn": factory}
    trainer_for().train(data(9), 3, eval_dataset=data(4), **asked)
    trainer_for().train(data(2), 1, eval_dataset=data(2), **asked)
    assert seen == [
        {"epochs": 3, "updates": 3, "train": 5, "evaluation": 2, "total": 8},
        {"epochs": 1, "updates": 1, "train": 1, "evaluation": 1, "total": 0},
    ]


# Evaluation, and runs one after the other.


def test_evaluate_records_one_pass_and_changes_no_weight():
    trainer = trainer_for()
    before = weights(trainer.model)
    trainer.evaluate(data(7), per_device_batch_size=2)
    inputs, targets = data(7).tensors
    expected = nn.functional.mse_loss(trainer.model(inputs), targets).item()
    assert trainer.run_history.to_dict() == {"evaluation_loss": [pytest.approx(expected)]}
    assert equal(before, weights(trainer.model))
    assert trainer.run_config.num_epochs == 1
    assert trainer.run_config.train_per_device_batch_size is None


def test_evaluate_needs_neither_optimizer_nor_trainable_parameters():
    class Constant(nn.Module):
        def forward(self, inputs):
            return inputs.sum(dim=1, keepdim=True)

    trainer = Trainer(Constant(), nn.MSELoss(), None, callbacks=())
    trainer.evaluate(data(4))
    assert trainer.run_history.get_latest_metric("evaluation_loss") == pytest.approx(0.0)


def test_evaluate_does_not_take_over_what_training_was_asked():
    trainer = trainer_for()
    trainer.train(
        data(4), 3, eval_dataset=data(2), gradient_clip_value=0.5, collate_fn=lambda rows: 1 / 0
    ) if 0 else None
    trainer.train(data(4), 3, eval_dataset=data(2), gradient_clip_value=0.5, gradient_accumulation_steps=2)
    trainer.evaluate(data(4), per_device_batch_size=1)
    config = trainer.run_config
    assert (config.num_epochs, config.gradient_clip_value, config.gradient_accumulation_steps) == (1, None, 1)
    assert len(trainer._eval_dataloader) == 4


def test_a_run_starts_with_an_empty_history_unless_it_is_told_otherwise():
    trainer = trainer_for()
    for kept, lengths, epoch in ((True, 2, 3), (False, 4, 5), (True, 2, 3)):
        trainer.train(data(2), 2, reset_run_history=kept)
        assert len(trainer.run_history.get_metric_values("train_loss_epoch")) == lengths
        assert trainer.run_history.current_epoch == epoch


def test_a_second_run_goes_on_from_the_weights_of_the_first():
    twice, whole = trainer_for(), trainer_for()
    for epochs in (1, 2):
        twice.train(data(4), epochs, train_dataloader_kwargs=IN_ORDER)
    whole.train(data(4), 3, train_dataloader_kwargs=IN_ORDER)
    assert equal(weights(twice.model), weights(whole.model))


def test_callbacks_hear_of_every_run():
    trainer = trainer_for(callbacks=[listener("on_init_end", "on_training_run_start", "on_evaluation_run_end")])
    trainer.train(data(2), 1)
    trainer.evaluate(data(2))
    trainer.train(data(2), 1)
    assert trainer.seen == [
        "on_init_end",
        "on_training_run_start",
        "on_evaluation_run_end",
        "on_training_run_start",
    ]


def test_a_run_after_one_that_was_stopped_is_a_whole_one():
    trainer = trainer_for(callbacks=[Stops("on_train_step_end", 2)])
    trainer.train(data(4), 2, per_device_batch_size=1)
    assert trainer.at.update == 1
    trainer.train(data(4), 2, per_device_batch_size=1)
    assert trainer.at.update == 8


def test_the_model_can_be_had_and_is_the_one_that_was_given():
    trainer = trainer_for()
    model = trainer.model
    trainer.train(data(2), 1)
    assert trainer.get_model() is trainer.model is model


def test_a_compiled_model_can_be_had_with_and_without_its_compilation():
    model = network()
    compiled = torch.compile(model, backend="eager")
    trainer = Trainer(compiled, nn.MSELoss(), sgd(model), callbacks=())
    assert trainer.get_model() is compiled
    assert trainer.get_model(keep_torch_compile=False) is model


def test_gathering_in_one_process_gives_what_it_was_given():
    trainer = trainer_for()
    rows = torch.tensor([[1.0], [2.0]])
    assert torch.equal(trainer.gather(rows), rows)
    padded = trainer.gather({"a": torch.tensor([[1.0], [-100.0]])}, padding_value=-100)
    assert padded["a"].tolist() == [[1.0]]


def test_printing_goes_to_standard_output(capsys):
    trainer_for().print("three", 3, sep="-")
    assert capsys.readouterr().out == "three-3\n"


# What will run.


def test_explaining_before_a_run_has_no_side_effect(capsys):
    trainer = trainer_for(kind=recording(Trainer, DOCUMENTED), callbacks=[listener()])
    state = {name: value for name, value in vars(trainer).items() if name != "seen"}
    slots = {name: getattr(trainer.plan, name) for name in DOCUMENTED}
    findings = list(trainer.plan.findings)
    text = trainer.explain()
    assert capsys.readouterr().out == text + "\n"
    assert trainer.seen == ["on_init_end"]
    assert {name: value for name, value in vars(trainer).items() if name != "seen"} == state
    assert {name: getattr(trainer.plan, name) for name in DOCUMENTED} == slots
    assert trainer.plan.findings == findings
    assert trainer.explain(format="json")["trainer"] == "Recording"


def test_explaining_names_what_is_overridden_and_who_listens():
    class Mine(Trainer):
        def calculate_train_batch_loss(self, batch):
            return super().calculate_train_batch_loss(batch)

    trainer = trainer_for(kind=Mine, callbacks=[listener("on_train_update_end")])
    hooks = {line["name"]: line for line in trainer.explain(format="json")["hooks"]}
    assert "test_trainer.py" in hooks["calculate_train_batch_loss"]["override"]["place"]
    (attached,) = hooks["on_train_update_end"]["attached"]
    assert (attached["who"], attached["position"]) == ("Listener", "after")
    assert hooks["optimizer_step"]["override"] is None


def test_what_cannot_be_explained_so_is_refused():
    with pytest.raises(ValueError, match="'text' or 'json' is due, got 'yaml'"):
        trainer_for().explain("yaml")

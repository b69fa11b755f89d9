"""Test and prediction, and what they leave behind for a fit before or after them."""

import lightning
import pytest
import torch
from tests.side_by_side.twins import BOTH, BoomError, loss_of, twins
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def test_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("test_loss", loss, prog_bar=True)
    return loss


test_step.__test__ = False


def predict_step(self, batch, batch_idx):
    return self.layers(batch[0]), batch[1]


def forward(self, batch):
    return self.layers(batch[0])


ALL = {**BOTH, "test_step": test_step, "predict_step": predict_step}


def ready(stage, methods=ALL, **arguments):
    """A module and a trainer with a callback."""
    return stage.make_module(methods=methods), stage.make_trainer(callbacks=[stage.make_callback()], **arguments)


def test_alone(stage):
    module, trainer = ready(stage)
    return trainer.test(module, stage.loader("test"), verbose=False)


def predict_alone(stage):
    module, trainer = ready(stage)
    return trainer.predict(module, stage.loader("predict"))


def predict_with_forward(stage):
    module, trainer = ready(stage, {"forward": forward})
    return trainer.predict(module, stage.loader("predict"))


def predict_and_keep_nothing(stage):
    module, trainer = ready(stage)
    return trainer.predict(module, stage.loader("predict"), return_predictions=False)


def predict_what_is_nothing(stage):
    module, trainer = ready(stage, {**ALL, "predict_step": lambda self, batch, batch_idx: None})
    return trainer.predict(module, stage.loader("predict"))


def everything_after_a_fit(stage):
    module, trainer = ready(stage)
    trainer.fit(module, stage.loader("train"), stage.loader("val"))
    return (
        trainer.test(module, stage.loader("test"), verbose=False),
        trainer.predict(module, stage.loader("predict")),
        trainer.validate(module, stage.loader("val"), verbose=False),
        trainer.callback_metrics,
    )


def everything_before_a_fit(stage):
    module, trainer = ready(stage)
    answers = (
        trainer.predict(module, stage.loader("predict")),
        trainer.test(module, stage.loader("test"), verbose=False),
    )
    trainer.fit(module, stage.loader("train"), stage.loader("val"))
    return answers


def from_module(stage):
    loaders = {f"{name}_dataloader": lambda self, name=name: stage.loader(name) for name in ("test", "predict")}
    module, trainer = ready(stage, {**ALL, **loaders})
    return trainer.test(module, verbose=False), trainer.predict(module)


def from_data_module(stage):
    loaders = {f"{name}_dataloader": lambda self, name=name: stage.loader(name) for name in ("test", "predict")}
    module, trainer = ready(stage)
    data = stage.make_data(loaders)
    trainer.fit(module, datamodule=data)
    return trainer.test(module, data, verbose=False), trainer.predict(module, datamodule=data)


def under_no_grad(stage):
    module, trainer = ready(stage, inference_mode=False)
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def with_limits(stage):
    module, trainer = ready(stage, limit_test_batches=2, limit_predict_batches=0.5)
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def with_limits_of_nothing(stage):
    module, trainer = ready(stage, limit_test_batches=0, limit_predict_batches=0.0)
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def in_a_fast_dev_run(stage):
    module, trainer = ready(stage, fast_dev_run=2)
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def a_stream(stage):
    module, trainer = ready(stage)
    answers = trainer.test(module, stage.loader("test", sized=False), verbose=False)
    return answers, trainer.predict(module, DataLoader(TensorDataset(torch.ones(5, 4), torch.zeros(5)), batch_size=2))


def short_steps(stage):
    short = {
        "test_step": lambda self, batch: self.log("test_loss", loss_of(self, batch)),
        "predict_step": lambda self, batch: self.layers(batch[0]),
    }
    module, trainer = ready(stage, short)
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def steps_that_name_their_arguments_as_they_like(stage):
    def test_step(self, thing, i):
        self.log("test_loss", loss_of(self, thing) * i)

    def predict_step(self, thing, i, which=5):
        return self.layers(thing[0]) * i, which

    module, trainer = ready(stage, {"test_step": test_step, "predict_step": predict_step})
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def steps_that_take_anything(stage):
    methods = {
        "test_step": lambda self, *args: self.log("given", float(len(args))),
        "predict_step": lambda self, *args, **kwargs: (len(args), len(kwargs)),
    }
    module, trainer = ready(stage, methods)
    return trainer.test(module, stage.loader("test"), verbose=False), trainer.predict(module, stage.loader("predict"))


def modes_of_its_own(stage):
    def into(number):
        def change(self):
            self.layers[number].training = not self.layers[number].training

        return change

    own = {"on_test_model_eval": into(1), "on_test_model_train": into(2), "on_predict_model_eval": into(3)}
    own |= {"on_validation_model_train": into(4), "on_validation_model_zero_grad": into(0)}
    module, trainer = ready(stage, {**ALL, **own})
    module.layers[4].eval()
    trainer.fit(module, stage.loader("train"), stage.loader("val"))
    trainer.test(module, stage.loader("test"), verbose=False)
    trainer.predict(module, stage.loader("predict"))


def base_methods_by_super(stage):
    """Overrides that call what they override, as people write them."""
    names = ("on_validation_model_zero_grad", "on_validation_model_eval", "on_validation_model_train")
    names += ("on_test_model_eval", "on_test_model_train", "on_predict_model_eval")
    base = stage.L.LightningModule
    own = {name: lambda self, name=name: getattr(base, name)(self) for name in names}
    own["predict_step"] = lambda self, batch, index: base.predict_step(self, batch, index)  # noqa: PLW0108
    own["forward"] = forward
    module, trainer = ready(stage, {**BOTH, "test_step": test_step, **own})
    trainer.fit(module, stage.loader("train"), stage.loader("val"))
    trainer.test(module, stage.loader("test"), verbose=False)
    return trainer.predict(module, stage.loader("predict"))


CALLS = (
    test_alone,
    predict_alone,
    predict_with_forward,
    predict_and_keep_nothing,
    predict_what_is_nothing,
    everything_after_a_fit,
    everything_before_a_fit,
    from_module,
    from_data_module,
    under_no_grad,
    with_limits,
    with_limits_of_nothing,
    in_a_fast_dev_run,
    a_stream,
    short_steps,
    steps_that_name_their_arguments_as_they_like,
    steps_that_take_anything,
    modes_of_its_own,
    base_methods_by_super,
)
for _scenario in CALLS:
    _scenario.__test__ = False


@EVERY
@pytest.mark.parametrize("calls", CALLS)
def test_a_call_runs_and_answers_as_under_lightning(calls, hears):
    twins(calls, hears=hears)


def breaks(*args, **kwargs):
    raise BoomError("in a hook")


@pytest.mark.parametrize("hook", ["setup", "on_test_start", "on_test_batch_start", "test_step", "on_test_end"])
def test_an_error_in_a_test_is_told_as_lightning_tells_it(hook):
    def scenario(stage):
        module, trainer = ready(stage, {**ALL, hook: breaks})
        trainer.test(module, datamodule=stage.make_data({"test_dataloader": lambda self: stage.loader("test")}))

    assert twins(scenario)["answer"] == ["raised", "BoomError"]


@pytest.mark.parametrize("hook", ["on_predict_start", "on_predict_batch_end", "predict_step", "on_predict_epoch_end"])
def test_an_error_in_a_prediction_is_told_as_lightning_tells_it(hook):
    def scenario(stage):
        module, trainer = ready(stage, {**ALL, hook: breaks})
        trainer.predict(module, stage.loader("predict"))

    assert twins(scenario)["answer"] == ["raised", "BoomError"]


def no_test_step(stage):
    module, trainer = ready(stage, BOTH)
    trainer.test(module, stage.loader("test"))


def no_validation_step(stage):
    module, trainer = ready(stage, {})
    trainer.validate(module, stage.loader("val"))


def nothing_to_predict_with(stage):
    module, trainer = ready(stage, BOTH)
    trainer.predict(module, stage.loader("predict"))


def loaders_and_a_data_module(stage):
    module, trainer = ready(stage)
    trainer.test(module, stage.loader("test"), datamodule=stage.make_data())


def a_data_module_without_that_loader(stage):
    module, trainer = ready(stage)
    trainer.test(module, datamodule=stage.make_data())


def no_loader_at_all(stage):
    module, trainer = ready(stage)
    trainer.predict(module)


def a_data_module_that_forgets_to_return(stage):
    module, trainer = ready(stage)
    trainer.predict(module, datamodule=stage.make_data({"predict_dataloader": lambda self: None}))


REFUSED = (
    no_test_step,
    no_validation_step,
    nothing_to_predict_with,
    loaders_and_a_data_module,
    a_data_module_without_that_loader,
    no_loader_at_all,
    a_data_module_that_forgets_to_return,
)


@pytest.mark.parametrize("calls", REFUSED)
def test_a_call_is_refused_where_lightning_refuses_it(calls):
    assert twins(calls, hears=False)["answer"][0] == "raised"


def test_a_test_after_a_fit_calls_the_methods_of_the_test():
    def validate(self, batch, batch_idx):
        self.log("which", 1.0)

    def test(self, batch, batch_idx):
        self.log("which", 2.0)

    def scenario(stage):
        module, trainer = ready(stage, {"validation_step": validate, "test_step": test})
        trainer.fit(module, stage.loader("train"), stage.loader("val"))
        return trainer.test(module, stage.loader("test"), verbose=False)

    assert twins(scenario)["answer"] == [{"which": (2.0).hex()}]


def test_a_table_of_the_results_is_printed(capsys):
    def scenario(stage):
        module, trainer = ready(stage)
        capsys.readouterr()
        trainer.test(module, stage.loader("test"))
        trainer.validate(module, stage.loader("val"))
        return sorted(word for word in capsys.readouterr().out.split() if word[0].isalnum())

    twins(scenario, hears=False)


@pytest.mark.parametrize("framework", [lightning, groundwire_lightning])
def test_a_model_that_is_no_lightning_module_is_a_type_error(framework):
    with pytest.raises(TypeError, match="Linear"):
        framework.Trainer(accelerator="cpu", logger=False).fit(torch.nn.Linear(1, 1), [])

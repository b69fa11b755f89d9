import pytest
import torch
from tests.side_by_side.test_logging import fit, logs
from tests.side_by_side.twins import BOTH, CALLBACK_HOOKS, MODULE_HOOKS, sgd, training_step, twins

LEVELS = [(on_step, on_epoch) for on_step in (None, True, False) for on_epoch in (None, True, False)]


@pytest.mark.parametrize(("on_step", "on_epoch"), LEVELS)
def test_values_are_kept_at_the_levels_lightning_keeps_them_at(on_step, on_epoch):
    methods = logs(on_step=on_step, on_epoch=on_epoch, prog_bar=True)
    twins(lambda stage: fit(stage, methods=methods))


WHERE = [*MODULE_HOOKS, "configure_callbacks", "train_dataloader"]
STEPS = {"training_step": training_step, "configure_optimizers": sgd, **BOTH}


def logging_from(hook, **arguments):
    """A module that logs in one hook, and goes on as if it had not."""

    def method(self, *args, **kwargs):
        epoch = self.trainer.current_epoch
        self.log("here", epoch + 0.5 if not isinstance(epoch, torch.Tensor) else 0.0, **arguments)
        if hook in STEPS:
            return STEPS[hook](self, *args, **kwargs)
        if hook == "train_dataloader":
            return self.stage.loader("train", 14)
        return getattr(self.stage.L.LightningModule, hook)(self, *args, **kwargs)

    return {**BOTH, hook: method}


@pytest.mark.parametrize(
    "arguments", [{}, {"on_step": True}, {"on_epoch": False}, {"on_step": False, "on_epoch": True}]
)
@pytest.mark.parametrize("hook", WHERE)
def test_a_module_may_log_in_the_hooks_in_which_lightning_allows_it(hook, arguments):
    def scenario(stage):
        module = stage.make_module(methods=logging_from(hook, **arguments))
        loader = () if hook == "train_dataloader" else (stage.loader("train", 14), stage.loader("val", 6))
        stage.make_trainer(callbacks=[stage.make_callback()]).fit(module, *loader)

    twins(scenario)


@pytest.mark.parametrize("arguments", [{}, {"on_step": True}, {"on_step": False, "on_epoch": True}])
@pytest.mark.parametrize("hook", [hook for hook in CALLBACK_HOOKS if hook != "on_exception"])
def test_a_callback_may_log_in_the_hooks_in_which_lightning_allows_it(hook, arguments):
    def method(callback, trainer, module, *args, **kwargs):
        module.log(f"{hook}_seen", trainer.global_step + 0.5, **arguments)

    twins(lambda stage: fit(stage, callbacks=({}, {hook: method}, {})))

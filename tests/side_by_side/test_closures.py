"""Updates around a closure: optimizers that evaluate it several times, and modules with an ``optimizer_step``."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, BoomError, Optimizer, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import StepLR

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


class Twice(torch.optim.SGD):
    """Evaluates the loss, steps, and evaluates and steps again."""

    def step(self, closure=None):
        closure()
        super().step()
        return super().step(closure)


class First(torch.optim.SGD):
    """Looks at the gradients of the step before, and only then evaluates the loss."""

    def __init__(self, parameters, note):
        super().__init__(parameters, lr=0.1)
        self.tell = note

    def step(self, closure=None):
        self.tell("optimizer", "begins")
        return super().step(closure)


def configured(make, **methods):
    return {"methods": {**BOTH, "configure_optimizers": make, **methods}}


def lbfgs(self, **options):
    return torch.optim.LBFGS(self.parameters(), **{"lr": 0.1, "max_iter": 3, **options})


def lbfgs_with_scheduler(self):
    optimizer = lbfgs(self)
    return [optimizer], [{"scheduler": StepLR(optimizer, 1, gamma=0.5), "interval": "step"}]


def rmsprop_with_scheduler(self):
    optimizer = torch.optim.RMSprop(self.parameters(), lr=0.01)
    return [optimizer], [StepLR(optimizer, 1, gamma=0.5)]


def hooked(self):
    """torch's own optimizer, with a hook of torch's before its step."""
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    optimizer.register_step_pre_hook(lambda *_: self.stage.note("optimizer", "is about to step"))
    return optimizer


def patched(self):
    """An optimizer whose step was replaced on the object."""
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    own = optimizer.step

    def step(closure=None):
        self.stage.note("optimizer", "replaced")
        return own(closure)

    optimizer.step = step
    return optimizer


def logging_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("loss", loss, on_step=True, on_epoch=True)
    return loss


def skipping_step(self, batch, batch_idx):
    loss = loss_of(self, batch)
    return None if batch_idx % 3 == 1 else loss


def stepped(step):
    return {"methods": {**BOTH, "optimizer_step": step}}


def passes_on(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)


def by_position(self, *args):
    args[2].step(args[3])


def with_less(self, epoch, batch_idx, optimizer, optimizer_closure=None, **kwargs):
    self.stage.note("test", "is", isinstance(optimizer, torch.optim.SGD), type(optimizer.optimizer).__name__)
    self.log("epoch_in_step", float(epoch))
    assert super(type(self), self).optimizer_step is not None
    optimizer.step(closure=optimizer_closure)


def warms_up(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)
    if self.trainer.global_step < 5:
        scale = min(1.0, float(self.trainer.global_step + 1) / 5)
        for group in optimizer.param_groups:
            group["lr"] = scale * 0.1


def warms_up_before(self, epoch, batch_idx, optimizer, optimizer_closure):
    for group in optimizer.param_groups:
        group["lr"] = 0.1 / (self.trainer.global_step + 1)
    optimizer.step(closure=optimizer_closure)


def every_second(self, epoch, batch_idx, optimizer, optimizer_closure):
    if batch_idx % 2:
        optimizer.step(closure=optimizer_closure)
    else:
        optimizer_closure()


def closure_first(self, epoch, batch_idx, optimizer, optimizer_closure):
    loss = optimizer_closure()
    self.stage.note("test", "loss", loss)
    optimizer.step()


def bare(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.optimizer.step(optimizer_closure)


def twice(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)
    optimizer.step(closure=optimizer_closure)


def another_closure(self, epoch, batch_idx, optimizer, optimizer_closure):
    def closure():
        loss = optimizer_closure()
        self.stage.note("test", "loss", loss)
        return loss

    optimizer.step(closure=closure)


def returning_none(self, epoch, batch_idx, optimizer, optimizer_closure):
    self.stage.note("test", "returned", optimizer.step(closure=optimizer_closure))


def breaks(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)
    if batch_idx == 2:
        raise BoomError("enough")


OPTIMIZERS = {
    "LBFGS": configured(lbfgs),
    "LBFGS with a line search": configured(lambda self: lbfgs(self, line_search_fn="strong_wolfe")),
    "LBFGS that logs": configured(lbfgs, training_step=logging_step),
    "LBFGS with a scheduler": configured(lbfgs_with_scheduler),
    "LBFGS with accumulation": {**configured(lbfgs), "accumulate_grad_batches": 2},
    "LBFGS with clipping": {**configured(lbfgs), "gradient_clip_val": 0.01},
    "one that evaluates twice": configured(lambda self: Twice(self.parameters(), lr=0.1), training_step=logging_step),
    "one that begins with something else": configured(lambda self: First(self.parameters(), self.stage.note)),
    "one with a hook": configured(hooked),
    "one whose step was replaced": configured(patched),
    "one of torch": configured(lambda self: torch.optim.SGD(self.parameters(), lr=0.1)),
    "one of torch with a step that is skipped": configured(
        lambda self: torch.optim.Adam(self.parameters(), lr=0.1), training_step=skipping_step
    ),
    "one of torch with a scheduler": configured(rmsprop_with_scheduler),
    "no optimizer": configured(lambda self: None),
    "no optimizer with accumulation": {**configured(lambda self: None), "accumulate_grad_batches": 2},
    "a subclass whose steps are skipped": configured(sgd, training_step=skipping_step),
}
STEPS = {
    "one that passes on": stepped(passes_on),
    "one by position": stepped(by_position),
    "one with less": stepped(with_less),
    "a warm-up": stepped(warms_up),
    "a warm-up before": {**stepped(warms_up_before), "accumulate_grad_batches": 3, "gradient_clip_val": 0.1},
    "every second batch": stepped(every_second),
    "the closure first": stepped(closure_first),
    "the bare optimizer": stepped(bare),
    "two steps": stepped(twice),
    "a closure of its own": stepped(another_closure),
    "what a step returns": {"methods": {**BOTH, "optimizer_step": returning_none, "training_step": skipping_step}},
    "an error": stepped(breaks),
    "an end in mid-epoch": {**stepped(passes_on), "max_steps": 5},
    "LBFGS": configured(lbfgs, optimizer_step=passes_on),
}


@pytest.mark.parametrize("run", [STEPS["a warm-up"], STEPS["one with less"], OPTIMIZERS["LBFGS that logs"]])
def test_modules_of_the_real_lightning_are_stepped_alike(run):
    twins(lambda stage: fit(stage, **run), ours=GUESTS)


CLIPPING = {
    "another limit": lambda self, optimizer, gradient_clip_val, gradient_clip_algorithm: self.clip_gradients(
        optimizer, gradient_clip_val=0.2
    ),
    "another algorithm": lambda self, optimizer, gradient_clip_val, gradient_clip_algorithm: self.clip_gradients(
        optimizer, gradient_clip_val=0.1, gradient_clip_algorithm="value"
    ),
    "the same in capitals": lambda self, optimizer, gradient_clip_val, gradient_clip_algorithm: self.clip_gradients(
        optimizer, gradient_clip_val=0.1, gradient_clip_algorithm="NORM"
    ),
}


@pytest.mark.parametrize("algorithm", [None, "norm"])
@pytest.mark.parametrize("case", CLIPPING)
def test_a_module_and_its_trainer_agree_on_clipping(case, algorithm):
    methods = {**BOTH, "configure_gradient_clipping": CLIPPING[case]}
    arguments = {"gradient_clip_val": 0.1, "gradient_clip_algorithm": algorithm}
    twins(lambda stage: fit(stage, methods=methods, **arguments), hears=False)


def clips_itself(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    self.stage.note(
        "test", "clips", gradient_clip_val, str(getattr(gradient_clip_algorithm, "value", gradient_clip_algorithm))
    )
    self.stage.L.LightningModule.clip_gradients(self, optimizer, gradient_clip_val, gradient_clip_algorithm)


def asks_to_clip(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)


@pytest.mark.parametrize("limit", [None, 0.1])
@pytest.mark.parametrize("asks", [{}, {"configure_gradient_clipping": asks_to_clip}], ids=["alone", "asked"])
def test_a_clip_gradients_of_a_module_is_called_as_under_lightning(asks, limit):
    methods = {**BOTH, "clip_gradients": clips_itself, **asks}
    twins(lambda stage: fit(stage, methods=methods, gradient_clip_val=limit))


def test_optimizers_of_two_kinds_are_wrapped_alike():
    def on_train_start(self):
        wrapped, own = self.optimizers(), self.optimizers(use_pl_optimizer=False)
        self.stage.note("test", "kinds", isinstance(wrapped, Optimizer), type(own).__name__, own is wrapped.optimizer)
        self.stage.note(
            "test", "groups", wrapped.param_groups is own.param_groups, len(wrapped.state), wrapped.defaults
        )
        self.stage.note("test", "state", wrapped.state_dict())

    twins(lambda stage: fit(stage, methods={**BOTH, "on_train_start": on_train_start}))

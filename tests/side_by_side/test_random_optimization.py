"""Optimizers, schedulers, ways to step and precisions put together at random: whatever they are, nothing differs."""

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.side_by_side.twins import BOTH, Optimizer, fit, loss_of, twins
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau, StepLR

OPTIMIZERS = {
    "own": lambda self, parameters: Optimizer(self.stage, parameters),
    "SGD": lambda self, parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9),
    "Adam": lambda self, parameters: torch.optim.Adam(parameters, lr=0.01),
    "LBFGS": lambda self, parameters: torch.optim.LBFGS(parameters, lr=0.1, max_iter=2),
}
SCHEDULERS = {
    "step": lambda optimizer: StepLR(optimizer, 1, gamma=0.8),
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=5),
    "plateau": lambda optimizer: ReduceLROnPlateau(optimizer, patience=0, threshold=10.0),
}


def passes_on(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)


def closure_first(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer_closure()
    if batch_idx % 2:
        optimizer.step(closure=lambda: None)


def warms_up(self, epoch, batch_idx, optimizer, optimizer_closure):
    for group in optimizer.param_groups:
        group["lr"] = 0.01 * (self.trainer.global_step + 1)
    optimizer.step(closure=optimizer_closure)


def clips(self, optimizer, gradient_clip_val=None, gradient_clip_algorithm=None):
    self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)


STEPS = {"none": {}, "passes on": {"optimizer_step": passes_on}, "warms up": {"optimizer_step": warms_up}}
FIRST = {"optimizer_step": closure_first}
CLIPS = {"none": {}, "clips": {"configure_gradient_clipping": clips}}


def scheduler_of(optimizer, entry):
    kind, interval, frequency = entry
    made = {"scheduler": SCHEDULERS[kind](optimizer), "interval": interval, "frequency": frequency}
    return made | ({"monitor": "val_loss", "strict": False} if kind == "plateau" else {})


def configuring(kinds, schedulers, form):
    """``configure_optimizers`` in one of its forms; several optimizers share the layers out."""

    def configure_optimizers(self):
        layers = [self.layers[0], self.layers[4]]
        parts = [self.parameters()] if len(kinds) == 1 else [layer.parameters() for layer in layers]
        made = [OPTIMIZERS[kind](self, part) for kind, part in zip(kinds, parts, strict=True)]
        moving = [scheduler_of(made[place % len(made)], entry) for place, entry in enumerate(schedulers)]
        if form == "dictionaries" and len(moving) <= len(made):
            entries = [{"optimizer": optimizer} for optimizer in made]
            for entry, scheduler in zip(entries, moving, strict=False):
                entry["lr_scheduler"] = scheduler
            return entries[0] if len(entries) == 1 else tuple(entries)
        if moving:
            return made, moving
        return made[0] if len(made) == 1 and form == "bare" else made

    return configure_optimizers


entries = st.tuples(st.sampled_from(sorted(SCHEDULERS)), st.sampled_from(["step", "epoch"]), st.integers(1, 3))
forms = st.sampled_from(["bare", "lists", "dictionaries"])
ARGUMENTS = {
    "max_epochs": st.integers(1, 2),
    "max_steps": st.sampled_from([-1, 3, 7]),
    "val_check_interval": st.sampled_from([1.0, 0.5, 2]),
    "num_sanity_val_steps": st.sampled_from([0, 1]),
}
arguments = st.fixed_dictionaries(ARGUMENTS)
precisions = st.sampled_from(["32-true", "32-true", "bf16-mixed", "64-true"])


def step_of(returns, logs):
    def training_step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        if logs:
            self.log("loss", loss, on_step=True, on_epoch=True)
        return None if batch_idx in returns else loss

    return training_step


@settings(max_examples=35, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
def test_automatic_optimization_put_together_at_random_does_not_differ(data):
    draw = data.draw
    kind = draw(st.sampled_from(sorted(OPTIMIZERS)))
    skipped = () if kind == "LBFGS" else draw(st.sampled_from([(), (), (1,), (0, 3)]))
    steps = STEPS if kind == "LBFGS" or skipped else {**STEPS, "closure first": FIRST}
    methods = {
        **BOTH,
        "configure_optimizers": configuring([kind], draw(st.lists(entries, max_size=2)), draw(forms)),
        "training_step": step_of(skipped, draw(st.booleans())),
        **steps[draw(st.sampled_from(sorted(steps)))],
        **CLIPS[draw(st.sampled_from(sorted(CLIPS)))],
    }
    chosen = draw(arguments) | {"accumulate_grad_batches": draw(st.integers(1, 4))}
    chosen |= {"gradient_clip_val": draw(st.sampled_from([None, 0.05])), "precision": draw(precisions)}
    chosen |= {"gradient_clip_algorithm": draw(st.sampled_from([None, "norm", "value"]))}
    train = {"samples": draw(st.integers(5, 20))}
    hears = draw(st.booleans())
    twins(lambda stage: fit(stage, methods=methods, train=train, **chosen), hears=hears)


def by_hand(how, moves):
    """A training step that makes its updates itself: one of several ways, drawn for each optimizer."""

    def training_step(self, batch, batch_idx):
        found = self.optimizers()
        for place, optimizer in enumerate(found if isinstance(found, list) else [found]):
            toggles, closes, every, limit = how[place]
            if toggles:
                self.toggle_optimizer(optimizer)
            if closes or isinstance(optimizer, torch.optim.LBFGS):
                optimizer.step(closure=lambda optimizer=optimizer: backward(self, batch, optimizer))
            else:
                backward(self, batch, optimizer, clears=batch_idx % every == 0)
                if limit:
                    self.clip_gradients(optimizer, gradient_clip_val=limit)
                if batch_idx % every == every - 1:
                    optimizer.step()
            if toggles:
                self.untoggle_optimizer(optimizer)
        schedulers = self.lr_schedulers()
        for scheduler in schedulers if isinstance(schedulers, list) else [schedulers]:
            if moves and scheduler is not None and not isinstance(scheduler, ReduceLROnPlateau):
                scheduler.step()

    return training_step


def backward(self, batch, optimizer, clears=True):
    if clears:
        optimizer.zero_grad()
    loss = loss_of(self, batch)
    self.manual_backward(loss)
    self.log("loss", loss)
    return loss


ways = st.tuples(st.booleans(), st.booleans(), st.integers(1, 3), st.sampled_from([0, 0, 0.1]))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
def test_updates_by_hand_put_together_at_random_do_not_differ(data):
    draw = data.draw
    kinds = draw(st.lists(st.sampled_from(sorted(OPTIMIZERS)), min_size=1, max_size=2))
    methods = {
        **BOTH,
        "automatic_optimization": False,
        "configure_optimizers": configuring(kinds, draw(st.lists(entries, max_size=2)), draw(forms)),
        "training_step": by_hand([draw(ways) for _ in kinds], draw(st.booleans())),
    }
    chosen, train = draw(arguments) | {"precision": draw(precisions)}, {"samples": draw(st.integers(5, 20))}
    hears = draw(st.booleans())
    twins(lambda stage: fit(stage, methods=methods, train=train, **chosen), hears=hears)

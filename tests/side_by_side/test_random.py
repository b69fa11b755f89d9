"""Modules, callbacks and arguments put together at random: whatever they are, nothing differs."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.side_by_side.twins import COMMON, fit, loss_of, sgd, twins
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

LOGGING_HOOKS = [
    hook
    for hook in COMMON
    if "fit" not in hook and hook[:3] == "on_" and hook not in ("on_train_end", "on_validation_end")
]
ONLY_EPOCH = {hook for hook in LOGGING_HOOKS if hook.endswith(("_start", "epoch_end"))}
ONLY_EPOCH -= {"on_train_batch_start", "on_validation_batch_start"}
names = st.sampled_from(["a", "b", "val_loss"])
booleans = st.sampled_from([None, True, False])


@st.composite
def log_arguments(draw, only_epoch=False):
    on_step = draw(st.sampled_from([None, False])) if only_epoch else draw(booleans)
    on_epoch = draw(st.sampled_from([None, True])) if only_epoch or on_step is False else draw(booleans)
    more = {"reduce_fx": st.sampled_from(["mean", "sum", "min", "max"]), "prog_bar": st.booleans()}
    more |= {"logger": st.booleans(), "batch_size": st.sampled_from([None, 1, 5])}
    return {"on_step": on_step, "on_epoch": on_epoch, **draw(st.fixed_dictionaries({}, optional=more))}


@st.composite
def logging_hooks(draw, most=3):
    """Hooks that log: hook to name, arguments and how seldom."""
    found = draw(st.lists(st.sampled_from(LOGGING_HOOKS), max_size=most, unique=True))
    return {
        hook: (draw(names), draw(log_arguments(hook in ONLY_EPOCH)), draw(st.sampled_from([1, 1, 2]))) for hook in found
    }


def method_of(entry, of_callback):
    name, arguments, seldom = entry

    def hook(*players_and_more):
        module = players_and_more[2 if of_callback else 0]
        if module.global_step % seldom == 0:
            module.log(name, module.global_step * 0.3 + 1, **arguments)

    return hook


def step_of(entries, returns):
    def step(self, batch, batch_idx):
        loss = loss_of(self, batch)
        for name, arguments in entries:
            self.log(name, loss * len(name), **arguments)
        return returns(loss, batch_idx)

    return step


RETURNS = {
    "loss": lambda loss, batch_idx: loss,
    "dictionary": lambda loss, batch_idx: {"loss": loss, "more": batch_idx},
    "sometimes": lambda loss, batch_idx: None if batch_idx % 3 == 1 else loss,
}


def configure(schedulers):
    def configure_optimizers(self):
        optimizer = sgd(self)
        made = []
        for plateau, interval, frequency in schedulers:
            kind = ReduceLROnPlateau(optimizer, patience=0) if plateau else StepLR(optimizer, 1, gamma=0.8)
            how = {"monitor": "val_loss", "strict": False} if plateau else {}
            made.append({"scheduler": kind, "interval": interval, "frequency": frequency, **how})
        return [optimizer], made

    return configure_optimizers


steps = st.lists(st.tuples(names, log_arguments()), max_size=2, unique_by=lambda entry: entry[0])
schedulers = st.lists(st.tuples(st.booleans(), st.sampled_from(["step", "epoch"]), st.integers(1, 3)), max_size=2)
arguments = st.fixed_dictionaries(
    {"max_epochs": st.integers(1, 3)},
    optional={
        "accumulate_grad_batches": st.integers(1, 4),
        "limit_train_batches": st.sampled_from([2, 3, 0.5]),
        "limit_val_batches": st.sampled_from([0, 1, 0.5]),
        "val_check_interval": st.sampled_from([1, 2, 0.5]),
        "check_val_every_n_epoch": st.sampled_from([1, 2, None]),
        "num_sanity_val_steps": st.sampled_from([0, 1, -1]),
        "max_steps": st.integers(1, 8),
        "min_steps": st.integers(1, 8),
        "gradient_clip_val": st.sampled_from([0.05, 1.0]),
    },
)
loaders = st.fixed_dictionaries(
    {"samples": st.integers(5, 15)},
    optional={"shuffle": st.booleans(), "drop_last": st.booleans(), "sized": st.just(False)},
).filter(lambda given: not ("sized" in given and given.get("shuffle")))


def stopping(when):
    def on_train_batch_end(callback, trainer, module, outputs, batch, batch_idx):
        if trainer.global_step >= when:
            trainer.should_stop = True

    return {"on_train_batch_end": on_train_batch_end}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.data())
def test_runs_put_together_at_random_do_not_differ(data):
    draw = data.draw
    methods = {hook: method_of(entry, of_callback=False) for hook, entry in draw(logging_hooks()).items()}
    methods["training_step"] = step_of(draw(steps), RETURNS[draw(st.sampled_from(sorted(RETURNS)))])
    methods["configure_optimizers"] = configure(draw(schedulers))
    if draw(st.booleans()):
        methods["validation_step"] = step_of(draw(steps), RETURNS["loss"])
    callbacks = [{hook: method_of(entry, of_callback=True) for hook, entry in draw(logging_hooks(2)).items()}]
    if draw(st.booleans()):
        callbacks.append(stopping(draw(st.integers(1, 8))))
    given_arguments, train, val = draw(arguments), draw(loaders), draw(loaders)
    if given_arguments.get("check_val_every_n_epoch", 1) is None:  # a share of an epoch is refused then
        given_arguments["val_check_interval"] = 3
    hears = draw(st.booleans())

    def scenario(stage):
        fit(stage, methods=methods, callbacks=tuple(callbacks), train=train, val=val, **given_arguments)

    twins(scenario, hears=hears)

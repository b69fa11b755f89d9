import pytest
import torch
from tests.side_by_side.twins import BOTH, fit, loss_of, twins


def by_hand(change):
    """The methods of a module with two optimizers that it steps itself, after ``change`` of the first."""

    def configure_optimizers(module):
        return [torch.optim.SGD(part.parameters(), lr=0.1) for part in (module.layers[0], module.layers[-1])]

    def training_step(module, batch, batch_idx):
        optimizers = module.optimizers()
        change(module, optimizers[0], batch_idx)
        module.manual_backward(loss_of(module, batch))
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        module.stage.note("module", "steps", module.global_step)

    return {"configure_optimizers": configure_optimizers, "training_step": training_step}


def silenced(module, optimizer, batch_idx):
    optimizer._on_before_step = optimizer._on_after_step = lambda: None


def silenced_once(module, optimizer, batch_idx):
    if batch_idx == 1:
        silenced(module, optimizer, batch_idx)


def told(module, optimizer, batch_idx):
    before, after = optimizer._on_before_step, optimizer._on_after_step
    optimizer._on_before_step = lambda: (module.stage.note("optimizer", "begins"), before())[1]
    optimizer._on_after_step = lambda: (after(), module.stage.note("optimizer", "ends"))[0]


def taken_back(module, optimizer, batch_idx):
    steps = module.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
    if batch_idx:
        steps.total.ready -= 1
        steps.total.completed -= 1


@pytest.mark.parametrize("change", [silenced, silenced_once, told, taken_back])
def test_steps_of_an_optimizer_are_counted_as_the_module_says(change):
    def scenario(stage):
        module = stage.make_module(methods=by_hand(change))
        module.automatic_optimization = False
        stage.make_trainer(max_steps=6, max_epochs=-1).fit(module, stage.loader())

    twins(scenario)


SET = {
    "fit_loop.epoch_progress.current.completed": 3,
    "fit_loop.epoch_progress.current.processed": 3,
    "fit_loop.epoch_loop._batches_that_stepped": 20,
    "fit_loop.epoch_loop.automatic_optimization.optim_progress.optimizer.step.total.completed": 11,
}


@pytest.mark.parametrize("name", SET)
def test_a_counter_that_is_set_before_fit_is_where_the_run_begins(name):
    def scenario(stage):
        module, trainer = stage.make_module(methods=BOTH), stage.make_trainer(max_epochs=5, max_steps=30)
        *path, leaf = name.split(".")
        place = trainer
        for part in path:
            place = getattr(place, part)
        setattr(place, leaf, SET[name])
        trainer.fit(module, stage.loader(), stage.loader("val"))
        return getattr(place, leaf) if "epoch_loop._batches" in name else None

    twins(scenario)


ASKED = (
    *(f"automatic_optimization.optim_progress.optimizer.step.{span}.{count}"
      for span in ("total", "current") for count in ("ready", "completed")),
    *(f"automatic_optimization.optim_progress.optimizer.zero_grad.{span}.{count}"
      for span in ("total", "current") for count in ("ready", "started", "completed")),
    *(f"scheduler_progress.{span}.{count}" for span in ("total", "current") for count in ("ready", "completed")),
    "automatic_optimization.optim_progress.optimizer_steps",
)  # fmt: skip


def test_progress_of_optimizers_and_loops_is_told_as_lightning_tells_it():
    def read(trainer):
        values = {}
        for name in ASKED:
            place = trainer.fit_loop.epoch_loop
            for part in name.split("."):
                place = getattr(place, part)
            values[name] = place
        return values | {f"loops {key}": value for key, value in trainer.fit_loop.state_dict().items()}

    def scenario(stage):
        def on_train_batch_end(module, *args):
            stage.note("trainer", "progress", read(module.trainer))

        def configure_optimizers(module):
            optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]

        methods = {**BOTH, "on_train_batch_end": on_train_batch_end, "configure_optimizers": configure_optimizers}
        fit(stage, methods=methods)
        return read(stage.trainer)

    twins(scenario, hears=False)

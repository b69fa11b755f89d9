"""What public code sets and calls on loops, connectors, strategy and optimizers does what it does under Lightning."""

import pytest
import torch
from tests.side_by_side.twins import BOTH, fit, loss_of, twins

import groundwire_lightning as ours


def test_more_steps_for_a_second_fit():
    def scenario(stage):
        module = stage.make_module()
        trainer = stage.make_trainer(max_steps=4, max_epochs=-1)
        trainer.fit(module, stage.loader())
        trainer.fit_loop.epoch_loop.max_steps = 9
        trainer.fit(module, stage.loader())
        return trainer.global_step, trainer.max_steps, trainer.fit_loop.max_steps

    assert twins(scenario)["answer"] == [9, 9, 9]


def test_least_steps_may_be_set_too():
    def scenario(stage):
        def on_train_batch_end(module, *args):
            module.trainer.should_stop = True

        module = stage.make_module(methods={"on_train_batch_end": on_train_batch_end})
        trainer = stage.make_trainer()
        trainer.fit_loop.epoch_loop.min_steps = 3
        trainer.fit(module, stage.loader())
        return trainer.min_steps

    twins(scenario)


def test_loaders_are_set_up_while_optimizers_are_configured():
    def scenario(stage):
        def configure_optimizers(module):
            module.trainer.fit_loop.setup_data()
            stage.note("module", "batches", module.trainer.num_training_batches, len(module.trainer.train_dataloader))
            return torch.optim.SGD(module.parameters(), lr=0.1)

        fit(stage, methods={**BOTH, "configure_optimizers": configure_optimizers}, train={"shuffle": True})

    twins(scenario)


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


def test_optimizers_may_be_set_up_anew_within_a_run():
    def scenario(stage):
        def configure_optimizers(module):
            rate = 0.1 if not module.trainer.current_epoch else 0.01
            optimizer = torch.optim.SGD(module.parameters(), lr=rate)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 2)]

        def on_train_epoch_start(module):
            if module.trainer.current_epoch == 2:
                module.trainer.strategy.setup_optimizers(module.trainer)

        methods = {"configure_optimizers": configure_optimizers, "on_train_epoch_start": on_train_epoch_start}
        fit(stage, methods=methods, max_epochs=4)

    twins(scenario)


def test_a_checkpoint_is_dumped_and_restored(tmp_path):
    def scenario(stage):
        module, trainer = stage.make_module(methods=BOTH), stage.make_trainer()
        trainer.fit(module, stage.loader(), stage.loader("val"))
        trainer.accelerator.setup(trainer)
        connector = trainer._checkpoint_connector
        dumped = connector.dump_checkpoint(weights_only=False)
        file = str(tmp_path / "a.ckpt")
        trainer.save_checkpoint(file)
        with torch.no_grad():
            module.layers[0].weight.zero_()
        trainer.optimizers[0].state.clear()
        connector.restore(file)
        return [dumped[name] for name in ("epoch", "global_step", "loops", "state_dict", "optimizer_states")]

    twins(scenario, hears=False)


@pytest.mark.parametrize("files", [(), ("hpc_ckpt_3.ckpt", "hpc_ckpt_11.ckpt")])
def test_the_next_checkpoint_of_a_job_has_the_next_number(files, tmp_path):
    for name in files:
        (tmp_path / name).touch()
    twins(lambda stage: stage.make_trainer()._checkpoint_connector.hpc_save_path(str(tmp_path)).rpartition("/")[2]
          and stage.trainer.fit(stage.make_module(), stage.loader()))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fit_loop.restarting", True),
        ("fit_loop.global_step", 3),
        ("fit_loop.epoch_loop.batch_progress.total.ready", 3),
        ("validate_loop.max_batches", [3]),
        ("_logger_connector.callback_metrics", {}),
    ],
)
def test_what_is_set_where_nothing_reads_it_is_refused_by_its_path(name, value):
    trainer = ours.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu")
    *path, leaf = name.split(".")
    place = trainer
    for part in path:
        place = getattr(place, part)
    with pytest.raises(AttributeError, match=f"{leaf} can"):
        setattr(place, leaf, value)


@pytest.mark.parametrize("entry", ["validate", "predict"])
def test_inference_mode_may_be_set_at_the_loop(entry):
    def scenario(stage):
        def step(module, batch, batch_idx):
            stage.note("module", "mode", torch.is_inference_mode_enabled())
            return loss_of(module, batch)

        module = stage.make_module(methods={"validation_step": step, "predict_step": step})
        trainer = stage.make_trainer()
        getattr(trainer, f"{entry}_loop").inference_mode = False
        getattr(trainer, entry)(module, stage.loader())

    twins(scenario, hears=False)

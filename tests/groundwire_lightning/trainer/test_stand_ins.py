import pytest
import torch
from tests.side_by_side.twins import loss_of, twins

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

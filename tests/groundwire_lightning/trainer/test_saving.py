import pytest
import torch
from tests.groundwire_lightning.small import lit, loader, quiet
from tests.side_by_side.twins import twins

from groundwire import CheckpointError


@pytest.mark.parametrize("weights_only", [False, True])
@pytest.mark.parametrize("steps", [0, 3])
def test_a_file_holds_what_that_of_lightning_holds(weights_only, steps, tmp_path):
    def scenario(stage):
        trainer = stage.make_trainer(max_steps=steps)
        trainer.fit(stage.make_module(), stage.loader())
        path = tmp_path / stage.L.__name__ / "below" / "run.ckpt"
        trainer.save_checkpoint(path, weights_only)
        state = torch.load(path, weights_only=True)
        return sorted(state), state["global_step"], state["state_dict"], state.get("optimizer_states")

    names, step, _, optimizers = twins(scenario, hears=False)["answer"]
    assert step == steps
    assert ("callbacks" in names, optimizers is not None) == (not weights_only, not weights_only)


def test_between_runs_a_callback_that_came_since_takes_part_and_the_trainer_goes_on(tmp_path):
    def scenario(stage):
        trainer = stage.make_trainer(max_epochs=1)
        trainer.fit(stage.make_module(), stage.loader())
        trainer.callbacks.append(stage.make_callback(methods={"state_dict": lambda callback: {"here": True}}))
        path = tmp_path / f"{stage.L.__name__}.ckpt"
        trainer.save_checkpoint(path)
        stage.allow_epochs(2)
        trainer.fit(stage.module, stage.loader())
        return list(torch.load(path, weights_only=True)["callbacks"].values()), trainer.current_epoch

    assert twins(scenario, hears=False)["answer"] == [[{"here": True}], 2]


def test_within_a_run_the_file_is_written_at_the_call(tmp_path):
    path = tmp_path / "step.ckpt"

    def on_train_batch_end(module, outputs, batch, batch_idx):
        if batch_idx == 1:
            module.trainer.save_checkpoint(path)
            module.seen.append(torch.load(path, weights_only=True)["global_step"])

    module = lit(on_train_batch_end=on_train_batch_end)
    quiet().fit(module, loader(), loader())
    assert module.seen == [2]


def test_a_trainer_without_a_module_says_what_gives_it_one(tmp_path):
    with pytest.raises(AttributeError, match=r"a\.ckpt.*knows no module yet; fit, validate"):
        quiet().save_checkpoint(tmp_path / "a.ckpt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "filepath= is missing"),
        ({"filepath": "nosuch://bucket/a.ckpt"}, CheckpointError, "cannot be reached"),
        ({"filepath": "a.ckpt", "storage_options": {"key": 1}}, TypeError, "storage_options"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_anything_else(arguments, error, message):
    with pytest.raises(error, match=message):
        quiet().save_checkpoint(**arguments)

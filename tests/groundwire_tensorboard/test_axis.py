import pytest
from tests.groundwire_tensorboard.test_callback import scalars, train, trainer_with

from groundwire import TrainerCallback
from groundwire_tensorboard import TensorBoardCallback


@pytest.mark.parametrize(
    ("axis", "steps", "epochs"),
    [
        ("step", [2, 4, 6, 8, 10], [5, 10]),
        ("epoch", [1, 1, 2, 2, 2], [1, 2]),
        ("sample", [8, 16, 24, 32, 40], [20, 40]),
    ],
)
def test_values_stand_where_the_axis_says(tmp_path, axis, steps, epochs):
    train(trainer_with(TensorBoardCallback(tmp_path, every_n_steps=2, x_axis=axis)))
    found = scalars(tmp_path)
    assert [step for step, _ in found["train_loss_step"]] == steps
    assert [step for step, _ in found["eval_loss_epoch"]] == epochs


def test_seconds_are_counted_from_the_start_of_the_first_run(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("groundwire_tensorboard.axis.time.monotonic", lambda: now[0])

    class Slow(TrainerCallback):
        def on_train_epoch_end(self, trainer, **kwargs):
            now[0] += 2.5

    train(trainer_with(TensorBoardCallback(tmp_path, x_axis="second"), Slow))
    assert [step for step, _ in scalars(tmp_path)["eval_loss_epoch"]] == [2, 5]


def test_a_second_run_goes_on_along_every_axis(tmp_path):
    trainer = trainer_with(
        TensorBoardCallback(tmp_path / "a", x_axis="epoch"), TensorBoardCallback(tmp_path / "b", x_axis="sample")
    )
    for _ in range(2):
        train(trainer)
    assert [step for step, _ in scalars(tmp_path / "a")["eval_loss_epoch"]] == [1, 2, 3, 4]
    assert [step for step, _ in scalars(tmp_path / "b")["eval_loss_epoch"]] == [20, 40, 60, 80]

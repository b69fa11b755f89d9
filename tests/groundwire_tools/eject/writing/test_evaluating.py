"""The written passes over batches that train nothing."""

from __future__ import annotations

from tests.groundwire_tools.eject.made import plain, writing
from tests.groundwire_tools.eject.variants import CALLS, EVALUATES, program

from groundwire_tools.eject.writing.evaluating import limit_of

SOURCE = program(members=EVALUATES, end=CALLS)
HOOKS = frozenset({"training_step", "validation_step", "test_step", "predict_step"})


def test_there_is_a_method_for_each_call_and_for_no_other() -> None:
    text = plain(SOURCE, module=HOOKS)
    for name in ("validate", "validation", "test", "predict"):
        assert f"    def {name}(self" in text
    assert "def test(" not in plain()
    assert "def validation(" not in plain(program(fit="model, train"), validates=False)


def test_inference_mode_is_as_the_trainer_was_told() -> None:
    assert "torch.inference_mode()" in plain(SOURCE, module=HOOKS)
    assert "torch.inference_mode()" not in plain(SOURCE, {"inference_mode": False}, module=HOOKS)


def test_modes_are_remembered_where_some_part_is_not_in_train_mode() -> None:
    assert "        model.train()\n" in plain()
    assert "part.training = mode" in plain(trains_whole=False)
    assert "part.training = mode" in plain(program(members="def on_fit_start(self):\n    self.net.eval()\n"))


def test_limits_are_expressions() -> None:
    for limit, text in ((1.0, "None"), (3, "3"), (1, "1"), (0.25, "int(len(loader) * 0.25)")):
        assert limit_of(writing(None, {"limit_val_batches": limit}), "limit_val_batches", "loader") == text


def test_a_model_without_predict_step_is_called() -> None:
    text = plain(SOURCE, module=HOOKS - {"predict_step"})
    assert "output = model(batch)\n" in text

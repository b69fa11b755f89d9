import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.callbacks import (
    EarlyStoppingCallback,
    LimitBatchesCallback,
    LimitEvalStepsCallback,
    ModelEmaCallback,
    SaveBestModelCallback,
    SaveTrainingStateCallback,
    StepBasedEvaluationCallback,
    WSDCheckpointCallback,
)
from groundwire.checks import folder_here, number, path, whole, writable

WHOLE = [
    (EarlyStoppingCallback, "early_stopping_patience"),
    (LimitBatchesCallback, "num_batches"),
    (LimitEvalStepsCallback, "num_eval_steps"),
    (SaveTrainingStateCallback, "save_every_n_epochs"),
    (SaveTrainingStateCallback, "save_every_n_steps"),
    (SaveTrainingStateCallback, "max_checkpoints"),
    (StepBasedEvaluationCallback, "eval_every_n_steps"),
]
NUMBERS = [(EarlyStoppingCallback, "early_stopping_threshold"), (ModelEmaCallback, "decay")]
FLAGS = [
    (EarlyStoppingCallback, "greater_is_better"),
    (EarlyStoppingCallback, "reset_on_train"),
    (SaveBestModelCallback, "greater_is_better"),
    (SaveBestModelCallback, "load_saved_checkpoint"),
    (SaveBestModelCallback, "reset_on_train"),
    (SaveBestModelCallback, "save_optimizer"),
    (SaveBestModelCallback, "save_scheduler"),
    (SaveTrainingStateCallback, "save_at_end"),
    (ModelEmaCallback, "evaluate_during_training"),
    (WSDCheckpointCallback, "save_optimizer"),
]
NAMES = [(EarlyStoppingCallback, "watch_metric"), (SaveBestModelCallback, "watch_metric")]
PATHS = [
    (ModelEmaCallback, "save_path"),
    (SaveBestModelCallback, "save_path"),
    (SaveTrainingStateCallback, "save_dir"),
    (WSDCheckpointCallback, "save_dir"),
    (WSDCheckpointCallback, "initial_checkpoint"),
]
WRONG = [
    *((*row, value, TypeError) for row in WHOLE for value in ("3", 2.0, True, [1])),
    *((*row, value, ValueError) for row in WHOLE for value in (0, -1)),
    *((*row, value, TypeError) for row in NUMBERS for value in ("0.5", None, False)),
    *((*row, value, ValueError) for row in NUMBERS for value in (-0.1, float("nan"))),
    (ModelEmaCallback, "decay", 1.5, ValueError),
    *((*row, value, TypeError) for row in FLAGS for value in (1, None, "yes")),
    *((*row, value, TypeError) for row in NAMES for value in (None, 3)),
    *((*row, "", ValueError) for row in [*NAMES, *PATHS]),
    *((*row, value, TypeError) for row in PATHS for value in (3, b"x")),
    (ModelEmaCallback, "model_ema", "ModelEma", TypeError),
    (ModelEmaCallback, "callbacks", "abc", TypeError),
    (ModelEmaCallback, "callbacks", 3, TypeError),
]


@pytest.mark.parametrize(("callback", "name", "value", "error"), WRONG)
def test_a_wrong_argument_is_named_with_its_value_as_the_callback_is_made(callback, name, value, error):
    with pytest.raises(error) as caught:
        callback(**{name: value})
    assert name in str(caught.value)
    assert str(value) in str(caught.value)


@given(st.integers(), st.integers(-5, 5))
def test_a_whole_number_is_taken_from_the_least_on(value, least):
    if value >= least:
        assert whole("n", value, least) == value
    else:
        with pytest.raises(ValueError, match=f"n: a whole number of at least {least} is due, got {value}"):
            whole("n", value, least)


@given(st.floats())
def test_a_number_is_taken_within_its_bounds(value):
    if 0 <= value <= 1:
        assert number("x", value, most=1.0) == value
    else:
        with pytest.raises(ValueError, match="x: a number from 0 to 1 is due"):
            number("x", value, most=1.0)


def test_a_path_may_be_a_string_or_a_path(tmp_path):
    assert path("p", str(tmp_path)) == path("p", tmp_path) == tmp_path


@pytest.mark.parametrize("folder", [True, False])
def test_what_may_be_written_is_not_created(tmp_path, folder):
    writable("p", tmp_path / "new" / "deeper", folder)
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"save_path: a file is due, and at .* is a folder"):
        writable("save_path", tmp_path, folder=False)
    with pytest.raises(ValueError, match=r"save_dir: a folder is due, and at .* is a file"):
        writable("save_dir", tmp_path / "file", folder=True)
    with pytest.raises(ValueError, match=r"save_path: .*best\.pt cannot be written, since .*file is a file"):
        writable("save_path", tmp_path / "file" / "best.pt", folder=False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="is read-only"):
        writable("save_path", tmp_path / "best.pt", folder=False)


def test_a_folder_of_this_machine_is_no_url():
    with pytest.raises(ValueError, match=r"save_dir: a folder of this machine is due, got 's3://bucket'"):
        folder_here("save_dir", "s3://bucket")

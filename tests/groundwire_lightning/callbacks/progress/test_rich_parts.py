from types import SimpleNamespace

import pytest

from groundwire_lightning.callbacks.progress.rich_parts import (
    BatchesProcessedColumn,
    CustomTimeColumn,
    MetricsTextColumn,
    ProcessingSpeedColumn,
)


def task(**said):
    usual = {"id": 1, "completed": 3.0, "total": 8.0, "elapsed": 6.0, "finished": False, "speed": None}
    return SimpleNamespace(**{**usual, "finished_speed": None, "finished_time": None, "time_remaining": None, **said})


@pytest.mark.parametrize(
    ("column", "said", "text"),
    [
        (BatchesProcessedColumn, {}, "3/8"),
        (BatchesProcessedColumn, {"total": None}, "3/--"),
        (ProcessingSpeedColumn, {}, "0.50it/s"),
        (ProcessingSpeedColumn, {"speed": 2.0}, "2.00it/s"),
        (ProcessingSpeedColumn, {"elapsed": 0.0}, "0.00it/s"),
        (CustomTimeColumn, {"time_remaining": 61.9}, "0:00:06 • 0:01:01"),
        (CustomTimeColumn, {"finished": True, "finished_time": 3600}, "1:00:00 • -:--:--"),
    ],
)
def test_a_column_shows_what_is_known_of_its_bar(column, said, text):
    assert column("dim").render(task(**said)).plain == text


@pytest.mark.parametrize(
    ("entry", "sanity_checking", "bar", "text"),
    [
        ("fit", False, 1, "loss: 0.125 | name: run"),
        ("fit", True, 1, ""),
        ("validate", False, 1, ""),
        ("fit", False, 2, ""),
    ],
)
def test_values_stand_beside_the_bar_of_training_alone(entry, sanity_checking, bar, text):
    shown = SimpleNamespace(train_progress_bar_id=bar)
    trainer = SimpleNamespace(
        progress_bar_callback=shown, state=SimpleNamespace(fn=entry), sanity_checking=sanity_checking
    )
    column = MetricsTextColumn(trainer, "white", " | ", ".3f")
    column.update({"loss": 0.125, "name": "run"})
    assert column.render(task()).plain == text

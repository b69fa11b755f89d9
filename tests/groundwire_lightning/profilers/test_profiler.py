import logging
import pickle
from pathlib import Path
from typing import Any

import pytest

from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.profilers import (
    AdvancedProfiler,
    SimpleProfiler,
)


def test_a_folder_elsewhere_is_refused() -> None:
    with pytest.raises(NotSupportedYetError, match="s3://"):
        SimpleProfiler(dirpath="s3://bucket/reports")


def test_an_action_is_started_once() -> None:
    profiler = SimpleProfiler()
    profiler.start("a")
    with pytest.raises(ValueError, match="'a' was started"):
        profiler.start("a")


@pytest.mark.parametrize("profiler", [SimpleProfiler(), AdvancedProfiler()])
def test_only_what_was_started_is_stopped(profiler: Any) -> None:
    with pytest.raises(ValueError, match="'a' cannot be stopped"):
        profiler.stop("a")


def test_an_action_ends_with_an_error_inside_it() -> None:
    profiler = SimpleProfiler()
    with pytest.raises(KeyError), profiler.profile("a"):
        raise KeyError
    assert len(profiler.recorded_durations["a"]) == 1


def test_a_report_without_a_file_is_shown_on_the_console(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="groundwire_lightning")  # a log that shows it would be written to instead
    profiler = SimpleProfiler()
    with profiler.profile("a"):
        pass
    profiler.describe()
    assert "Profiler Report" in capsys.readouterr().err


def test_a_report_is_logged_where_logging_shows_it(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        SimpleProfiler().describe()
    assert "Profiler Report" in caplog.text
    assert capsys.readouterr().err == ""


def test_a_second_process_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    profiler = SimpleProfiler()
    profiler.setup("fit", local_rank=1)
    profiler.describe()
    assert capsys.readouterr().err == ""


def test_each_process_and_stage_has_a_file(tmp_path: Path) -> None:
    profiler = SimpleProfiler(filename="times")
    profiler.setup("fit", local_rank=1, log_dir=str(tmp_path / "logs"))
    profiler.describe()
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["fit-times-1.txt"]


def test_profilers_are_pickled_without_what_they_recorded() -> None:
    profiler = AdvancedProfiler(filename="x", line_count_restriction=0.5)
    with profiler.profile("a"):
        pass
    again = pickle.loads(pickle.dumps(profiler))
    assert (again.filename, again.line_count_restriction, dict(again.profiled_actions)) == ("x", 0.5, {})

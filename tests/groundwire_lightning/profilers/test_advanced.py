from pathlib import Path

import pytest
from tests.side_by_side.test_profilers import BOTH, fit

from groundwire_lightning.profilers import (
    AdvancedProfiler,
)


def test_the_raw_recordings_need_a_folder() -> None:
    profiler = AdvancedProfiler(dump_stats=True)
    with profiler.profile("a"):
        pass
    with pytest.raises(ValueError, match="dirpath"):
        profiler.summary()


def test_the_raw_recordings_of_the_advanced_profiler_have_lightnings_names(tmp_path: Path) -> None:
    names = []
    for framework, classes, profilers in BOTH:
        folder = tmp_path / framework.__name__
        profiler = profilers.AdvancedProfiler(dirpath=folder, filename="raw", dump_stats=True)
        fit(framework, classes, profiler)
        names.append({path.name for path in folder.glob("*.prof")})
    assert names[1] <= names[0]
    assert "fit-raw-run_training_batch.prof" in names[1]

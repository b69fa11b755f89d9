import subprocess
import sys
from typing import Any

import pytest

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.profilers import (
    AdvancedProfiler,
    PassThroughProfiler,
    PyTorchProfiler,
    SimpleProfiler,
    profiler_for,
)


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        (None, PassThroughProfiler),
        (False, PassThroughProfiler),
        (True, SimpleProfiler),
        ("simple", SimpleProfiler),
        ("Advanced", AdvancedProfiler),
        ("pytorch", PyTorchProfiler),
    ],
)
def test_a_profiler_is_found_by_name(asked: Any, made: type) -> None:
    assert type(profiler_for(asked)) is made


def test_a_profiler_is_taken_as_it_is() -> None:
    profiler = SimpleProfiler()
    assert profiler_for(profiler) is profiler


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(MisconfigurationException, match=r"'simpel'.*advanced.*pytorch.*simple"):
        profiler_for("simpel")


def test_the_heavy_profilers_are_imported_when_they_are_named() -> None:
    program = "import sys, groundwire_lightning.profilers as p; a = 'groundwire_lightning.profilers.pytorch'\n"
    program += "before = a in sys.modules; p.PyTorchProfiler; print(before, a in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]

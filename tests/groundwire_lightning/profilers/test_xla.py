from typing import Any

import pytest

from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.profilers import (
    XLAProfiler,
    profiler_for,
)


@pytest.mark.parametrize("make", [XLAProfiler, lambda: profiler_for("xla")])
def test_tpus_are_refused(make: Any) -> None:
    with pytest.raises(NotSupportedYetError, match="PyTorchProfiler"):
        make()

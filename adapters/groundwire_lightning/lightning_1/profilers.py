"""Profilers under the paths of Lightning 1, where until 1.4 one path said where they write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from groundwire_lightning.lightning_1.older_arguments import Older, takes_older
from groundwire_lightning.profilers import advanced, pytorch, simple

_OUTPUT = Older(
    "dirpath= and filename=, without its ending",
    lambda others, path: {"dirpath": str(Path(path).parent), "filename": Path(path).stem} if path else {},
)


class SimpleProfiler(simple.SimpleProfiler):
    """The profiler of that name."""

    @takes_older(output_filename=_OUTPUT)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class AdvancedProfiler(advanced.AdvancedProfiler):
    """The profiler of that name."""

    @takes_older(output_filename=_OUTPUT)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class PyTorchProfiler(pytorch.PyTorchProfiler):
    """The profiler of that name."""

    @takes_older(output_filename=_OUTPUT)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.side_by_side.test_profilers import BOTH, fit

from groundwire_lightning import MisconfigurationException
from groundwire_lightning.profilers import (
    PyTorchProfiler,
)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"sort_by_key": "colour"}, MisconfigurationException),
        ({"schedule": 3}, MisconfigurationException),
        ({"schedule": lambda step: step}, MisconfigurationException),
        ({"table_kwargs": {"row_limit": 3}}, KeyError),
        ({"table_kwargs": {"colour": 3}}, KeyError),
    ],
)
def test_arguments_of_the_recording_are_checked(given: Any, error: type) -> None:
    with pytest.raises(error, match=r"colour|schedule|row_limit"):
        PyTorchProfiler(**given)


def test_operators_are_recorded_over_the_same_steps(tmp_path: Path) -> None:
    counts = []
    for framework, classes, profilers in BOTH:
        profiler = profilers.PyTorchProfiler(dirpath=tmp_path / framework.__name__)
        fit(framework, classes, profiler)
        keys = Counter(event.name for event in profiler.function_events or ())
        counts.append(
            {name: keys[name] for name in ("aten::mse_loss", "ProfilerStep*", "aten::linear")}
            | {"labels": {name for name in keys if name.startswith("[pl][module]")}}
        )
    assert counts[0] == counts[1]


@pytest.mark.filterwarnings("ignore")
def test_of_few_batches_all_are_recorded(tmp_path: Path) -> None:
    counts = []
    for framework, classes, profilers in BOTH:
        profiler = profilers.PyTorchProfiler(dirpath=tmp_path / framework.__name__, filename="few")
        fit(framework, classes, profiler, limit_train_batches=2, limit_val_batches=2)
        counts.append(Counter(event.name for event in profiler.function_events)["aten::linear"])
    assert counts[0] == counts[1] > 0

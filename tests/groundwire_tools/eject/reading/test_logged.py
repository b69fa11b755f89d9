"""The recorder is written for what the calls of ``log`` ask for."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from groundwire_tools.eject.reading.logged import logging_of
from groundwire_tools.eject.reading.script import Script


@pytest.mark.parametrize(
    ("body", "on_step", "on_epoch", "forks"),
    [
        ("def training_step(self):\n    self.log('a', 1)", True, False, False),
        ("def validation_step(self):\n    self.log('a', 1)", False, True, False),
        ("def on_train_epoch_end(self):\n    self.log_dict({})", False, True, False),
        ("def training_step(self):\n    self.log('a', 1, on_step=False, on_epoch=True)", False, True, False),
        ("def training_step(self):\n    self.log('a', 1, on_epoch=True)", True, True, True),
        ("def shared(self):\n    self.log('a', 1)", None, None, False),
        ("def shared(self):\n    self.log('a', 1, on_step=self.x, on_epoch=True)", None, True, True),
        (
            "def training_step(self):\n    self.log('a', 1)\n\ndef test_step(self):\n    self.log('b', 1)",
            None,
            None,
            False,
        ),
    ],
)
def test_levels_that_all_calls_share_are_settled(
    body: str, on_step: bool | None, on_epoch: bool | None, forks: bool
) -> None:
    logging = logging_of(Script(Path("p.py"), f"class A:\n{indent(body, '    ')}\n"))
    assert (logging.on_step, logging.on_epoch, logging.forks) == (on_step, on_epoch, forks)
    assert logging.decides == (None in (on_step, on_epoch))


def test_other_things_that_log_are_no_recorders() -> None:
    assert not logging_of(Script(Path("p.py"), "math.log(2)\nlogger.log(1, 'x')\ntorch.log(x)\n")).is_needed

"""A script loses Lightning's names, and nothing else."""

from __future__ import annotations

import re

import pytest
from tests.groundwire_tools.eject.made import listener, plain
from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.facts import NotPlainError


def test_a_program_keeps_its_own_code_to_the_letter() -> None:
    source = program().replace("    loss = nn", "    # why this loss\n        loss = nn")
    own = re.search(r"def configure_optimizers.*?\n\n", source, re.DOTALL)
    assert own is not None
    text = plain(source)
    assert own[0] in text
    assert "# why this loss" in text
    assert not re.search(r"\bL\.|lightning\b", text.partition('"""\n')[2])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a: 'L.Trainer', b: 'list[L.Callback] | None') -> 'L.LightningModule': ...", 'a: "Trainer", b: "Any"'),
        ("def f(a: L.Trainer): ...", "def f(a: Trainer): ..."),
        ("class Data(L.LightningDataModule):\n    x = 1", "class Data:\n    x = 1"),
        ("Bases = (L.Callback, L.LightningDataModule)", "Bases = (Callback, LightningDataModule)"),
        ("import lightning.fabric, os", "import os\n"),
        ("x: L.pytorch.utilities.types.STEP_OUTPUT = None", "x: Any = None"),
    ],
)
def test_names_stay_without_their_package(before: str, after: str) -> None:
    assert after in plain(program(before=before))


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("f = L.Fabric()", r"p\.py:\d+: L\.Fabric has no plain counterpart"),
        ("class T(L.Trainer): pass", "a subclass of Trainer"),
        ("class E(L.pytorch.callbacks.EarlyStopping): pass", "a subclass of EarlyStopping"),
        ("class D(list, L.LightningDataModule): pass", "D has other bases"),
        ("other = L.Trainer()", "several Trainers"),
        ("from lightning.pytorch.tuner import Tuner\nTuner(1)", "Tuner has no plain counterpart"),
    ],
)
def test_a_name_without_counterpart_is_refused_with_its_place(before: str, why: str) -> None:
    with pytest.raises(NotPlainError, match=why):
        plain(program(before=before))


def test_arguments_of_the_trainer_stay_where_the_loop_goes_by_them() -> None:
    source = program(trainer="accumulate_grad_batches=2\ngradient_clip_val=0.5\nmax_epochs=1 + 2\ndevices=1")
    text = plain(source, {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5})
    assert "trainer = Trainer(accumulate_grad_batches=2, gradient_clip_val=0.5, max_epochs=1 + 2)" in text


def test_callbacks_behind_stars_cannot_be_called_by_name() -> None:
    source = program().replace("    max_epochs=3,\n", "    **{'callbacks': [1]},\n")
    with pytest.raises(NotPlainError, match=r"write callbacks=\[\.\.\.\]"):
        plain(source, listeners=(listener("Mine"),), order=(0,))


def test_settings_behind_stars_are_written_into_the_loop() -> None:
    text = plain(program().replace("    max_epochs=3,\n", "    **{'max_epochs': 3},\n"))
    assert "trainer = Trainer()" in text
    assert "in range(3):" in text

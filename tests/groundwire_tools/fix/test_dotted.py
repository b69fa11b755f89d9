"""Dotted names and strings: those that are called otherwise change, and nothing that could mean something else."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.fix.programs import fixed, imports, names, place

from groundwire_tools.fix.dotted import edits_of_names, edits_of_strings, is_exact, strings_in

PL = "import pytorch_lightning as pl\n"


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("pl.callbacks.Timer", "pl.callbacks.Timer"),
        ("pl.profiler.AdvancedProfiler()", "pl.profilers.AdvancedProfiler()"),
        ("pl.loggers.base.LightningLoggerBase.name", "pl.loggers.logger.Logger.name"),
        ("pl.core.lightning", "pl.core.module"),
        ("pl.metrics.Accuracy()", "pl.metrics.Accuracy()"),
        ("pl.Trainer().logdir", "pl.Trainer().log_dir"),
        ("pl.Trainer().running_sanity_check", "pl.Trainer().sanity_checking"),
        ("pl.Callback().logdir", "pl.Callback().logdir"),
        (
            "pl.profiler.AdvancedProfiler()  # groundwire: ignore",
            "pl.profiler.AdvancedProfiler()  # groundwire: ignore",
        ),
    ],
)
def test_a_name_below_an_alias(code: str, after: str) -> None:
    assert fixed(PL + code).splitlines()[1] == after


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("lightning.pytorch.Trainer.fit", "groundwire_lightning.Trainer.fit"),
        ("lightning.pytorch.callbacks.Timer()", "groundwire_lightning.callbacks.Timer()"),
        ("lightning.pytorch.Nothing", "groundwire_lightning.Nothing"),
        ("(lightning.pytorch.Trainer\n  .fit)", "(groundwire_lightning.Trainer\n  .fit)"),
        ("class A(lightning.LightningModule): pass", "class A(groundwire_lightning.LightningModule): pass"),
        ("def f(x: lightning.Trainer = lightning.x) -> lightning.y: pass",
         "def f(x: groundwire_lightning.Trainer = groundwire_lightning.x) -> groundwire_lightning.y: pass"),
    ],
)  # fmt: skip
def test_a_name_below_a_root(code: str, after: str) -> None:
    assert fixed(f"import lightning.pytorch\n{code}") == f"import groundwire_lightning\n{after}"


def test_a_name_below_an_import_that_stays_stays() -> None:
    source = "import pytorch_lightning as pl  # groundwire: ignore\npl.profiler.AdvancedProfiler\npl.Trainer(gpus=1)"
    assert fixed(source) == source
    assert list(edits_of_names(imports(source))) == []


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("'lightning.pytorch.callbacks.Timer'", "'groundwire_lightning.callbacks.Timer'"),
        ('{"_target_": r"pytorch_lightning.Trainer.fit"}', '{"_target_": r"groundwire_lightning.Trainer.fit"}'),
        ("'pytorch_accelerated.trainer.Trainer'", "'groundwire.trainer.Trainer'"),
    ],
)
def test_the_path_of_a_class_in_a_string(code: str, after: str) -> None:
    assert fixed(f"x = {code}") == f"x = {after}"


@pytest.mark.parametrize(
    "code",
    [
        "'lightning.pytorch'",
        "'pytorch_lightning.utilities.rank_zero'",
        "'pytorch_lightning.nowhere.Timer'",
        "'see lightning.pytorch.callbacks.Timer'",
        "'lightning.pytorch.' 'callbacks.Timer'",
        "f'lightning.pytorch.callbacks.{name}'",
        "'lightning'",
        "'lightning.pytorch.callbacks.Timer'  # groundwire: ignore",
    ],
)
def test_another_string_stays(code: str) -> None:
    assert fixed(f"x = {code}") == f"x = {code}"
    assert list(edits_of_strings(place(f"x = {code}"))) == []


def test_strings_that_are_paths() -> None:
    source = "a = 'lightning.pytorch'; b = 'pytorch_lightning'; c = 'lightning'; d = f'lightning.x'; e = 'a b'"
    assert [text for _, text in strings_in(place(source))] == ["lightning.pytorch", "pytorch_lightning"]
    assert is_exact("lightning.pytorch.Trainer", names())
    assert not is_exact("lightning.pytorch.trainer", names())

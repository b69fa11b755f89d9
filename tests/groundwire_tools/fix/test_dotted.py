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
        ("pl.profiler.AdvancedProfiler()", "pl.profiler.AdvancedProfiler()"),
        ("pl.loggers.base.LightningLoggerBase.name", "pl.loggers.base.LightningLoggerBase.name"),
        ("pl.core.lightning", "pl.core.module"),
        ("pl.core.lightning.LightningModule.fit", "pl.core.module.LightningModule.fit"),
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


@pytest.mark.parametrize(
    "code",
    [
        "x = f'{lightning.__version__}'",
        "x = f'é {lightning.__version__!r:>{lightning.width}} é'",
        "x = f'''\n  {\n lightning.__version__} {lightning.pytorch.Trainer}\n'''",
        "x = ('a' f'{1}{lightning.__version__}'\n  f'{lightning.pytorch.Trainer(gpus=1)}')",
        "x = f'{f\"{lightning.__version__}\"}'",
        "x = f'{lightning . __version__}'",
    ],
)
def test_names_in_f_strings_go_on_working_wherever_the_parser_says_that_they_stand(code: str) -> None:
    after = fixed(f"import lightning\n{code}")
    head, _, rest = after.partition("\n")
    if head == "import groundwire_lightning":
        code = code.replace("lightning.pytorch", "groundwire_lightning").replace("{lightning", "{groundwire_lightning")
        code = code.replace("\n lightning", "\n groundwire_lightning")
    assert head in ("import groundwire_lightning", "import groundwire_lightning as lightning")
    assert rest == code
    assert fixed(after) == after

"""Arguments of calls: those of a Trainer change, unless two of them would contradict each other."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.groundwire_tools.fix.programs import fixed, imports

from groundwire_lightning.trainer.arguments import ARGUMENTS
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS
from groundwire_lightning.trainer.lightning_1.taking import translated
from groundwire_tools.fix.arguments import edits_of_calls, respelled_in

IMPORT = "import groundwire_lightning as pl\n"


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("pl.Trainer(gpus=2)", 'pl.Trainer(accelerator="gpu", devices=2)'),
        ("pl.Trainer(gpus=2, accelerator='ddp')", "pl.Trainer(accelerator='gpu', devices=2, strategy='ddp')"),
        ("pl.Trainer(distributed_backend='ddp', gpus=2)",
         "pl.Trainer(strategy='ddp', accelerator='gpu', devices=2)"),
        ("pl.Trainer(accelerator='ddp')", "pl.Trainer(strategy='ddp', accelerator='cpu')"),
        ("pl.Trainer(gpus=2, accelerator='gpu')", "pl.Trainer(devices=2, accelerator='gpu')"),
        ("pl.Trainer(max_nb_epochs=1, weights_summary=None)", "pl.Trainer(max_epochs=1, enable_model_summary=False)"),
        ("pl.Trainer(amp_backend='native', gpus=None)", "pl.Trainer(accelerator='cpu')"),
        ("pl.Trainer(callbacks=[f(pl.Trainer(gpus=1))], gpus=1)",
         'pl.Trainer(callbacks=[f(pl.Trainer(accelerator="gpu", devices=1))], accelerator="gpu", devices=1)'),
        ("pl.Trainer().test(1, test_dataloaders=x)", "pl.Trainer().test(1, dataloaders=x)"),
    ],
)  # fmt: skip
def test_a_call(code: str, after: str) -> None:
    assert fixed(IMPORT + code) == IMPORT + after


@pytest.mark.parametrize(
    "code",
    [
        "pl.Trainer(gpus=2, devices=1)",
        "pl.Trainer(gpus=2, accelerator='cpu')",
        "pl.Trainer(gpus=2, num_processes=3)",
        "pl.Trainer(max_nb_epochs=1, max_epochs=2)",
        "pl.Trainer(gpus=n)",
        "pl.Trainer(**{'gpus': 2})",
        "pl.Trainer(gpus=2, **more)",
        "pl.Trainer(gpus=n, accelerator='ddp')",
        "pl.Trainer(gpus=n, num_processes=2)",
        "pl.Trainer(gpus=2, accelerator='dp')",
        "pl.Trainer().fit(*more, train_dataloader=x)",
        "pl.Trainer(gpus=2)  # groundwire: ignore[GW303]",
        "Trainer(gpus=2)",
        "pl.Callback(gpus=2)",
    ],
)
def test_a_call_that_stays(code: str) -> None:
    assert fixed(IMPORT + code) == IMPORT + code
    assert list(edits_of_calls(imports(IMPORT + code))) == []


def test_what_contradicts_is_left_and_the_rest_is_not() -> None:
    code = "pl.Trainer(gpus=2, num_processes=3, max_nb_epochs=1)"
    assert fixed(IMPORT + code) == IMPORT + code.replace("max_nb_epochs", "max_epochs")


DEFAULTS = {row.name: row.default for row in ARGUMENTS}
SWITCHES = "enable_progress_bar", "use_distributed_sampler", "show_progress_bar", "replace_sampler_ddp"
KINDS = {"int": "2", "list": "[0, 1]", "any": "False"}
NOW = {
    "accelerator": ["'gpu'", "'auto'", "'dp'", "'ddp2'"],
    "strategy": ["'ddp'", "'dp'"],
    "devices": ["1", "'auto'"],
    "precision": ["16", "32"],
    "enable_progress_bar": ["False"],
    "enable_model_summary": ["False"],
    "amp_backend": ["'apex'"],
}
SPELLED = {row.name: row.rewrites for row in OLD_ARGUMENTS}
VALUES = {
    name: sorted({*(KINDS.get(kind, kind) for kind in SPELLED.get(name, ())), *NOW.get(name, ()), *usual})
    for name in {*SPELLED, *NOW}
    if (usual := ("None", "True") if name in SWITCHES else ("None", "2", "'0,1'"))
}
"""Argument to values as they are written, those too that are refused or have no spelling."""


def comes_to(code: str) -> Any:
    """What a Trainer with these arguments would have; nothing where they are refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            arguments, kept = translated("Trainer", eval(f"dict({code})"))  # noqa: S307  # of the tables
        except Exception:  # noqa: BLE001  # whatever it is, the other spelling has to raise as well
            return None
    callbacks = [type(one) for one in arguments.pop("callbacks", None) or []]
    return {**DEFAULTS, **arguments}, callbacks, dataclasses.replace(kept, lines=())


@given(st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 99), min_size=1, max_size=4))
def test_whatever_the_arguments_are_they_say_the_same_as_before(picks: dict[str, int]) -> None:
    values = {name: VALUES[name][pick % len(VALUES[name])] for name, pick in picks.items()}
    code = ", ".join(f"{name}={text}" for name, text in values.items())
    call = ast.parse(f"Trainer({code})", mode="eval").body
    assert isinstance(call, ast.Call)
    respelled = respelled_in("Trainer", call)
    words = [
        f"{new}={text if new_text == '{}' else new_text}"
        for name, text in values.items()
        for new, new_text in respelled.get(name, [(name, text)])
    ]
    assert comes_to(", ".join(words)) == comes_to(code)

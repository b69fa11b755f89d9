"""Arguments of calls: those of a Trainer change, unless two of them would contradict each other."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.fix.programs import fixed, imports

from groundwire_tools.fix.arguments import edits_of_calls

IMPORT = "import groundwire_lightning as pl\n"


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("pl.Trainer(gpus=2)", 'pl.Trainer(accelerator="gpu", devices=2)'),
        ("pl.Trainer(gpus=2, accelerator='ddp')", "pl.Trainer(accelerator='gpu', devices=2, strategy='ddp')"),
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

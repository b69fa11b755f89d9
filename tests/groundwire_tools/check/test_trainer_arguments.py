"""Arguments of the Trainer, by name and by value."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import of_source

from groundwire_tools.check.trainer_arguments import argument
from groundwire_tools.check.uses import Keyword

ROWS = {
    "mapped": ("Trainer(accelerator='cpu')", [(1, "GW102")]),
    "retired": ("Trainer(gpus=1)", [(1, "GW303")]),
    "misspelt": ("Trainer(max_epoch=1)", [(1, "GW303")]),
    "refused": ("Trainer(model_registry='mine')", [(1, "GW304")]),
    "refused, asking for nothing": ("Trainer(model_registry=None)", []),
    "a strategy": ("Trainer(strategy='deepspeed_stage_2')", [(1, "GW304")]),
    "dp": ("Trainer(strategy='dp')", [(1, "GW304")]),
    "a precision": ("Trainer(precision='half')", [(1, "GW304")]),
    "a precision of ours": ("Trainer(precision='bf16-mixed')", []),
    "a precision that a run chooses": ("Trainer(precision=chosen)", []),
    "processes": ("Trainer(devices=2)", [(1, "GW102")]),
    "machines": ("Trainer(num_nodes=2)", [(1, "GW203")]),
    "machines in words": ("Trainer(num_nodes='2')", [(1, "GW203")]),
    "one process": ("Trainer(devices=1)", [(1, "GW102")]),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_found_of_an_argument(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


@pytest.mark.parametrize("value", [2, "2"])
def test_many_machines_are_told_of_with_the_command_that_starts_them(value: object) -> None:
    code, text = argument(Keyword("num_nodes", 1, 1, value))
    assert (code, text.rpartition("Instead: ")[2]) == ("GW203", "torchrun --nnodes 2 on each of them")


@pytest.mark.parametrize("value", ["auto", -1, True])
def test_a_value_that_names_no_number_asks_for_no_machines(value: object) -> None:
    assert argument(Keyword("num_nodes", 1, 1, value))[0] == "GW102"


def test_a_slip_of_the_pen_is_told_the_nearest_name() -> None:
    assert argument(Keyword("max_epoch", 1, 1)) == (
        "GW303",
        "Trainer(max_epoch=): there is no such argument. Did you mean 'max_epochs'?",
    )

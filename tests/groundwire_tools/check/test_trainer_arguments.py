"""Arguments of the Trainer, by name and by value."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import of_source

from groundwire_tools.check.trainer_arguments import argument
from groundwire_tools.check.uses import UNKNOWN, Keyword

ROWS = {
    "mapped": ("Trainer(accelerator='cpu')", [(1, "GW102")]),
    "of Lightning 1": ("Trainer(gpus=1)", [(1, "GW105")]),
    "of Lightning 1, and refused": ("Trainer(tpu_cores=8)", [(1, "GW304")]),
    "of Lightning 1, asking for nothing": ("Trainer(tpu_cores=None)", [(1, "GW105")]),
    "a value of Lightning 1": ("Trainer(accelerator='ddp')", [(1, "GW105")]),
    "a default of Lightning 1": ("Trainer(strategy=None)", [(1, "GW105")]),
    "a way that nothing offers": ("Trainer(accelerator='ddp2')", [(1, "GW304")]),
    "misspelt": ("Trainer(max_epoch=1)", [(1, "GW303")]),
    "refused": ("Trainer(model_registry='mine')", [(1, "GW304")]),
    "refused, asking for nothing": ("Trainer(model_registry=None)", []),
    "a strategy": ("Trainer(strategy='deepspeed_stage_2')", [(1, "GW304")]),
    "dp": ("Trainer(strategy='dp')", [(1, "GW105")]),
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


@pytest.mark.parametrize(
    ("name", "value", "today"),
    [
        ("gpus", 2, "accelerator='gpu', devices=2"),
        ("gpus", [0, 1], "accelerator='gpu', devices=[0, 1]"),
        ("gpus", 0, "accelerator='cpu'"),
        ("gpus", UNKNOWN, "accelerator='gpu' and devices=; accelerator='cpu' for none"),
        ("checkpoint_callback", False, "enable_checkpointing=False"),
        ("weights_summary", None, "enable_model_summary=False"),
        ("weights_summary", "full", "enable_model_summary=False for None, ModelSummary(max_depth=...) in callbacks="),
        ("max_nb_epochs", 3, "max_epochs=3"),
        ("amp_backend", "native", "nothing; leave it out"),
        ("strategy", None, "nothing; leave it out"),
        ("accelerator", "ddp_cpu", "accelerator='cpu', strategy='ddp'"),
        ("accelerator", "ddp", "strategy='ddp', accelerator='cpu'"),
    ],
)
def test_what_is_of_lightning_1_is_told_with_the_new_spelling(name: str, value: object, today: str) -> None:
    code, text = argument(Keyword(name, 1, 1, value))
    assert (code, text.rpartition("Today: ")[2]) == ("GW105", today)


def test_a_slip_of_the_pen_is_told_the_nearest_name() -> None:
    assert argument(Keyword("max_epoch", 1, 1)) == (
        "GW303",
        "Trainer(max_epoch=): there is no such argument. Did you mean 'max_epochs'?",
    )

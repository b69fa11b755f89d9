"""The written classes have what the program uses, and nothing else."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.made import writing
from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.writing.classes import PLAIN_MODULE, PLAIN_STATE, PLAIN_TRAINER, module_class, trainer_class
from groundwire_tools.eject.writing.lines import lines_of_block


def base(use: str) -> str:
    return lines_of_block(module_class(writing(program(members=f"def on_fit_end(self):\n    {use}\n"))))


@pytest.mark.parametrize(
    ("use", "line"),
    [
        ("self.current_epoch", "def current_epoch(self) -> int:"),
        ("self.device", "def device(self) -> torch.device:"),
        ("self.print(1)", "def print(self, *values: Any) -> None:"),
        ("self.optimizers()", "return self.trainer.optimizers[0]"),
        ("self.manual_backward(1)", "loss.backward(*arguments, **options)"),
        ("self.toggle_optimizer(1)", "parameter.requires_grad = required and parameter in own"),
        ("self.clip_gradients(1)", "torch.nn.utils.clip_grad_norm_(parameters, limit)"),
        ("self.log_dict({})", "self.log(name, value, **how)"),
        ("self.global_rank", "global_rank = 0"),
    ],
)
def test_a_member_is_there_where_it_is_used(use: str, line: str) -> None:
    assert line in base(use)
    assert line not in base("pass")


def test_a_name_of_the_trainers_is_none_of_the_modules() -> None:
    assert "current_epoch" not in base("self.trainer.current_epoch")


@pytest.mark.parametrize(
    ("use", "line"),
    [
        ("trainer.world_size", "self.world_size = 1"),
        ("trainer.is_global_zero", "self.is_global_zero = True"),
        ("trainer.current_epoch", "self.current_epoch = 0"),
        ("trainer.should_stop", "self.should_stop = False"),
        ("trainer.gradient_clip_val", "self.gradient_clip_val = None"),
    ],
)
def test_a_trainer_knows_what_it_is_asked(use: str, line: str) -> None:
    source = program(members=f"def on_fit_end(self):\n    self.{use}\n")
    assert line in lines_of_block(trainer_class(writing(source)))
    assert line not in lines_of_block(trainer_class(writing()))


def test_deterministic_algorithms_are_asked_for() -> None:
    text = lines_of_block(trainer_class(writing(None, {"deterministic": "warn"})))
    assert "torch.use_deterministic_algorithms(True, warn_only=True)" in text


def test_names_are_told_once() -> None:
    assert not PLAIN_STATE & set(PLAIN_TRAINER)
    assert "logger" not in PLAIN_MODULE

"""The options of a Trainer on a command line."""

from argparse import ArgumentParser, Namespace

import pytest

import groundwire_lightning as L
from groundwire_lightning.trainer.arguments import ARGUMENTS
from groundwire_lightning.trainer.lightning_1.options import arguments_in, trainer_options
from groundwire_lightning.trainer.lightning_1.rows import OLD_ARGUMENTS


def read(*words):
    return L.Trainer.add_argparse_args(ArgumentParser()).parse_args(words)


def test_every_option_is_an_argument_that_the_constructor_takes():
    known = {row.name for row in ARGUMENTS} | {row.name for row in OLD_ARGUMENTS}
    assert {option.name for option in trainer_options()} <= known


def test_what_only_earlier_releases_had_is_there_once_it_is_written():
    assert not hasattr(read(), "weights_summary")
    assert read("--weights_summary", "full").weights_summary == "full"
    assert read("--progress_bar_refresh_rate", "0").progress_bar_refresh_rate == 0


def test_an_option_that_the_program_has_is_left_to_it():
    parser = ArgumentParser()
    parser.add_argument("--max_epochs", type=str, default="many")
    parser = L.Trainer.add_argparse_args(parser)
    parser.add_argument("--weights_save_path", default="mine")
    args = parser.parse_args([])
    assert (args.max_epochs, args.weights_save_path) == ("many", "mine")


def test_defaults_are_not_passed_on_but_for_the_device_that_they_mean():
    assert arguments_in(vars(read()), []) == {"accelerator": None}
    words = ("--max_epochs", "3", "--checkpoint_callback", "no", "--gpus", "0")
    assert arguments_in(vars(read(*words)), []) == {
        "accelerator": None,
        "max_epochs": 3,
        "checkpoint_callback": False,
        "gpus": 0,
    }


@pytest.mark.parametrize("name", ["enable_autolog_hparams", "barebones"])
def test_todays_arguments_are_taken_from_what_was_read(name):
    args = Namespace(**{name: True, "own": 3})
    assert getattr(L.Trainer.from_argparse_args(args, logger=False, enable_checkpointing=None), name) is True


def test_the_help_of_each_option_can_be_printed(capsys):
    with pytest.raises(SystemExit):
        read("--help")
    shown = capsys.readouterr().out
    assert "pl.Trainer" in shown
    assert all(f"--{name}" in shown for name in ("max_epochs", "gpus", "weights_summary"))

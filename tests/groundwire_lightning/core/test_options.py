"""Options of a command line; those of whole programs are compared with Lightning 1 in tests/lightning_1."""

from argparse import ArgumentParser, Namespace
from typing import Literal

import pytest

from groundwire_lightning.core import options
from groundwire_lightning.core.options import HasOptions, str_to_bool, str_to_bool_or_int, str_to_bool_or_str


class Thing(HasOptions):
    """A thing.

    Args:
        size: How large
            it is.
        name: What it is called.
    """

    DEPRECATED_NAMES = ("old", "older")

    def __init__(
        self, size: int = 3, name: str | None = None, loud: bool = False, kind: Literal["a", "b"] = "a", *args
    ):
        self.size, self.name, self.loud, self.kind = size, name, loud, kind


class Needy(HasOptions):
    def __init__(self, size: int):
        self.size = size


def read(cls, *words):
    return cls.add_argparse_args(ArgumentParser()).parse_args(words)


def test_arguments_of_plain_types_become_options():
    assert vars(read(Thing)) == {"size": 3, "name": None, "loud": False, "kind": "a"}
    assert vars(read(Thing, "--size", "4", "--name", "x", "--loud", "--kind", "b")) == {
        "size": 4,
        "name": "x",
        "loud": True,
        "kind": "b",
    }


def test_what_has_no_default_has_to_be_there(capsys):
    with pytest.raises(SystemExit):
        read(Needy)
    assert "--size" in capsys.readouterr().err
    assert Needy.from_argparse_args(read(Needy, "--size", "2")).size == 2


def test_a_thing_is_made_of_what_was_read_and_of_what_takes_its_place(monkeypatch):
    parser = Thing.add_argparse_args(ArgumentParser())
    parser.add_argument("--own", default=1)
    thing = Thing.from_argparse_args(parser.parse_args(["--size", "4"]), name="given")
    assert (thing.size, thing.name) == (4, "given")
    monkeypatch.setattr("sys.argv", ["program", "--loud"])
    assert Thing.from_argparse_args(parser).loud is True


def test_a_flag_without_a_value_is_on():
    assert vars(Thing.parse_argparser(Namespace(loud=None, name=None, own=None))) == {
        "loud": True,
        "name": None,
        "own": None,
    }


def test_a_group_of_arguments_is_no_parser():
    with pytest.raises(RuntimeError, match="an ArgumentParser is due"):
        Thing.add_argparse_args(ArgumentParser().add_argument_group("mine"))


def test_a_parser_may_be_left_alone():
    own = ArgumentParser(add_help=False)
    own.add_argument("--own")
    both = Thing.add_argparse_args(own, use_argument_group=False)
    assert both is not own
    assert vars(both.parse_args(["--own", "1", "--size", "2"]))["size"] == 2
    with pytest.raises(SystemExit):
        own.parse_args(["--size", "2"])


def test_names_defaults_and_deprecated_names_are_listed():
    assert [name for name, _, _ in Thing.get_init_arguments_and_types()] == ["size", "name", "loud", "kind"]
    assert Thing.default_attributes() == {"size": 3, "name": None, "loud": False, "kind": "a"}
    assert Thing.get_deprecated_arg_names() == ["old", "older"]


def test_environment_variables_are_matched(monkeypatch):
    monkeypatch.setenv("PL_THING_SIZE", "5")
    monkeypatch.setenv("PL_THING_NAME", "word")
    assert vars(Thing.match_env_arguments()) == {"size": 5, "name": "word"}


TEXTS = [
    (options.str_to_bool, "Yes", True),
    (options.str_to_bool, "0", False),
    (options.str_to_bool_or_str, "off", False),
    (options.str_to_bool_or_str, "power", "power"),
    (options.str_to_bool_or_int, "1", True),
    (options.str_to_bool_or_int, "3", 3),
    (options.str_to_bool_or_int, "three", "three"),
    (options.int_or_float, "3", 3),
    (options.int_or_float, "3.", 3.0),
    (options.cards, "0,1", "0,1"),
    (options.cards, "-1", -1),
    (options.int_or_str, "bf16", "bf16"),
    (options.int_or_str, "16", 16),
]


@pytest.mark.parametrize(("reader", "text", "value"), TEXTS)
def test_a_text_is_read(reader, text, value):
    read = reader(text)
    assert (read, type(read)) == (value, type(value))


def test_a_word_that_is_no_truth_is_refused():
    with pytest.raises(ValueError, match="'maybe' is neither true nor false"):
        options.str_to_bool("maybe")


KINDS = [((bool,), "yes", True), ((bool, int), "2", 2), ((bool, str), "warn", "warn"), ((bool, float), "2", 2.0)]
KINDS += [((int, float), "2", 2), ((str, int), "2", "2"), ((float,), "2", 2.0)]


@pytest.mark.parametrize(("types", "text", "value"), KINDS)
def test_the_reader_follows_from_the_types(types, text, value):
    read = options.reader_of(types)(text)
    assert (read, type(read)) == (value, type(value))


def test_descriptions_are_taken_from_the_docstring():
    assert options.described(Thing.__doc__) == {"size": "How large it is.", "name": "What it is called."}
    assert options.described("Nothing.") == {}


@pytest.mark.parametrize(
    ("word", "value"),
    [("Yes", True), ("1", True), ("on", True), ("F", False), ("0", False), ("max", "max"), ("7", "7")],
)
def test_a_word_means_true_or_false_or_itself(word: str, value: bool | str) -> None:
    assert str_to_bool_or_str(word) == value
    if isinstance(value, bool):
        assert str_to_bool(word) is value
    else:
        with pytest.raises(ValueError, match=word):
            str_to_bool(word)


@pytest.mark.parametrize(("word", "value"), [("true", True), ("12", 12), ("off", False), ("auto", "auto")])
def test_a_number_is_one(word: str, value: bool | int | str) -> None:
    assert str_to_bool_or_int(word) == value

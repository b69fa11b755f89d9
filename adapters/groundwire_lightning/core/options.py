"""Options of a command line for the arguments of a class, as ``add_argparse_args`` of Lightning 1 made them."""

from __future__ import annotations

import inspect
import os
from argparse import SUPPRESS, ArgumentParser, Namespace, _ArgumentGroup
from ast import literal_eval
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NamedTuple, get_origin

from groundwire_lightning.core.old import old_method

Reader = Callable[[str], Any]
_WORDS: Any = Literal
PLAIN = (str, int, float, bool)
"""Types that an option can have, in the order in which the first is taken."""
_TRUE, _FALSE = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")


class Option(NamedTuple):
    """An argument of a class as an option.

    Attributes:
        name: The argument.
        types: The types that it takes.
        default: Its default.
        help: What it is about.
        is_gone: Only earlier releases had it: it is taken where it is written, and has no default.
    """

    name: str
    types: tuple[Any, ...]
    default: Any
    help: str | None = None
    is_gone: bool = False


class HasOptions:
    """Gives a class the class methods of Lightning 1 that make options of its arguments, and an object of them."""

    @classmethod
    def _options(cls) -> list[Option]:
        """The options for the arguments of the constructor, as its annotations have them."""
        return options_of(cls)

    @classmethod
    def _arguments_in(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The arguments of the constructor among the values of a command line."""
        return {name: values[name] for name in inspect.signature(cls).parameters if name in values}

    @classmethod
    @old_method("inspect.signature of the class")
    def get_init_arguments_and_types(cls) -> list[tuple[str, tuple[Any, ...], Any]]:
        """The arguments of the constructor: name, types and default of each."""
        return get_init_arguments_and_types(cls)

    @classmethod
    @old_method("LightningCLI, or parser.add_argument for each argument")
    def add_argparse_args(cls, parent_parser: ArgumentParser, *, use_argument_group: bool = True) -> ArgumentParser:
        """Add an option for each argument of the constructor; see the function of this name."""
        return add_argparse_args(cls, parent_parser, use_argument_group=use_argument_group)

    @classmethod
    @old_method("parser.parse_args()")
    def parse_argparser(cls, arg_parser: ArgumentParser | Namespace) -> Namespace:
        """The values of a command line; see the function of this name."""
        return parse_argparser(cls, arg_parser)

    @classmethod
    @old_method("the class with the arguments by name, or LightningCLI")
    def from_argparse_args(cls, args: Namespace | ArgumentParser, **kwargs: Any) -> Any:
        """Make an object of the values of a command line; see the function of this name."""
        return from_argparse_args(cls, args, **kwargs)

    @classmethod
    @old_method("nothing; what a call leaves out is looked for there")
    def match_env_arguments(cls) -> Namespace:
        """The arguments that environment variables such as ``PL_TRAINER_MAX_EPOCHS`` have a value for."""
        return parse_env_variables(cls)

    @classmethod
    @old_method("nothing")
    def get_deprecated_arg_names(cls) -> list[str]:
        """Names in the class attributes that begin with ``DEPRECATED``."""
        listed = (value for name, value in vars(cls).items() if name.startswith("DEPRECATED"))
        return [name for names in listed if isinstance(names, (tuple, list)) for name in names]

    @classmethod
    @old_method("inspect.signature of the class")
    def default_attributes(cls) -> dict[str, Any]:
        """The default of each argument of the constructor."""
        return {name: default for name, _, default in get_init_arguments_and_types(cls)}


# the functions that Lightning 1 had in utilities.argparse, which take any class


def _options_for(cls: Any) -> list[Option]:
    return cls._options() if issubclass(cls, HasOptions) else options_of(cls)


def get_init_arguments_and_types(cls: Any) -> list[tuple[str, tuple[Any, ...], Any]]:
    """The arguments of the constructor of a class: name, types and default of each."""
    return [option[:3] for option in _options_for(cls) if not option.is_gone]


def add_argparse_args(cls: Any, parent_parser: ArgumentParser, *, use_argument_group: bool = True) -> ArgumentParser:
    """Add an option for each argument of the constructor of a class whose type is a plain one.

    Args:
        cls: The class.
        parent_parser: The parser. An option that it has already is left as it is.
        use_argument_group: False leaves it alone, and returns another one with its options and these.

    Returns:
        The parser that has the options.

    Raises:
        RuntimeError: It is no parser.
    """
    if isinstance(parent_parser, _ArgumentGroup):
        raise RuntimeError("add_argparse_args: an ArgumentParser is due, not a group of its arguments")
    parser, group = parent_parser, None
    if use_argument_group:
        group = parent_parser.add_argument_group(_title(cls))
    else:
        parser = ArgumentParser(parents=[parent_parser], add_help=False)
    for option in _options_for(cls):
        _add(group or parser, parser, option)
    for container in (parser, *parser._action_groups):
        container.conflict_handler = "resolve"  # an option that the program adds later is the one it means
    return parser


def parse_argparser(cls: Any, arg_parser: ArgumentParser | Namespace) -> Namespace:
    """The values of a command line, with True for a flag of a class that was written without a value.

    Args:
        cls: The class.
        arg_parser: The parser, or what it read.
    """
    args = arg_parser.parse_args() if isinstance(arg_parser, ArgumentParser) else arg_parser
    options = get_init_arguments_and_types(cls)
    flags = {name for name, types, default in options if bool in types and isinstance(default, bool)}
    return Namespace(**{name: True if value is None and name in flags else value for name, value in vars(args).items()})


def from_argparse_args(cls: Any, args: Namespace | ArgumentParser, **kwargs: Any) -> Any:
    """Make an object of the values of a command line.

    Args:
        cls: Its class.
        args: The values, or the parser. Those are taken that are arguments of the class.
        **kwargs: Arguments that take the place of these.
    """
    values = vars(parse_argparser(cls, args) if isinstance(args, ArgumentParser) else args)
    known = inspect.signature(cls).parameters
    own = {name: values[name] for name in known if name in values}
    return cls(**{**(cls._arguments_in(values) if issubclass(cls, HasOptions) else own), **kwargs})


def options_of(cls: type) -> list[Option]:
    """The options for the arguments of a class, as the annotations of its constructor have them."""
    help_texts = described(inspect.getdoc(cls.__init__) or inspect.getdoc(cls) or "")  # type: ignore[misc]  # not called
    parameters = [one for one in inspect.signature(cls).parameters.values() if one.name not in ("args", "kwargs")]
    return [Option(one.name, _types(one.annotation), one.default, help_texts.get(one.name)) for one in parameters]


def _types(annotation: Any) -> tuple[Any, ...]:
    members = getattr(annotation, "__args__", None)
    if not isinstance(members, tuple):
        return (annotation,)
    if get_origin(annotation) is _WORDS:
        return tuple({type(member) for member in members})
    if any(get_origin(member) is _WORDS for member in members):
        words = [getattr(member, "__args__", None) for member in members]
        # as in Lightning 1, which made no option of words beside a type
        return (annotation,) if None in words else tuple({type(word) for group in words for word in group or ()})
    return members


def _title(cls: type) -> str:
    home = cls.__module__.partition(".")[0]
    return f"pl.{cls.__name__}" if home == "groundwire_lightning" else f"{cls.__module__}.{cls.__qualname__}"


def _add(group: Any, parser: ArgumentParser, option: Option) -> None:
    types = tuple(kind for kind in PLAIN if kind in option.types)
    flag = f"--{option.name}"
    if not types or flag in parser._option_string_actions:
        return
    is_needed = option.default is inspect.Parameter.empty
    more = {"nargs": "?", "const": True} if bool in types else {}
    group.add_argument(
        flag,
        dest=option.name,
        default=SUPPRESS if option.is_gone else option.default,
        type=_READERS.get(option.name) or reader_of(types),
        help=option.help,
        required=is_needed,
        **more,
    )


def reader_of(types: tuple[type, ...]) -> Reader:
    """The reader of the text of an option that takes some plain types."""
    if bool in types:
        if len(types) == 1:
            return str_to_bool
        if int in types:
            return str_to_bool_or_int
        return str_to_bool_or_str if str in types else float
    if set(types) == {int, float}:
        return int_or_float
    return types[0]


def str_to_bool_or_str(val: str) -> str | bool:
    """True or False for a word that means it, else the text."""
    word = val.lower()
    return True if word in _TRUE else False if word in _FALSE else val


def str_to_bool(val: str) -> bool:
    """True or False for a word that means it.

    Raises:
        ValueError: It means neither.
    """
    value = str_to_bool_or_str(val)
    if isinstance(value, bool):
        return value
    raise ValueError(f"{val!r} is neither true nor false")


def str_to_bool_or_int(val: str) -> bool | int | str:
    """True or False for a word that means it, a number for a number, else the text."""
    value = str_to_bool_or_str(val)
    if isinstance(value, bool):
        return value
    with suppress(ValueError):
        return int(value)
    return value


def int_or_float(val: str) -> int | float:
    """A whole number, or with a point a fraction."""
    return float(val) if "." in str(val) else int(val)


def cards(val: str) -> int | str:
    """A number of cards, or a text of their indices."""
    return val if "," in val else int(val)


def int_or_str(val: str) -> int | str:
    """A number for a number, else the text."""
    try:
        return int(val)
    except ValueError:
        return val


_READERS: dict[str, Reader] = {"gpus": cards, "tpu_cores": cards, "track_grad_norm": float, "precision": int_or_str}
"""Arguments whose text is read in a way that does not follow from their types."""


def described(docstring: str) -> dict[str, str]:
    """Argument to its description in a docstring."""
    texts: dict[str, str] = {}
    indent, name = -1, ""
    for line in docstring.splitlines():
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        if text in ("Args:", "Arguments:", "Parameters:"):
            indent = depth + 4
        elif text and indent >= 0 and depth < indent:
            break
        elif depth == indent and ":" in text:
            name, _, rest = text.partition(":")
            texts[name] = rest.strip()
        elif text and depth > indent >= 0 and name:
            texts[name] += f" {text}"
    return texts


def parse_env_variables(cls: Any, template: str = "PL_%(cls_name)s_%(cls_argument)s") -> Namespace:
    """The arguments of a class that environment variables have a value for.

    Args:
        cls: The class.
        template: How a variable is named.
    """
    values: dict[str, Any] = {}
    for option in _options_for(cls):
        names = {"cls_name": cls.__name__.upper(), "cls_argument": option.name.upper()}
        if text := os.environ.get(template % names):
            values[option.name] = text
            with suppress(ValueError, SyntaxError):  # a word, such as "gpu", stays as it is
                values[option.name] = literal_eval(text)
    return Namespace(**values)

import enum
from pathlib import Path
from typing import Any, Literal

import pytest

from groundwire_lightning.core.needs import Unknown, hints_of, without_code


class Act(enum.Enum):
    RELU = "relu"


A_CLASS = {"class_path": "torch.nn.ReLU", "init_args": {}}


@pytest.mark.parametrize(
    ("value", "hint", "argument"),
    [
        (3, int, 3),
        (3, float, 3.0),
        (None, int | None, None),
        ("adam", Literal["adam", "sgd"], "adam"),
        ([1, 2], tuple[int, ...], (1, 2)),
        ([1, 2], set[int], {1, 2}),
        ({"a": [1]}, dict[str, list[int]], {"a": [1]}),
        ("x", Path, Path("x")),
        ("RELU", Act, Act.RELU),
        ("relu", str | None, "relu"),
        ({"a": [1]}, Any, {"a": [1]}),
        ("torch.nn.ReLU", None, "torch.nn.ReLU"),
    ],
)
def test_what_an_annotation_can_be_needs_no_code(value, hint, argument):
    assert without_code(value, hint) == (argument, "")


@pytest.mark.parametrize(
    ("value", "hint", "needed"),
    [
        (A_CLASS, object, "torch.nn.ReLU"),
        ([A_CLASS], list[Any], "torch.nn.ReLU"),
        ("torch.nn.ReLU", type | str, "'torch.nn.ReLU'"),
        ("torch.nn.ReLU", Unknown, "'torch.nn.ReLU'"),
        ("{class_path: torch.nn.ReLU}", str, "'{class_path: torch.nn.ReLU}'"),
        ("a", int, "'a' for int"),
        ("TANH", Act, "'TANH' for Act"),
    ],
)
def test_what_only_code_can_make_is_named(value, hint, needed):
    assert without_code(value, hint) == (value, needed)


def test_annotations_are_those_of_the_class_and_of_its_bases():
    class Base:
        def __init__(self, width: int, depth: "int" = 1) -> None: ...

    class Wide(Base):
        def __init__(self, act: "Nowhere", width: float = 1.0) -> None: ...  # noqa: F821  # cannot be read

    assert hints_of(Wide) | {"return": None} == {
        "self": Unknown, "act": Unknown, "width": Unknown, "depth": int, "return": None
    }  # fmt: skip

import _codecs
import argparse
import collections
import datetime
import io
import pathlib
import types

import pytest
import torch

from groundwire.saved.archive import load
from groundwire.saved.unpickling import BrokenFileError


def written_and_read(value):
    file = io.BytesIO()
    torch.save(value, file)
    return load(file)


PLAIN = [
    *(1j, range(3), slice(1, 2), bytearray(b"a"), b"\xff", frozenset([1]), {(1, 2): 3}),
    *(collections.OrderedDict(a=1), collections.Counter("aab"), collections.defaultdict(list, a=[1])),
    *(datetime.timedelta(hours=1), datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc), pathlib.Path("x")),
    *(argparse.Namespace(a=1), types.SimpleNamespace(a=1)),
    *(torch.Size([1]), torch.device("cpu"), torch.float16, torch.strided),
]


@pytest.mark.parametrize("value", PLAIN, ids=str)
def test_a_plain_value_comes_back_as_it_was_written(value):
    again = written_and_read({"it": value})["it"]
    assert type(again) is type(value)
    assert again == value


class Calls:
    """What becomes a call as it is pickled."""

    def __init__(self, called, *arguments):
        self.call = called, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Calls(list, range(9)), "with a range"),
        (Calls(bytearray, 9), "with a int"),
        (Calls(dict, "ab"), "with a str"),
        (Calls(_codecs.encode, "a", "rot13"), "codec 'rot13'"),
        (Calls(collections.defaultdict, 3), "makes missing values"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.call[0].__name__,
)
def test_a_maker_takes_nothing_that_could_run_or_exhaust(call, said):
    with pytest.raises(BrokenFileError, match=said):
        written_and_read(call)


def test_what_the_program_allows_is_read():
    with torch.serialization.safe_globals([Allowed]):
        assert written_and_read(Allowed(3)).number == 3
    assert not isinstance(written_and_read(Allowed(3)), Allowed)


class Allowed:
    def __init__(self, number):
        self.number = number

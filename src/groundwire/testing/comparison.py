"""The comparison of two records: whether the runs were the same, or the first place at which they were not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, NamedTuple

from groundwire.testing.records import Record

__all__ = ["KINDS", "NOTHING", "Comparison", "Difference", "Row", "compare"]

KINDS = ("losses", "optimizer steps", "hooks", "logged", "random state", "weights", "files")
"""What is compared; where two differ at one moment, the first of these is the first place."""
_OF_EVENTS = {
    "loss": "losses",
    "step": "optimizer steps",
    "call": "hooks",
    "logged": "logged",
    "metrics": "logged",
    "result": "logged",
    "end": "hooks",
    "random": "random state",
    "weights": "weights",
}
_MOST_ALIGNED = 4_000_000
NOTHING = "nothing"
"""What a run has that does not come to a place of the other."""


class Difference(NamedTuple):
    """A place at which two runs differ.

    Attributes:
        kind: One of ``KINDS``.
        where: When it was, or which file.
        what: The name of the value.
        a: What the first run has there.
        b: What the second run has there.
        largest: The largest absolute difference of the numbers that were kept; None where they are none.
        mean: Its mean over these numbers.
        others: So many more values differ at this place.
    """

    kind: str
    where: str
    what: str
    a: str
    b: str
    largest: float | None = None
    mean: float | None = None
    others: int = 0

    def told(self, a: str, b: str) -> str:
        """The difference in a few lines, with the names of the two runs."""
        width = max(len(a), len(b))
        lines = [f"{self.kind}: {self.what}, {self.where}", f"  {a:<{width}}  {self.a}", f"  {b:<{width}}  {self.b}"]
        if self.largest is not None and self.mean is not None:
            lines.append(f"  largest difference {self.largest:.6g}, mean {self.mean:.6g}")
        if self.others:
            lines.append(f"  and {self.others} more there")
        return "\n".join(lines)


class Row(NamedTuple):
    """How many places of a kind were compared, and how many differ."""

    kind: str
    compared: int
    differ: int


@dataclass(frozen=True)
class Comparison:
    """The outcome.

    Attributes:
        a: The first record.
        b: The second.
        rows: One for each kind that was compared.
        differences: The first difference of each kind that has one, in the order in which they happened.
    """

    a: Record
    b: Record
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]

    @property
    def is_equal(self) -> bool:
        """True where no place differs."""
        return not self.differences


class _Place(NamedTuple):
    """What one moment of a run left: it is named by ``key``, and ``values`` are compared by their names."""

    at: int
    key: str
    where: str
    values: dict[str, Any]


def compare(a: Record, b: Record, rtol: float = 0.0, only: Iterable[str] = KINDS) -> Comparison:
    """Compare two records.

    Args:
        a: One.
        b: The other; where one was ended after some steps, no more of the other is compared.
        rtol: Numbers whose difference is at most this share of B's are equal; so are tensors, by the values or the
            norms that were kept of them.
        only: The kinds to compare.

    Raises:
        ValueError: There is no such kind.
    """
    only = tuple(only)
    if unknown := [kind for kind in only if kind not in KINDS]:
        raise ValueError(f"{unknown[0]!r} is no kind of thing that is compared: {', '.join(KINDS)}")
    cuts = [steps for steps in (a.is_cut, b.is_cut) if steps is not None]
    if a.is_cut != b.is_cut:
        a, b = a.cut(min(cuts)), b.cut(min(cuts))
    elif cuts:
        a, b = replace(a, files=None), replace(b, files=None)
    ones, others = _places(a), _places(b)
    rows, firsts = [], []
    for kind in (kind for kind in KINDS if kind in only):
        if kind == "files" and (a.files is None or b.files is None):
            continue
        row, first = _compared(kind, ones[kind], others[kind], rtol)
        rows.append(row)
        firsts += [first] if first is not None else []
    return Comparison(
        a, b, tuple(rows), tuple(difference for _, difference in sorted(firsts, key=lambda each: each[0]))
    )


def _compared(
    kind: str, ones: list[_Place], others: list[_Place], rtol: float
) -> tuple[Row, tuple[int, Difference] | None]:
    """The row of a kind, and its first difference with the moment at which it happened."""
    pairs = _by_name(ones, others) if kind == "files" else _in_order(ones, others)
    first: tuple[int, Difference] | None = None
    differ = 0
    for one, other in pairs:
        difference = _difference(kind, one, other, rtol)
        if difference is not None:
            differ += 1
            first = first or (min(place.at for place in (one, other) if place is not None), difference)
    return Row(kind, len(pairs), differ), first


def _in_order(ones: list[_Place], others: list[_Place]) -> list[tuple[_Place | None, _Place | None]]:
    """Places side by side; where one run has some more in between, those after them still stand beside their own."""
    a, b = [place.key for place in ones], [place.key for place in others]
    by_number = list(zip_longest(ones, others))
    if a == b or len(a) * len(b) > _MOST_ALIGNED:
        return by_number
    aligned: list[tuple[_Place | None, _Place | None]] = []
    for _, a_from, a_to, b_from, b_to in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        aligned += zip_longest(ones[a_from:a_to], others[b_from:b_to])
    return min(by_number, aligned, key=_of_two_kinds)


def _of_two_kinds(pairs: list[tuple[_Place | None, _Place | None]]) -> int:
    return sum(one is None or other is None or one.key != other.key for one, other in pairs)


def _by_name(ones: list[_Place], others: list[_Place]) -> list[tuple[_Place | None, _Place | None]]:
    by_a, by_b = ({place.key: place for place in places} for places in (ones, others))
    return [(by_a.get(name), by_b.get(name)) for name in sorted({*by_a, *by_b})]


def _difference(kind: str, one: _Place | None, other: _Place | None, rtol: float) -> Difference | None:
    if one is None or other is None:
        there = one or other
        assert there is not None
        sides = (NOTHING, there.key) if one is None else (there.key, NOTHING)
        return Difference(kind, there.where, f"{there.key}, which one side alone has", *sides)
    if one.key != other.key:
        return Difference(kind, one.where, "another one is next", one.key, other.key)
    names = [*one.values, *(name for name in other.values if name not in one.values)]
    apart = [
        (name, row)
        for name in names
        if (row := _apart(one.values.get(name, NOTHING), other.values.get(name, NOTHING), rtol)) is not None
    ]
    if not apart:
        return None
    name, (a, b, largest, mean) = apart[0]
    what = f"{one.key} {name}".strip()
    return Difference(kind, one.where, what, a, b, largest, mean, len(apart) - 1)


# values

_Apart = tuple[str, str, "float | None", "float | None"]


def _apart(a: Any, b: Any, rtol: float) -> _Apart | None:
    """How far two values are apart; None where they are equal."""
    if _is_tensor(a) and _is_tensor(b):
        return _tensors_apart(a, b, rtol)
    if isinstance(a, _Checked) and isinstance(b, _Checked):
        return _sums_apart(a, b, rtol)
    if _is_a_number(a) and _is_a_number(b):
        return None if is_near(a, b, rtol) else (repr(a), repr(b), *_size([a], [b]))
    if type(a).__module__ == type(b).__module__ == "torch":
        return _weights_apart(a, b, rtol)
    return None if a == b else (_brief(a), _brief(b), None, None)


class _Checked(NamedTuple):
    """The sum over the bits of a tensor, and its norm."""

    bits: Any
    norm: float


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"dtype", "shape", "digest", "values"}


def _is_a_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_near(a: float, b: float, rtol: float) -> bool:
    """True for numbers that are equal, both not a number, or at most ``rtol`` of B apart."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    return rtol > 0 and math.isfinite(b) and abs(a - b) <= rtol * abs(b)


def _size(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    sizes = [0.0 if is_near(one, other, 0.0) else abs(one - other) for one, other in zip(a, b, strict=True)]
    return max(sizes, default=0.0), sum(sizes) / max(len(sizes), 1)


def _kind_text(value: dict[str, Any]) -> str:
    return f"{value['dtype']}{value['shape']}"


def _tensors_apart(a: dict[str, Any], b: dict[str, Any], rtol: float) -> _Apart | None:
    if (a["dtype"], a["shape"]) != (b["dtype"], b["shape"]):
        return _kind_text(a), _kind_text(b), None, None
    if a["digest"] == b["digest"]:
        return None
    pairs = list(zip(a["values"], b["values"], strict=True))
    wrong = [pair for pair in pairs if not is_near(*pair, rtol)]
    if not wrong:
        beyond = f"{_kind_text(a)}, whose {len(pairs)} values that were kept are equal"
        return None if rtol > 0 else (beyond, f"the same, and others of it are not ({b['digest']})", None, None)
    sides = (f"{_kind_text(a)} … {wrong[0][0]!r}", f"{_kind_text(b)} … {wrong[0][1]!r}")
    return (*sides, *_size(a["values"], b["values"]))


def _sums_apart(a: _Checked, b: _Checked, rtol: float) -> _Apart | None:
    if a.bits == b.bits or (rtol > 0 and is_near(a.norm, b.norm, rtol)):
        return None
    return f"norm {a.norm!r}", f"norm {b.norm!r}", *_size([a.norm], [b.norm])


def _weights_apart(a: Any, b: Any, rtol: float) -> _Apart | None:
    """Of two whole tensors."""
    import torch

    texts = [f"{str(each.dtype).removeprefix('torch.')}{list(each.shape)}" for each in (a, b)]
    if texts[0] != texts[1]:
        return texts[0], texts[1], None, None
    one, other = (torch.view_as_real(each) if each.is_complex() else each for each in (a, b))
    one, other = one.double(), other.double()
    same = torch.isclose(one, other, rtol=rtol, atol=0.0, equal_nan=True)
    if bool(same.all()):
        return None
    apart = (one - other).abs().nan_to_num(float("inf")).where(~same, 0.0)
    first = int((~same).reshape(-1).nonzero()[0])
    values = [f"{text} … {each.reshape(-1)[first].item()!r}" for text, each in zip(texts, (one, other), strict=True)]
    return values[0], values[1], float(apart.max()), float(apart.mean())


def _brief(value: Any) -> str:
    text = _kind_text(value) if _is_tensor(value) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


# places


def _places(record: Record) -> dict[str, list[_Place]]:
    """The places of a record by their kinds."""
    places: dict[str, list[_Place]] = {kind: [] for kind in KINDS}
    steps, last = 0, "the start"
    for at, event in enumerate(record.events):
        kind = _OF_EVENTS.get(event["k"])
        if kind is None:
            continue
        when = f"after {steps} optimizer step{'' if steps == 1 else 's'}, last hook {last}"
        number = len(places[kind]) + 1
        places[kind].append(_PLACES[event["k"]](at, number, when, event))
        steps += event["k"] == "step"
        last = event["name"] if event["k"] == "call" else last
    end = len(record.events)
    if record.weights:
        places["weights"].append(_Place(end, "weights", "at the end of the run, all values", record.weights))
    for name, content in sorted((record.files or {}).items()):
        places["files"].append(_Place(end, name, "written by the run", content))
    return places


def _of_loss(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    values = {str(index) if index else "": value for index, value in enumerate(event["values"])}
    return _Place(at, "loss", f"backward pass {number}, {when}", values)


def _of_step(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    rates = {f"learning rate of group {index}": rate for index, rate in enumerate(event["rates"])}
    tensors = {name: _Checked(*row) for name, row in event["tensors"].items()}
    return _Place(at, event["optimizer"], f"step {number}, {when}", {**rates, **tensors})


def _of_call(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    losses, steps = event.get("at", (0, 0))
    values = dict(_leaves(event["args"], "argument"))
    moment = {"backward passes before it": losses, "optimizer steps before it": steps}
    return _Place(at, event["name"], f"call {number}, {when}", {**moment, **values})


def _of_logged(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    return _Place(at, f"{event['who']} at step {event['step']}", f"row {number}, {when}", event["values"])


def _of_metrics(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    return _Place(at, event["of"], f"{event['where']}, {when}", event["values"])


def _of_result(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    return _Place(at, f"result of {event['of']}", when, dict(_leaves(event["value"], "")))


def _of_end(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    return _Place(at, "the end of the program", f"call {number}, {when}", {"exit code": event["code"]})


def _of_random(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    return _Place(at, "random state of", f"{event['where']}, {when}", event["states"])


def _of_weights(at: int, number: int, when: str, event: dict[str, Any]) -> _Place:
    return _Place(at, "weights", f"{event['where']}, {when}", event["tensors"])


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The plain values in containers, by the path that leads there."""
    below = [] if _is_tensor(value) else _below(value)
    if not below:
        yield name, value
    for key, entry in below:
        yield from _leaves(entry, f"{name} {key}".strip())


def _below(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


_PLACES = {
    "loss": _of_loss,
    "step": _of_step,
    "call": _of_call,
    "logged": _of_logged,
    "metrics": _of_metrics,
    "result": _of_result,
    "random": _of_random,
    "weights": _of_weights,
    "end": _of_end,
}

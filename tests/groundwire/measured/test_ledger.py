"""Values that are added together are those that would be added one by one, to the bit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire.measured.ledger import EMPTY, FOLD_AFTER, Ledger, Slot, least_dtype, numbers

CPU = torch.device("cpu")
REDUCE = {"mean": torch.add, "sum": torch.add, "min": torch.minimum, "max": torch.maximum}


def alone(reduce, values):
    """What a slot comes to when each of its values is added by itself."""
    running = torch.tensor(EMPTY[reduce])
    for value, weight in values:
        tensor = value if isinstance(value, torch.Tensor) else torch.tensor(value, dtype=torch.float32)
        running = REDUCE[reduce](running, tensor * weight if reduce == "mean" else tensor)
    return running


def same(one, other):
    return one.dtype == other.dtype and torch.equal(one.nan_to_num(123.0), other.nan_to_num(123.0))


VALUES = st.one_of(
    st.floats(-1e6, 1e6, width=32),
    st.integers(-(2**30), 2**30),
    st.just(float("nan")),
    st.floats(-1e6, 1e6, width=32).map(torch.tensor),
    st.floats(-1e6, 1e6).map(lambda number: torch.tensor(number, dtype=torch.float64)),
)
STEPS = st.lists(st.lists(st.tuples(st.integers(0, 3), VALUES, st.integers(1, 4)), max_size=6), min_size=1, max_size=6)


def add(ledger, slot, value, weight, as_number):
    if as_number and isinstance(value, torch.Tensor):
        ledger.add_number(slot, value.item(), weight, value.dtype, CPU)
    else:
        ledger.add(slot, value, weight, CPU)


@settings(deadline=None, max_examples=150)
@given(
    reduce=st.sampled_from(["mean", "sum", "min", "max"]),
    steps=STEPS,
    as_numbers=st.sampled_from([[True], [False], [True, True, False]]),
)
def test_any_order_of_values_gives_what_adding_each_by_itself_gives(reduce, steps, as_numbers):
    ledger, slots = Ledger(), [Slot(reduce, "here") for _ in range(4)]
    kept = [[] for _ in slots]
    for step in steps:
        for index, (which, value, weight) in enumerate(step):
            add(ledger, slots[which], value, weight, as_numbers[index % len(as_numbers)])
            kept[which].append((value, weight))
        ledger.flush()
    for slot, values in zip(slots, kept, strict=True):
        if values:
            assert same(slot.running(), alone(reduce, values))
            assert slot.weight == sum(weight for _, weight in values)
        else:
            assert slot.running() is None


def test_slots_written_together_are_one_vector():
    ledger, slots = Ledger(), [Slot("mean", "here") for _ in range(50)]
    for _ in range(3):
        for index, slot in enumerate(slots):
            ledger.add(slot, torch.tensor(float(index)), 2, CPU)
        ledger.flush()
    assert len({id(slot.group) for slot in slots}) == 1
    assert slots[0].group.vector.tolist() == [index * 6.0 for index in range(50)]


def test_a_slot_that_was_cleared_begins_anew():
    ledger, slots = Ledger(), [Slot("sum", "here"), Slot("sum", "here")]
    for _ in range(2):
        for slot in slots:
            ledger.add(slot, 1.0, 1, CPU)
        ledger.flush()
    slots[0].clear()
    for slot in slots:
        ledger.add(slot, 1.0, 1, CPU)
    ledger.flush()
    assert [slot.running().item() for slot in slots] == [1.0, 3.0]


@pytest.mark.parametrize("reduce", ["mean", "sum", "min", "max"])
def test_many_numbers_are_rounded_one_by_one_as_tensors_are(reduce):
    torch.manual_seed(0)
    values = [(value, 1 + index % 7) for index, value in enumerate(torch.randn(FOLD_AFTER * 2 + 9) * 1e5)]
    values[3] = (torch.tensor(3e38), 7)  # its product is infinite
    ledger, slot = Ledger(), Slot(reduce, "here")
    for value, weight in values:
        ledger.add_number(slot, value.item(), weight, value.dtype, CPU)
    assert same(slot.running(), alone(reduce, values))


def test_a_weight_may_be_a_tensor():
    ledger, slot = Ledger(), Slot("mean", "here")
    ledger.add(slot, 2.5, torch.tensor(4), CPU)
    ledger.flush()
    assert slot.running().item() == 10.0


def test_nothing_is_kept_of_a_graph_or_added_before_it_is_asked_for():
    ledger, slot = Ledger(), Slot("sum", "here")
    ledger.add(slot, torch.ones(()), 1, CPU)
    assert slot.running() is None
    ledger.flush()
    ledger.flush()
    assert slot.running().item() == 1.0


@pytest.mark.parametrize(("default", "least"), [(torch.float16, torch.float32), (torch.float64, torch.float64)])
def test_numbers_are_kept_in_32_bits_or_more(default, least):
    outer = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        assert least_dtype() is least
    finally:
        torch.set_default_dtype(outer)


def test_scalars_are_read_together_and_keep_their_kind():
    values = [torch.tensor(1.5), torch.tensor(3), torch.tensor([2.5]), torch.tensor(True), torch.tensor(0.1).double()]
    assert numbers(values) == [1.5, 3, 2.5, True, torch.tensor(0.1).double().item()]
    assert numbers([]) == []

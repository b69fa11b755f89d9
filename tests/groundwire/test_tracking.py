import copy
import math
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundwire.measured.ledger import FOLD_AFTER
from groundwire.tracking import InMemoryRunHistory, LossTracker, RunHistory

SMALL = st.floats(-1e3, 1e3)


@pytest.fixture
def history():
    return InMemoryRunHistory()


def test_values_are_kept_in_order(history):
    for value in (3, 2, 1):
        history.update_metric("loss", value)
    assert history.get_metric_values("loss") == [3, 2, 1]
    assert history.get_latest_metric("loss") == 1
    assert history.to_dict() == {"loss": [3, 2, 1]}


def test_what_is_read_can_be_changed_without_harm(history):
    history.update_metric("loss", 1)
    history.get_metric_values("loss").append(2)
    history.to_dict()["loss"].append(2)
    history.get_metric_names().clear()
    assert history.to_dict() == {"loss": [1]}


@pytest.mark.parametrize("read", ["get_metric_values", "get_latest_metric", "delete_metric"])
def test_reading_an_unknown_metric_says_what_is_known_and_creates_nothing(history, read):
    history.update_metric("train_loss_epoch", 1.0)
    with pytest.raises(ValueError, match=r"'train_los_epoch'.*Did you mean 'train_loss_epoch'\?.*Recorded:"):
        getattr(history, read)("train_los_epoch")
    assert history.get_metric_names() == {"train_loss_epoch"}


def test_an_empty_history_says_that_it_is_empty(history):
    with pytest.raises(ValueError, match="no metric yet"):
        history.get_latest_metric("loss")


def test_a_prefix_counts_for_what_is_recorded_from_then_on(history):
    history.update_metric("loss", 1)
    history.set_metric_name_prefix("ema_")
    history.update_metric("loss", 2)
    assert history.metric_name_prefix == "ema_"
    assert history.to_dict() == {"loss": [1], "ema_loss": [2]}
    history.set_metric_name_prefix()
    history.update_metric("loss", 3)
    assert history.get_metric_values("loss") == [1, 3]


def test_a_deleted_metric_is_gone(history):
    history.update_metric("loss", 1)
    history.delete_metric("loss")
    assert history.get_metric_names() == set()


def test_epochs_count_from_one_and_reset_starts_over(history):
    assert history.current_epoch == 1
    history._increment_epoch()
    assert history.current_epoch == 2
    history._set_epoch(7)
    history.update_metric("loss", 1)
    history.reset()
    assert (history.current_epoch, history.to_dict()) == (1, {})


def test_a_history_of_ones_own_has_to_write_every_abstract_method():
    assert RunHistory.__abstractmethods__ == {
        "get_metric_names",
        "get_metric_values",
        "get_latest_metric",
        "set_metric_name_prefix",
        "metric_name_prefix",
        "update_metric",
        "delete_metric",
        "current_epoch",
        "_increment_epoch",
        "_set_epoch",
        "reset",
    }


@given(st.lists(st.tuples(SMALL, st.integers(1, 64), st.booleans()), min_size=1, max_size=20), st.integers(1, 40))
def test_the_average_is_the_weighted_mean_however_many_there_are(batches, times):
    tracker = LossTracker()
    batches = batches * times
    for loss, size, as_tensor in batches:
        tracker.update(torch.tensor(loss, dtype=torch.float64) if as_tensor else loss, size)
    count = sum(size for _, size, _ in batches)
    total = math.fsum(loss * size for loss, size, _ in batches)
    assert tracker.running_count == count
    assert tracker.total_loss == pytest.approx(total, rel=1e-9, abs=1e-6)
    assert tracker.average == pytest.approx(total / count, rel=1e-9, abs=1e-6)
    assert tracker.loss_value == batches[-1][0]
    assert tracker.totals().tolist() == [tracker.total_loss, tracker.running_count]


def test_nothing_tracked_is_zero_and_reset_returns_there():
    tracker = LossTracker()
    for _ in range(2):
        assert (tracker.average, tracker.loss_value, tracker.total_loss, tracker.running_count) == (0, 0, 0, 0)
        assert tracker.totals().tolist() == [0, 0]
        assert tracker.first_non_finite is None
        tracker.update(torch.tensor(math.nan), 3)
        tracker.reset()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 5, FOLD_AFTER - 1, FOLD_AFTER, 2 * FOLD_AFTER + 3])
def test_the_first_loss_that_is_not_finite_is_remembered(bad, at):
    tracker = LossTracker()
    for step in range(3 * FOLD_AFTER):
        tracker.update(torch.tensor(bad if step in (at, at + 1, 3 * FOLD_AFTER - 1) else 1.0))
    assert tracker.first_non_finite == at


def test_half_precision_losses_are_added_up_in_double():
    tracker = LossTracker()
    for _ in range(3000):
        tracker.update(torch.tensor(1.0, dtype=torch.bfloat16), 32)
    assert tracker.total_loss == 96000


def test_a_loss_is_copied_and_keeps_no_graph():
    tracker = LossTracker()
    loss = torch.ones((), requires_grad=True) * 2
    tracker.update(loss)
    with torch.no_grad():
        loss.mul_(100)
    assert tracker.average == 2
    assert not tracker.totals().requires_grad


def test_totals_are_a_copy():
    tracker = LossTracker()
    tracker.update(2.0)
    tracker.totals().zero_()
    assert tracker.average == 2


def test_weights_may_be_tensors_and_losses_of_one_element_have_any_shape():
    tracker = LossTracker()
    tracker.update(torch.tensor([3.0]), torch.tensor(1))
    tracker.update(torch.tensor([[6.0]]), 2)
    assert tracker.average == 5


@pytest.mark.parametrize("shape", [(4,), (0,), (2, 2)])
def test_a_loss_with_other_than_one_element_is_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(\d.*reduce it first"):
        LossTracker().update(torch.ones(shape))


def test_it_goes_on_after_inference_mode():
    tracker = LossTracker()
    with torch.inference_mode():
        for _ in range(FOLD_AFTER + 1):
            tracker.update(torch.tensor(1.0))
    for _ in range(FOLD_AFTER + 1):
        tracker.update(torch.tensor(3.0))
    assert tracker.average == 2


def test_updating_never_reads_a_tensor(monkeypatch):
    def read(*_):
        raise AssertionError("a tensor was read")

    losses = [torch.tensor(1.0) for _ in range(2 * FOLD_AFTER)]
    for name in ("item", "tolist", "__float__", "__int__", "__bool__", "cpu", "numpy"):
        monkeypatch.setattr(torch.Tensor, name, read)
    tracker = LossTracker("cpu")
    for loss in losses:
        tracker.update(loss, 8)
    tracker.totals()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_it_can_be_copied(copied):
    tracker = LossTracker("cpu")
    tracker.update(torch.tensor(2.0), 4)
    other = copied(tracker)
    tracker.update(4.0, 4)
    assert (other.average, tracker.average) == (2, 3)

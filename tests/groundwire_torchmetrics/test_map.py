from groundwire import HOOKS
from groundwire_torchmetrics import TORCHMETRICS, MetricsCallback
from groundwire_torchmetrics.map import Moments


def moments():
    return [name for name, value in vars(Moments).items() if callable(value) and not name.startswith("_")]


def test_every_moment_has_a_row_and_every_row_a_moment():
    assert TORCHMETRICS.sources() == {f"MetricsCallback.{name}" for name in moments()}


def test_the_callback_brings_every_moment():
    assert {name for name in moments() if name in vars(MetricsCallback)} == set(moments())


def test_the_rows_stand_in_the_order_of_a_run():
    order = list(HOOKS)
    places = {phase: [] for phase in ("train", "eval")}
    for line in TORCHMETRICS.rows:
        for phase, hooks in places.items():
            if line.method.endswith(phase):
                hooks.append(order.index(line.hook))
    assert all(hooks == sorted(hooks) and len(hooks) == 4 for hooks in places.values())

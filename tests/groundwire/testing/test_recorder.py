"""The recorder: what it hears of torch, of a Trainer and of the user's classes, and that it changes nothing."""

from __future__ import annotations

import ast
import io
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.groundwire.testing.loops import plain_loop

import groundwire.testing.recorder as under_test
from groundwire.testing.recorder import Recorder


def heard(run: Callable[[], object]) -> list[dict[str, Any]]:
    out = io.StringIO()
    recorder = Recorder(out)
    recorder.start()
    try:
        run()
    finally:
        recorder.stop()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["k"] == kind]


def test_losses_and_steps_of_a_plain_loop_are_heard() -> None:
    events = heard(plain_loop(steps=2))
    assert [event["k"] for event in events] == ["start", "loss", "step", "loss", "step", "end"]
    (step, _) = of_kind(events, "step")
    assert (step["optimizer"], step["rates"], list(step["tensors"])) == ("SGD 0", [0.1], ["parameter 0", "parameter 1"])


def test_the_rates_of_each_group_and_optimizer_are_heard() -> None:
    def run() -> None:
        one, other = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
        first = torch.optim.SGD([{"params": [one], "lr": 1.0}, {"params": [other], "lr": torch.tensor(0.5)}])
        second = torch.optim.Adam([one])
        (one + other).sum().backward()
        for optimizer in (second, first, second):
            optimizer.step()

    steps = [(step["optimizer"], step["rates"]) for step in of_kind(heard(run), "step")]
    assert steps == [("Adam 0", [0.001]), ("SGD 1", [1.0, 0.5]), ("Adam 0", [0.001])]


def test_a_backward_pass_within_one_is_a_part_of_it() -> None:
    def run() -> None:
        layer = torch.nn.Linear(2, 2)
        x = torch.ones(1, 2, requires_grad=True)
        torch.utils.checkpoint.checkpoint(layer, x, use_reentrant=True).sum().backward()
        torch.autograd.backward([layer(x).sum(), layer(x).mean()])

    assert [len(event["values"]) for event in of_kind(heard(run), "loss")] == [1, 2]


def test_a_tensor_that_is_no_number_is_heard_in_summary() -> None:
    (loss,) = of_kind(heard(lambda: torch.ones(3, requires_grad=True).backward(torch.ones(3))), "loss")
    assert loss["values"][0]["shape"] == [3]


def test_other_threads_and_processes_are_not_heard() -> None:
    def run() -> None:
        thread = threading.Thread(target=plain_loop(steps=1))
        thread.start()
        thread.join()
        if (child := os.fork()) == 0:
            plain_loop(steps=1)()
            os._exit(0)
        os.waitpid(child, 0)

    assert [event["k"] for event in heard(run)] == ["start", "end"]


def test_later_steps_are_told_by_one_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "DETAILED_STEPS", 1)
    first, second = of_kind(heard(plain_loop(steps=2)), "step")
    assert (len(first["tensors"]), list(second["tensors"])) == (2, ["all together"])


def test_everything_is_put_back() -> None:
    before = torch.autograd.backward
    heard(plain_loop())
    assert torch.autograd.backward is before
    assert of_kind(heard(lambda: None), "step") == []


def test_an_error_goes_on_its_way_and_everything_is_put_back() -> None:
    before = torch.autograd.backward
    with pytest.raises(ZeroDivisionError):
        heard(lambda: 1 / 0)
    assert torch.autograd.backward is before


# a Trainer, for which the shape of one will do


class Trainer:
    """Calls what a Trainer would."""

    global_step, current_epoch, sanity_checking = 2, 0, False
    lightning_module = None

    def __init__(self) -> None:
        self.callbacks: list[Any] = []
        self.loggers: list[Any] = []
        self.callback_metrics = self.logged_metrics = {"loss": torch.tensor(0.5)}

    def fit(self, model: Any) -> None:
        for number in range(2):
            model.on_train_batch_start("batch", batch_idx=number)
        for logger in self.loggers:
            logger.log_metrics({"loss": torch.tensor(0.5)}, step=3)
        model.on_train_epoch_end()

    def validate(self, model: Any) -> list[dict[str, float]]:
        return [{"loss": 0.5}]

    test = predict = validate


Trainer.__module__ = "groundwire_lightning.trainer.trainer"


class Base(torch.nn.Linear):
    """Stands for LightningModule."""

    def on_train_epoch_end(self) -> None: ...


Base.__module__ = "groundwire_lightning.core.module"


class Net(Base):
    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.helped()

    def helped(self) -> None: ...
    def helped_by_numbers(self, numbers: torch.Tensor) -> torch.Tensor:
        return numbers + 1

    def state_dict(self) -> None: ...
    def _private(self) -> None: ...


class Logger:
    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        if step is not None:
            self.log_metrics(metrics)


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    module = type(under_test)("groundwire_lightning.trainer.trainer")
    module.Trainer = Trainer
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Trainer()


def test_calls_of_a_trainer_and_of_the_users_methods_are_heard(trainer: Trainer) -> None:
    events = heard(lambda: trainer.fit(Net(2, 1)))
    calls = [(event["name"], event["args"]) for event in of_kind(events, "call")]
    assert calls == [
        ("Trainer.fit", []),
        ("Net.on_train_batch_start", ["batch", 0]),
        ("Net.helped", []),
        ("Net.on_train_batch_start", ["batch", 1]),
        ("Net.helped", []),
        ("Trainer.fit ended", [2, 0]),
    ]
    assert of_kind(events, "call")[0]["framework"] == "groundwire_lightning"


def test_the_end_of_an_epoch_is_heard_where_nobody_has_overridden_its_hook(trainer: Trainer) -> None:
    events = heard(lambda: trainer.fit(Net(2, 1)))
    wheres = [event["where"] for event in events if event["k"] in ("metrics", "random", "weights")]
    assert wheres == ["at the end of train epoch 0"] * 4 + ["at the end of fit"] * 2
    assert list(of_kind(events, "weights")[0]["tensors"]) == ["weight", "bias"]
    assert of_kind(events, "metrics")[0]["values"] == {"loss": 0.5}


def test_what_is_logged_is_heard_once(trainer: Trainer) -> None:
    trainer.loggers = [Logger()]
    (logged,) = of_kind(heard(lambda: trainer.fit(Net(2, 1))), "logged")
    assert (logged["who"], logged["step"], logged["values"]) == ("Logger", 3, {"loss": 0.5})


def test_odd_values_do_not_hinder_a_run(trainer: Trainer) -> None:
    class Odd(Logger):
        def log_metrics(self, metrics: Any, step: Any = None) -> None: ...

    trainer.loggers = [Odd()]
    trainer.global_step = object()  # type: ignore[assignment]
    (logged,) = of_kind(heard(lambda: trainer.fit(Net(2, 1))), "logged")
    assert logged["who"].endswith("Odd")


def test_a_compiled_method_is_compiled_whole(trainer: Trainer) -> None:
    graphs: list[Any] = []

    def run() -> None:
        net = Net(2, 1)
        trainer.fit(net)
        torch.compile(net.helped_by_numbers, backend=lambda graph, _: graphs.append(graph) or graph, fullgraph=True)(
            torch.ones(2)
        )

    heard(run)
    assert len(graphs) == 1


def test_results_are_heard(trainer: Trainer) -> None:
    (result,) = of_kind(heard(lambda: trainer.validate(Net(2, 1))), "result")
    assert (result["of"], result["value"]) == ("validate", [{"loss": 0.5}])


def test_an_error_of_a_call_is_heard(trainer: Trainer) -> None:
    def run() -> None:
        with pytest.raises(AttributeError):
            trainer.fit(Base(2, 1))

    assert of_kind(heard(run), "call")[-1]["name"] == "Trainer.fit raised AttributeError"


def test_the_classes_are_afterwards_as_before(trainer: Trainer) -> None:
    before = [dict(vars(cls)) for cls in (Trainer, Base, Net, Logger)]
    heard(lambda: trainer.fit(Net(2, 1)))
    assert [dict(vars(cls)) for cls in (Trainer, Base, Net, Logger)] == before


@pytest.mark.parametrize("name", ["recorder", "summaries", "patches"])
def test_another_interpreter_needs_torch_and_an_old_python(name: str) -> None:
    source = Path(under_test.__file__).with_name(f"{name}.py").read_text("utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    roots = {node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert roots - set(sys.stdlib_module_names) <= {"torch", "groundwire"}

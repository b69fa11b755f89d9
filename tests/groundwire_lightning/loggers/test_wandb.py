import argparse
import os
import pickle
import struct
import time
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightning
import lightning.pytorch.loggers
import numpy as np
import pytest
import torch
import wandb
from tests.groundwire_lightning.loggers.services import SIDES, checkpoints, fit, side_of
from tests.side_by_side.twins import plain

import groundwire_lightning
import groundwire_lightning.loggers


class Run:
    """Stands for a run of wandb, and writes down what it is asked."""

    id, name = "run-id", "run-name"

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.config = SimpleNamespace(update=lambda *args, **words: self.calls.append(("config", args, words)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **words: self.calls.append((name, args, words))


def told(value: Any) -> Any:
    """A value that can be compared; of an object of wandb its class and what it shows."""
    if isinstance(value, dict):
        return {name: told(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(entry) for entry in value]
    if isinstance(value, wandb.Artifact):
        return value.name, value.type, value.metadata, sorted(value.manifest.entries)
    if isinstance(value, wandb.Table):
        return value.columns, value.data
    if isinstance(value, torch.nn.Module):
        return "module"
    if type(value).__module__.startswith("wandb"):
        return type(value).__name__, getattr(value, "_caption", None), getattr(value, "_format", None)
    return value


def both(scenario: Any, **arguments: Any) -> tuple[Any, Any]:
    found = []
    for loggers in SIDES.values():
        run = Run()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logger = loggers.WandbLogger(experiment=run, **arguments)
            answer = scenario(logger)
        facts = [logger.name, logger.version, logger.save_dir, logger.root_dir, logger.log_dir]
        found.append((told(answer), told(run.calls), facts))
    return found[0], found[1]


def raises(call: Any) -> list[str]:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    return [cls.__name__ for cls in type(caught.value).__mro__]


PICTURE = np.zeros((4, 4, 3), dtype=np.uint8)
SCENARIOS: dict[str, Any] = {
    "values": lambda logger: [logger.log_metrics({"a": 1.0, "b": 2}, 3), logger.log_metrics({"a": 1.0})],
    "hyper-parameters": lambda logger: logger.log_hyperparams(
        {"a": 1, "cls": int, "function": len, "made": lambda: 3, "tuple": (1, 2), "object": {1}, "n": {"x": int}}
    ),
    "a namespace": lambda logger: logger.log_hyperparams(argparse.Namespace(a=1, b=None)),
    "a watched model": lambda logger: [
        logger.watch(torch.nn.Linear(1, 1)),
        logger.watch(torch.nn.Linear(1, 1), log="all", log_freq=5, log_graph=False),
    ],
    "a table": lambda logger: logger.log_table("t", columns=["a"], data=[[1], [2]], step=3),
    "text": lambda logger: logger.log_text("t", ["a"], [["x"]]),
    "pictures": lambda logger: logger.log_image("i", [PICTURE, PICTURE], step=2, caption=["one", "two"]),
    "sounds": lambda logger: logger.log_audio("s", [__file__], caption=["one"]),
    "videos": lambda logger: logger.log_video("v", [], step=1),
    "no list": lambda logger: raises(lambda: logger.log_image("i", PICTURE)),
    "a missing caption": lambda logger: raises(lambda: logger.log_image("i", [PICTURE], caption=[])),
    "an artifact": lambda logger: logger.use_artifact("a/b:latest", "model"),
    "the end": lambda logger: [logger.finalize("success"), logger.finalize("failed"), logger.save()],
}


@pytest.mark.parametrize("arguments", [{}, {"prefix": "p", "project": "x", "id": "i"}, {"sync_tensorboard": True}])
@pytest.mark.parametrize("name", SCENARIOS)
def test_wandb_is_asked_for_the_same(name: str, arguments: Any) -> None:
    one, other = both(SCENARIOS[name], **arguments)
    assert one == other


@pytest.mark.parametrize("log_model", [True, "all", False])
@pytest.mark.parametrize("save_top_k", [2, -1])
@pytest.mark.parametrize("status", ["success", "failed"])
def test_checkpoints_become_the_same_artifacts(tmp_path: Path, log_model: Any, save_top_k: int, status: str) -> None:
    callback = checkpoints(tmp_path, save_top_k=save_top_k)

    def scenario(logger: Any) -> None:
        logger.after_save_checkpoint(callback)
        os.utime(callback.last_model_path, (2000, 2000))
        logger.after_save_checkpoint(callback)
        logger.finalize(status)
        os.utime(callback.last_model_path, (1002, 1002))

    one, other = both(scenario, log_model=log_model)
    assert one == other


def test_the_description_of_a_checkpoint_names_the_callback_and_not_the_proxy_that_it_comes_in(tmp_path: Path) -> None:
    callback = checkpoints(tmp_path, save_top_k=-1)
    one, other = both(lambda logger: logger.after_save_checkpoint(weakref.proxy(callback)), log_model="all")
    assert one == other
    assert "ProxyType" not in str(other)


@pytest.mark.parametrize(
    "given",
    [{}, {"name": "n", "save_dir": None, "dir": "d"}, {"version": "v", "id": "i"}, {"tags": ["a"], "entity": "me"}],
)
def test_a_run_begins_with_the_same_arguments(monkeypatch: pytest.MonkeyPatch, given: Any) -> None:
    begun: list[Any] = []
    monkeypatch.setattr(wandb, "init", lambda **words: begun.append(words) or Run())
    for loggers in SIDES.values():
        _ = loggers.WandbLogger(offline=True, **given).experiment
    monkeypatch.delenv("WANDB_MODE", raising=False)
    theirs, ours = begun
    assert theirs.pop("anonymous") is None  # wandb warns of it
    assert ours == theirs


def test_another_process_attaches_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    run._attach_id = "attach-id"  # type: ignore[attr-defined]
    logger = groundwire_lightning.loggers.WandbLogger(experiment=run)
    again = pickle.loads(pickle.dumps(logger))
    monkeypatch.setattr(wandb, "_attach", lambda name: name, raising=False)
    assert (again.version, again.experiment) == ("run-id", "attach-id")


def records(data: bytes) -> Iterator[bytes]:
    """What an offline file holds: LevelDB's log format behind a header of seven bytes."""
    place, record = 7, b""
    while place + 7 <= len(data):
        size, kind = struct.unpack("<HB", data[place + 4 : place + 7])
        record += data[place + 7 : place + 7 + size]
        place += 7 + size
        place += left if (left := 32768 - place % 32768) < 7 else 0
        if kind in (1, 4):  # whole, or the last part
            yield record
            record = b""


def history(folder: Path) -> list[dict[str, Any]]:
    """The rows in the file of an offline run, once another process has written them all."""
    from wandb.proto import wandb_internal_pb2

    found: list[Any] = []
    for _ in range(100):
        data = next(folder.glob("wandb/offline-run-*/run-*.wandb")).read_bytes()
        found = [wandb_internal_pb2.Record.FromString(record) for record in records(data)]
        if found and found[-1].WhichOneof("record_type") == "exit":
            break
        time.sleep(0.1)
    rows = [record.history.item for record in found if record.WhichOneof("record_type") == "history"]
    named = [{item.key or "/".join(item.nested_key): item.value_json for item in row} for row in rows]
    return [{name: value for name, value in row.items() if not name.startswith("_")} for row in named]


def test_an_offline_run_writes_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DISABLE_GIT", "true")
    found = []
    for side, loggers in SIDES.items():
        (tmp_path / side).mkdir()
        logger = loggers.WandbLogger(name="n", save_dir=str(tmp_path / side), offline=True, prefix="p")
        logger.log_hyperparams({"rate": 0.1})
        for step in (0, 5):
            logger.log_metrics({"loss": step * 0.5, "epoch": 0}, step)
        config = dict(logger.experiment.config)
        logger.finalize("success")
        logger.experiment.finish()
        found.append((config, history(tmp_path / side)))
    assert found[0] == found[1]
    assert found[1][1][1] == {"p-loss": "2.5", "p-epoch": "0", "trainer/global_step": "5"}


def test_a_fit_is_logged_with_the_same_rows() -> None:
    found = []
    for framework in (lightning, groundwire_lightning):
        run = Run()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logger = SIDES[side_of(framework)].WandbLogger(experiment=run, prefix="p")
            fit(framework, logger)
        found.append([name_and_row(call) for call in told(run.calls)])
    assert found[0] == found[1]
    assert [name for name, _ in found[1]].count("log") >= 4


def name_and_row(call: Any) -> Any:
    name, arguments, words = call
    return name, [plain(each) for each in arguments] if name == "log" else (arguments, words)

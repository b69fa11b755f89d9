"""The calls of a run, in their order: what holds the walks of `architecture.md` against the code.

A place is written `package/file.py:Class.method`; `plan:hook` is the function that was written for a hook, and
`yours:method` a method of the module or callback below, which stand for a user's.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L
from groundwire_lightning.callbacks import ModelCheckpoint
from groundwire_lightning.loggers import CSVLogger

ROOT = Path(__file__).parents[1]
OURS = tuple(str(ROOT / root) for root in ("src", "adapters"))
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

Call = tuple[str, str | int]
"""A file and the line where a function begins; for the functions of a plan and of a user, a word and a name."""


def file_of(place: str) -> Path:
    """The file that a place is in, or is."""
    name = place.partition(":")[0]
    for root in ("src", "adapters"):
        if (path := ROOT / root / name).exists():
            return path
    raise LookupError(f"there is no {name}")


def definition(place: str) -> DEFINITIONS:
    """The class or function that a place names.

    Raises:
        LookupError: It is not there.
    """
    path, node = file_of(place), None
    for name in place.partition(":")[2].split("."):
        inner = ast.iter_child_nodes(_tree(path) if node is None else node)
        node = next((child for child in inner if isinstance(child, DEFINITIONS) and child.name == name), None)
        if node is None:
            raise LookupError(f"{place}: {path.name} defines no {name} there")
    assert node is not None
    return node


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def call_of(place: str) -> Call:
    """A place as :func:`calls` tells it."""
    kind, _, name = place.partition(":")
    if kind in ("plan", "yours"):
        return kind, name
    node = definition(place)
    return str(file_of(place)), min(line.lineno for line in (node, *node.decorator_list))


def calls(program: Callable[[], object]) -> list[Call]:
    """What a program calls of ours, of a plan and of a user, in order."""
    seen: list[Call] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call":
            return
        if code.co_filename.startswith("<groundwire"):
            seen.append(("plan", code.co_name))
        elif code.co_filename == __file__:
            seen.append(("yours", code.co_name))
        elif code.co_filename.startswith(OURS):
            seen.append((code.co_filename, code.co_firstlineno))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        program()
    finally:
        sys.setprofile(before)
    return seen


def out_of_order(places: Iterable[str], seen: Iterable[Call]) -> Iterator[str]:
    """The places that are not called after those before them."""
    ahead = list(seen)
    for place in places:
        call = call_of(place)
        if call in ahead:
            ahead = ahead[ahead.index(call) + 1 :]
        else:
            yield place


# what runs


class Module(L.LightningModule):
    """A module with the methods that the walks pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        loss = self.layer(batch[0]).square().mean()
        self.log("loss", loss, on_step=True, on_epoch=True)
        return loss

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["extra"] = 1

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        del checkpoint["extra"]


class Listener(L.Callback):
    """A callback with a state."""

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.outputs = outputs

    def state_dict(self) -> dict[str, Any]:
        return {"batches": 2}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.state = state_dict


def _fit(folder: str, epochs: int, ckpt_path: str | None = None) -> None:
    trainer = L.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=CSVLogger(f"{folder}/logs", flush_logs_every_n_steps=1),
        log_every_n_steps=1,
        callbacks=[Listener(), ModelCheckpoint(f"{folder}/{epochs}", filename="last")],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.logged.takes_numbers = False  # as on a GPU, where no value is read before it is due
    trainer.fit(Module(), DataLoader(TensorDataset(torch.ones(4, 2)), batch_size=2), ckpt_path=ckpt_path)


@cache
def walked() -> list[Call]:
    """The calls of two runs, of which the second goes on from the checkpoint of the first."""
    with TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the second run: it writes elsewhere than the first
        _fit(f"{folder}/first", 1)  # torch imports much in its first step, and all of that would be listened to
        return calls(lambda: (_fit(folder, 1), _fit(folder, 2, f"{folder}/1/last.ckpt")))

"""Programs with optimizers in turn, drawn at random from what they can be made of: the same here as under 1.9.5."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any

import pytest
from tests.lightning_1.oracle import Oracle
from tests.lightning_1.recorded import differences, recorded
from tests.lightning_1.test_programs import in_ours

PROGRAM = """
import pytorch_lightning as pl
import torch
from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

drawn = DRAWN


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.GRU(2, 2, batch_first=True) for _ in drawn["kinds"]])
        self.shared = torch.nn.Linear(2, 1)
        self.truncated_bptt_steps = drawn["size"]

    def training_step(SIGNATURE):
        if (batch_idx + optimizer_idx) in drawn["without"] and not drawn["size"]:
            return None
        out, hiddens = self.layers[optimizer_idx](batch[0], hiddens)
        loss = self.shared(out).pow(2).mean()
        self.log("loss", loss, on_step=drawn["on_step"], on_epoch=True, prog_bar=True)
        return {"loss": loss, "which": optimizer_idx, **({"hiddens": hiddens} if drawn["size"] else {})}

HOOKS
    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.shared(batch[0]).mean())

    def configure_optimizers(self):
        made, schedulers = [], []
        for index, kind in enumerate(drawn["kinds"]):
            more = {"max_iter": 3} if kind == "LBFGS" else {}
            parameters = [*self.layers[index].parameters(), *(self.shared.parameters() if index == 0 else [])]
            made.append(getattr(torch.optim, kind)(parameters, lr=0.05, **more))
        for index, waits, settings in drawn["schedulers"]:
            make = ReduceLROnPlateau if waits else lambda optimizer: ExponentialLR(optimizer, 0.9)
            monitor = {"monitor": "loss", "strict": False} if waits else {}
            schedulers.append({"scheduler": make(made[index]), **settings, **monitor})
        if not drawn["frequencies"]:
            return made, schedulers
        own = {schedule["scheduler"].optimizer: {"lr_scheduler": schedule} for schedule in schedulers}
        pairs = zip(made, drawn["frequencies"])
        return [{"optimizer": one, "frequency": often, **own.get(one, {})} for one, often in pairs]


torch.manual_seed(3)
model = Model()
trainer = pl.Trainer(max_epochs=2, enable_progress_bar=False, enable_model_summary=False, **drawn["trainer"])
data = TensorDataset(torch.randn(drawn["samples"], 5, 2))
trainer.fit(model, DataLoader(data, batch_size=2, shuffle=drawn["shuffles"]), DataLoader(data, batch_size=4))
answer = [[group["lr"] for group in one.param_groups] for one in trainer.optimizers]
"""
HOOKS = {
    "optimizer_step": """
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, **kwargs):
        if optimizer_idx == 0 or batch_idx % 2 == 0:
            optimizer.step(closure=optimizer_closure)
        else:
            optimizer_closure()
""",
    "on_before_optimizer_step": """
    def on_before_optimizer_step(self, optimizer, optimizer_idx):
        self.log("index", float(optimizer_idx))
""",
    "optimizer_zero_grad": """
    def optimizer_zero_grad(self, epoch, batch_idx, optimizer, optimizer_idx):
        optimizer.zero_grad()
""",
    "backward": """
    def backward(self, loss, optimizer, optimizer_idx):
        loss.backward()
""",
    "configure_gradient_clipping": """
    def configure_gradient_clipping(self, optimizer, optimizer_idx, gradient_clip_val, gradient_clip_algorithm):
        self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
""",
    "lr_scheduler_step": """
    def lr_scheduler_step(self, scheduler, optimizer_idx, metric):
        scheduler.step() if metric is None else scheduler.step(metric)
""",
    "on_train_batch_end": """
    def on_train_batch_end(self, outputs, batch, batch_idx):
        pass
""",
    "training_epoch_end": """
    def training_epoch_end(self, outputs):
        pass
""",
}


def drawn_by(draw: random.Random) -> dict[str, Any]:
    """What a program is made of."""
    count = draw.choice([2, 2, 3])
    settings: list[tuple[str, list[Any]]] = [
        ("log_every_n_steps", [1, 2, 3]),
        ("accumulate_grad_batches", [1, 2, 3]),
        ("gradient_clip_val", [None, 0.1]),
        ("gradient_clip_algorithm", ["norm", "value"]),
        ("val_check_interval", [1.0, 2]),
        ("max_steps", [-1, -1, 7]),
    ]
    schedulers = [
        (draw.randrange(count), draw.random() < 0.4, {"interval": draw.choice(["step", "epoch"]), "frequency": often})
        for often in draw.choices([1, 1, 2], k=draw.randint(0, 3))
    ]
    kinds = draw.choices(["SGD", "Adam", "RMSprop", "LBFGS"], k=count)
    arguments = {name: draw.choice(values) for name, values in settings}
    # LBFGS wants a loss, and so does torch's clipping by the norm
    may_lack = "LBFGS" not in kinds and not arguments["gradient_clip_val"]
    return {
        "size": draw.choice([0, 0, 2, 3]),
        "kinds": kinds,
        "without": draw.sample(range(5), draw.choice([0, 1, 2])) if may_lack else [],
        "on_step": draw.random() < 0.6,
        "schedulers": schedulers,
        "frequencies": draw.choices([1, 2, 3], k=count) if draw.random() < 0.35 else [],
        "samples": draw.choice([8, 9, 12]),
        "shuffles": draw.random() < 0.5,
        "trainer": arguments,
        "hooks": [name for name in HOOKS if draw.random() < 0.5],
    }


def program(drawn: dict[str, Any]) -> str:
    """The program of what was drawn."""
    by_place = "self, batch, batch_idx, optimizer_idx"
    signature = f"{by_place}, hiddens" if drawn["size"] else f"{by_place}, *, hiddens=None"
    hooks = "".join(HOOKS[name].removeprefix("\n") + "\n" for name in drawn["hooks"])
    return PROGRAM.replace("DRAWN", repr(drawn)).replace("SIGNATURE", signature).replace("HOOKS\n", hooks)


@pytest.mark.parametrize("seed", range(12))
def test_a_program_with_optimizers_in_turn_does_the_same(seed: int, tmp_path: Path, lightning_1: Oracle) -> None:
    logging.getLogger("groundwire_lightning").setLevel(logging.ERROR)
    drawn = drawn_by(random.Random(seed))
    text = program(drawn)
    theirs = lightning_1.ask(text, "drawn.py", tmp_path / "theirs")
    ours = json.loads(json.dumps(recorded(in_ours(text), "drawn.py", tmp_path / "ours")))
    lines = differences(theirs, ours)
    assert not lines, f"{drawn}\n{len(lines)} places\n" + "\n".join(lines[:8])

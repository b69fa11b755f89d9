"""A run that 1.9.5 wrote with two optimizers is taken up here as it is there."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lightning_1.oracle import Oracle
from tests.lightning_1.recorded import differences, recorded
from tests.lightning_1.test_programs import in_ours

PROGRAM = """
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(4, 4), torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        return self.second(self.first(batch[0])).pow(2).mean()

    def configure_optimizers(self):
        first = torch.optim.Adam(self.first.parameters(), lr=0.05)
        second = torch.optim.SGD(self.second.parameters(), lr=0.1, momentum=0.9)
        return [first, second], [torch.optim.lr_scheduler.StepLR(second, 3), torch.optim.lr_scheduler.StepLR(first, 2)]


torch.manual_seed(2)
data = TensorDataset(torch.randn(12, 4))
model = Model()
off = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
trainer = pl.Trainer(max_epochs=EPOCHS, **off)
trainer.fit(model, DataLoader(data, batch_size=3), ckpt_path=PATH)
answer = [one.state_dict()["param_groups"][0]["lr"] for one in trainer.optimizers]
trainer.save_checkpoint("end.ckpt")
"""


def test_two_optimizers_go_on_from_a_file_of_lightning_1(tmp_path: Path, lightning_1: Oracle) -> None:
    def program(epochs: int, path: str | None) -> str:
        return PROGRAM.replace("EPOCHS", str(epochs)).replace("PATH", repr(path))

    lightning_1.ask(program(2, None), "first.py", tmp_path / "first")
    text = program(4, "../first/end.ckpt")
    theirs = lightning_1.ask(text, "second.py", tmp_path / "theirs")
    ours = json.loads(json.dumps(recorded(in_ours(text), "second.py", tmp_path / "ours")))
    assert not differences(theirs, ours)

import argparse
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightning
import lightning.pytorch.loggers
import pytest
import torch

import groundwire_lightning
import groundwire_lightning.loggers

SIDES = {"lightning": lightning.pytorch.loggers, "groundwire": groundwire_lightning.loggers}


def side_of(framework: Any) -> str:
    return "lightning" if framework is lightning else "groundwire"


class Saves(SimpleNamespace):
    """Stands for a callback that saves."""


def checkpoints(folder: Path, **arguments: Any) -> Saves:
    """A callback that has saved three files."""
    paths = [folder / f"{name}.ckpt" for name in ("a", "b", "last")]
    for number, path in enumerate(paths):
        path.write_text(path.name)
        os.utime(path, (1000 + number, 1000 + number))
    scores = {str(paths[0]): torch.tensor(0.5), str(paths[1]): torch.tensor(0.25)}
    best = {"best_model_path": str(paths[1]), "best_model_score": torch.tensor(0.25), "best_k_models": scores}
    last = {"last_model_path": str(paths[2]), "current_score": torch.tensor(0.5)}
    words = {"monitor": "loss", "mode": "min", "save_last": True, "save_weights_only": False, **arguments}
    return Saves(**best, **last, **words)


def fit(framework: Any, logger: Any) -> None:
    """A module with hyper-parameters that logs its loss, and what an epoch ends with."""

    class Net(framework.LightningModule):
        def __init__(self, width: int = 3) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(2, width)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            loss = self.layer(batch).square().mean()
            self.log("loss", loss, on_step=True, on_epoch=True)
            return loss

        def validation_step(self, batch: Any, batch_idx: int) -> None:
            self.log("val_loss", self.layer(batch).mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    framework.seed_everything(1, verbose=False)
    loader = torch.utils.data.DataLoader(torch.randn(8, 2), batch_size=2)
    quiet = dict.fromkeys(("enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = framework.Trainer(max_epochs=2, accelerator="cpu", log_every_n_steps=2, logger=logger, **quiet)
    trainer.fit(Net(), loader, loader)


# MLflow


@pytest.fixture(autouse=True)
def _files_may_be_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")


ROWS: dict[str, Any] = {
    "values": lambda logger: [
        logger.log_metrics({"a": 1.0, "b": 2}, 3),
        logger.log_metrics({"a": 1.5}, 4),
        logger.log_metrics({"c": 2.0}),
    ],
    "strange names": lambda logger: logger.log_metrics({"a:b[0]": 1.0, "x/y": 1.0, "text": "word"}, 1),
    "hyper-parameters": lambda logger: logger.log_hyperparams(
        {
            "a": 1,
            "n": {"x": {"y": 2}},
            "l": [{"a": 1}],
            "long": "x" * 300,
            **{f"p{number}": number for number in range(120)},
        }
    ),
    "a namespace": lambda logger: logger.log_hyperparams(argparse.Namespace(a=1, b=None)),
}

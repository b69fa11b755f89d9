"""Small Lightning programs, each with one thing more than the plainest; each prints what it came to and its weights."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

PROGRAMS = Path(__file__).with_name("programs")
HEAD = """\
import hashlib
{standard}
import lightning as L
import torch
{others}from torch import nn
from torch.utils.data import DataLoader, {stream}TensorDataset
"""
MEMBERS = {
    "__init__": """\
def __init__(self):
    super().__init__()
    self.net = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Dropout(0.2), nn.Linear(6, 1))
""",
    "training_step": """\
def training_step(self, batch, batch_idx):
    inputs, targets = batch
    loss = nn.functional.mse_loss(self.net(inputs), targets)
    self.log("train_loss", loss, on_epoch=True)
    return loss
""",
    "validation_step": """\
def validation_step(self, batch, batch_idx):
    inputs, targets = batch
    self.log("val_loss", nn.functional.mse_loss(self.net(inputs), targets))
""",
    "configure_optimizers": """\
def configure_optimizers(self):
    return torch.optim.Adam(self.parameters(), lr=0.02)
""",
}
DATA = """\
torch.manual_seed(0)
inputs = torch.randn(46, 3)
data = TensorDataset(inputs, inputs.sum(1, keepdim=True))
train = DataLoader(data, batch_size=6, shuffle=True)
val = DataLoader(data, batch_size=8)
L.seed_everything(4)
model = Model()
"""
QUIET = """\
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
"""
END = """\
print({key: f"{value:.7f}" for key, value in sorted(trainer.callback_metrics.items())})
print("weights", hashlib.sha256(b"".join(one.detach().numpy().tobytes() for one in model.parameters())).hexdigest())
"""


def program(
    members: str = "",
    trainer: str = "",
    fit: str = "model, train, val",
    *,
    before: str = "",
    standard: str = "",
    others: str = "",
    data: str = "",
    end: str = "",
) -> str:
    """The source of a program.

    Args:
        members: Of the module, in the place of the plain ones of these names or besides them.
        trainer: Arguments of the Trainer besides those that keep it quiet.
        fit: Arguments of ``fit``.
        before: Code before the module, such as a callback.
        standard: An import of the standard library.
        others: An import of another package.
        data: Code behind the loaders.
        end: Code behind ``fit``.
    """
    own = set(re.findall(r"def (\w+)\(", members))
    body = "\n".join(
        [
            *(text for name, text in MEMBERS.items() if name not in own),
            *([members.strip("\n") + "\n"] if members else []),
        ]
    )
    asked = "".join(f"    {line.rstrip(',')},\n" for line in trainer.strip().splitlines())
    keys = set(re.findall(r"(\w+)=", trainer))
    quiet = "".join(f"{line}\n" for line in QUIET.splitlines() if line.strip().partition("=")[0] not in keys)
    epochs = "" if {"max_epochs", "max_steps"} & keys else "    max_epochs=3,\n"
    made = f"trainer = L.Trainer(\n{epochs}{asked}{quiet})\ntrainer.fit({fit})\n"
    head = HEAD.format(
        standard=standard, others=others, stream="IterableDataset, " if "IterableDataset" in before else ""
    )
    parts = [head, before, f"class Model(L.LightningModule):\n{indent(body, '    ')}", DATA + data + made + end + END]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts if part)


SHOUTS = '''
class Shouts(L.Callback):
    """Tells each of its hooks."""

    def setup(self, trainer, pl_module, stage):
        print("setup", stage == "fit", torch.rand(1).item())

    def on_fit_start(self, trainer, pl_module):
        print("fit starts", torch.rand(1).item())

    def on_sanity_check_start(self, trainer, pl_module):
        print("check starts", trainer.sanity_checking, torch.rand(1).item())

    def on_sanity_check_end(self, trainer, pl_module):
        print("check ends", trainer.sanity_checking)

    def on_train_start(self, trainer, pl_module):
        print("starts", trainer.current_epoch, torch.rand(1).item())

    def on_train_epoch_start(self, trainer, pl_module):
        print("epoch starts", trainer.current_epoch, torch.rand(1).item())

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        print("batch", batch_idx, torch.rand(1).item(), trainer.is_last_batch)

    def on_before_zero_grad(self, trainer, pl_module, optimizer):
        print("clears")

    def on_before_backward(self, trainer, pl_module, loss):
        print("backward", loss.item())

    def on_after_backward(self, trainer, pl_module):
        print("gradients", pl_module.net[0].weight.grad.norm().item())

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        print("steps", pl_module.net[0].weight.grad.norm().item())

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        print("ends", outputs["loss"].item(), trainer.global_step, trainer.optimizers[0].param_groups[0]["lr"])

    def on_validation_start(self, trainer, pl_module):
        print("validates", torch.rand(1).item(), pl_module.training)

    def on_validation_batch_start(self, trainer, pl_module, batch, batch_idx):
        print("val batch", batch_idx)

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        print("val ends", outputs)

    def on_validation_epoch_end(self, trainer, pl_module):
        print("val epoch", trainer.callback_metrics["val_loss"].item())

    def on_validation_end(self, trainer, pl_module):
        print("validated", trainer.callback_metrics["val_loss"].item())

    def on_train_epoch_end(self, trainer, pl_module):
        print("epoch ends", trainer.current_epoch, trainer.callback_metrics["train_loss"].item())

    def on_train_end(self, trainer, pl_module):
        print("over", trainer.current_epoch)

    def on_fit_end(self, trainer, pl_module):
        print("fitted")

    def teardown(self, trainer, pl_module, stage):
        print("teardown", stage == "fit")
'''
STREAM = """
class Stream(IterableDataset):
    def __iter__(self):
        for _ in range(20):
            yield torch.randn(3), torch.randn(1)
"""
STEP_LR = """
def configure_optimizers(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.8)
    return {{"optimizer": optimizer, "lr_scheduler": {{"scheduler": scheduler, {how}}}}}
"""
METRICS = """
def __init__(self):
    super().__init__()
    self.net = nn.Linear(3, 1)
    self.error = torchmetrics.MeanAbsoluteError()
    self.val_error = torchmetrics.MeanAbsoluteError()

def training_step(self, batch, batch_idx):
    inputs, targets = batch
    outputs = self.net(inputs)
    self.error(outputs, targets)
    self.log("error", self.error, on_step=True, on_epoch=True)
    return nn.functional.mse_loss(outputs, targets)

def validation_step(self, batch, batch_idx):
    inputs, targets = batch
    self.val_error(self.net(inputs), targets)
    self.log("val_error", self.val_error)
"""
LATER = """
def on_train_epoch_end(self):
    self.trainer.should_stop = self.current_epoch == 1
"""
EVALUATES = """
def test_step(self, batch, batch_idx):
    self.log("test_loss", self.net(batch[0]).mean())

def on_test_epoch_end(self):
    self.log("test_end", 3)

def predict_step(self, batch, batch_idx):
    return self.net(batch[0]).sum()
"""
CALLS = """
print(trainer.validate(model, val, verbose=False))
print(trainer.test(model, dataloaders=val, verbose=False))
print(sum(one.item() for one in trainer.predict(model, val)))
"""

OF_MODULE = """
def on_train_start(self):
    torch.rand(1)

def on_after_backward(self):
    print(self.global_step)

def on_train_epoch_end(self):
    self.log("late", 2.5)

def on_validation_epoch_end(self):
    self.log("end", 1)
"""
PLATEAU = """
def configure_optimizers(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    how = {"scheduler": scheduler, "interval": "step", "monitor": "train_loss"}
    return {"optimizer": optimizer, "lr_scheduler": how}
"""
OWN_SCHEDULER_STEP = """
def lr_scheduler_step(self, scheduler, metric):
    scheduler.step()
    print(scheduler.get_last_lr())
"""
TWO_SCHEDULERS = """
def configure_optimizers(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
    schedulers = [torch.optim.lr_scheduler.StepLR(optimizer, step, gamma=0.8) for step in (1, 2)]
    return [optimizer], schedulers
"""
LBFGS = """
def configure_optimizers(self):
    return torch.optim.LBFGS(self.parameters(), lr=0.1, max_iter=3)
"""
OWN_STEP = """
def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)
    print(epoch, batch_idx)
"""
OWN_BACKWARD = """
def backward(self, loss, *args, **kwargs):
    (2 * loss).backward()
"""
OWN_CLIPPING = """
def configure_gradient_clipping(self, optimizer, gradient_clip_val, gradient_clip_algorithm):
    self.clip_gradients(optimizer, gradient_clip_val=0.02, gradient_clip_algorithm="norm")
"""
TRANSFERS = """
def on_after_batch_transfer(self, batch, dataloader_idx):
    return [2 * batch[0], batch[1]]

def transfer_batch_to_device(self, batch, device, dataloader_idx):
    return [one.to(device) for one in batch]
"""
MODES = """
def on_train_epoch_start(self):
    self.net[2].eval()
"""
BY_HAND = """
def training_step(self, batch, batch_idx):
    loss = nn.functional.mse_loss(self.net(batch[0]), batch[1])
    self.log_dict({"a": loss, "b": 2.0}, on_step=True, on_epoch=False, batch_size=3)
    self.log("c", loss, on_step=False, on_epoch=True, batch_size=2 + batch_idx)
    return loss
"""
UNLOGGED = MEMBERS["training_step"].replace('    self.log("train_loss", loss, on_epoch=True)\n', "")
UNVALIDATED = MEMBERS["validation_step"].replace("self.log(", "print(")
SKIPS = MEMBERS["training_step"].replace("    loss =", "    if batch_idx == 2:\n        return None\n    loss =")
STREAMS = "train = DataLoader(Stream(), batch_size=3)\nval = DataLoader(Stream(), batch_size=4)\n"
STOPPING = '[L.pytorch.callbacks.EarlyStopping("val_loss", min_delta=0.2, patience=1, stopping_threshold=0.001)]'
KEEPS = """keeps = L.pytorch.callbacks.ModelCheckpoint(dirpath="kept", every_n_epochs=2, save_top_k=-1, save_last=True)
"""
KEPT = """print(sorted(one.name for one in Path("kept").iterdir()), Path(keeps.best_model_path).name)
"""

VARIANTS = {
    "plainest": program(fit="model, train"),
    "validated": program(),
    "hooks": program(before=SHOUTS, trainer="callbacks=[Shouts()]\naccumulate_grad_batches=3\ngradient_clip_val=0.1"),
    "hooks of the module": program(members=OF_MODULE),
    "max steps": program(trainer="max_steps=11\nval_check_interval=3"),
    "max steps at an epoch's end": program(trainer="max_steps=16", members=STEP_LR.format(how='"interval": "epoch"')),
    "validation over epochs": program(trainer="check_val_every_n_epoch=None\nval_check_interval=5"),
    "every second epoch": program(trainer="check_val_every_n_epoch=2\nmax_epochs=5"),
    "no sanity check": program(trainer="num_sanity_val_steps=0"),
    "whole sanity check": program(trainer="num_sanity_val_steps=-1\nlimit_val_batches=3"),
    "limits": program(trainer="limit_train_batches=5\nlimit_val_batches=0.5\naccumulate_grad_batches=2"),
    "shares": program(trainer="limit_train_batches=0.5\naccumulate_grad_batches=3"),
    "clipped by value": program(trainer='gradient_clip_val=0.01\ngradient_clip_algorithm="value"'),
    "fast": program(trainer="fast_dev_run=2"),
    "stream": program(before=STREAM, data=STREAMS, trainer="accumulate_grad_batches=2"),
    "limited stream": program(before=STREAM, data=STREAMS, trainer="limit_train_batches=4\naccumulate_grad_batches=3"),
    "every second step": program(members=STEP_LR.format(how='"interval": "step", "frequency": 2')),
    "plateau by steps": program(members=PLATEAU),
    "own scheduler step": program(members=STEP_LR.format(how='"interval": "epoch"') + OWN_SCHEDULER_STEP),
    "two schedulers": program(members=TWO_SCHEDULERS),
    "lbfgs": program(members=LBFGS),
    "own optimizer step": program(members=OWN_STEP, trainer="gradient_clip_val=0.1"),
    "own backward": program(members=OWN_BACKWARD),
    "own clipping": program(members=OWN_CLIPPING),
    "skips a loss": program(members=SKIPS),
    "transfer hooks": program(members=TRANSFERS),
    "bfloat16": program(trainer='precision="bf16-mixed"'),
    "modes": program(members=MODES),
    "stops": program(members=LATER, trainer="max_epochs=8"),
    "stops, not before": program(members=LATER.replace("== 1", ">= 1"), trainer="max_epochs=8\nmin_epochs=5"),
    "metrics": program(others="import torchmetrics\n", members=METRICS),
    "evaluations": program(members=EVALUATES, end=CALLS),
    "names by hand": program(members=BY_HAND),
    "early stopping": program(trainer=f"callbacks={STOPPING}\nmax_epochs=20"),
    "early stopping within an epoch": program(
        trainer=f"callbacks={STOPPING}\nmax_epochs=20\nval_check_interval=0.25",
    ),
    "checkpoints": program(
        standard="from pathlib import Path\n",
        data=KEEPS,
        trainer="callbacks=keeps\nenable_checkpointing=True\nmax_epochs=5",
        end=KEPT,
    ),
    "checkpoints of what logs nothing": program(
        members=f"{UNLOGGED}\n{UNVALIDATED}",
        standard="from pathlib import Path\n",
        data=KEEPS,
        trainer="callbacks=[keeps]\nenable_checkpointing=True",
        end=KEPT,
    ),
    "deterministic": program(trainer="deterministic=True"),
}
"""Programs by what they have more than the plainest."""

WHOLE = {path.stem: path.read_text("utf-8") for path in sorted(PROGRAMS.glob("*.py"))}
"""Programs of a page each."""

ARGUMENTS = {"best": ("--epochs", "20")}
"""The words that a program is run with."""

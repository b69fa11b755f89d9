"""A module, its data and its trainers, as small as they can be."""

import re

import torch
from torch.nn.functional import mse_loss
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L

SAMPLES, BATCH_SIZE, BATCHES = 10, 4, 3
LEARNING_RATE = 0.1


def data():
    """Points of a line; the last of its batches is a short one."""
    inputs = torch.linspace(-1, 1, SAMPLES).reshape(-1, 1)
    return TensorDataset(inputs, 2 * inputs + 1)


def loader(**kwargs):
    return DataLoader(data(), batch_size=BATCH_SIZE, **kwargs)


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))


def loss_of(module, batch):
    return mse_loss(module.net(batch[0]), batch[1])


def sgd(module):
    return torch.optim.SGD(module.parameters(), lr=LEARNING_RATE)


def scheduled(interval):
    def configure_optimizers(self):
        optimizer = sgd(self)
        return [optimizer], [{"scheduler": StepLR(optimizer, 1), "interval": interval}]

    return configure_optimizers


class Lit(L.LightningModule):
    """What a module cannot do without; hooks that are overridden tell it in ``seen``."""

    def __init__(self):
        super().__init__()
        self.net = network()
        self.seen = []

    def forward(self, inputs):
        return self.net(inputs)

    def training_step(self, batch, batch_idx):
        return loss_of(self, batch)

    def validation_step(self, batch, batch_idx):
        return loss_of(self, batch)

    def configure_optimizers(self):
        return sgd(self)


def lit(base=Lit, **methods):
    """An instance of ``base`` with further methods."""
    return type("Lit", (base,), methods)()


def telling(name, usual=None):
    """A method that writes its name into ``seen`` and does what it usually does."""

    def method(self, *args, **kwargs):
        self.seen.append(name)
        return usual(self, *args, **kwargs) if usual else None

    return method


def quiet(trainer_class=L.Trainer, **arguments):
    """Lightning's Trainer without bar and sanity check, on the CPU, for one epoch."""
    usual = {"max_epochs": 1, "num_sanity_val_steps": 0, "accelerator": "cpu"}
    off = ("logger", "enable_progress_bar", "enable_model_summary", "enable_checkpointing")
    usual |= dict.fromkeys(off, False)
    return trainer_class(**{**usual, **arguments})


def equal(one, other):
    """True if two networks are the same to the last bit."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(left, right) for left, right in pairs)


def readable(value):
    """The id of a parameter; the same in every process, so objects without a repr of their own go by their class."""
    return re.sub(r"<(?:function )?(?:[\w.]*\.)?([\w<>]+?)(?: object)? at 0x[0-9a-f]+>", r"\1", str(value))

"""A module trained in native order and resumed: what it logged, its optimizers and its schedulers go on."""

import pytest
import torch
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import TensorDataset
from torchmetrics import MeanMetric, SumMetric

import groundwire_lightning as L
from groundwire import StopTrainingError, TrainerCallback
from groundwire.callbacks import SaveTrainingStateCallback

INPUTS = torch.randn(12, 3, generator=torch.Generator().manual_seed(0))
DATA = TensorDataset(INPUTS, INPUTS.sum(dim=1, keepdim=True))
UPDATES = 6  # an epoch


class Lit(L.LightningModule):
    """Logs numbers, tensors and metrics in every way, over training and evaluation."""

    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(3, 1)
        self.mean, self.total = MeanMetric(), SumMetric()

    def training_step(self, batch, index):
        loss = (self.net(batch[0]) - batch[1]).square().mean()
        self.log("loss", loss, on_step=True, on_epoch=True)
        self.log("least", loss, on_step=False, on_epoch=True, reduce_fx="min")
        self.log("number", float(index), on_step=False, on_epoch=True, batch_size=index + 1)
        self.mean(loss.detach())
        self.log("mean", self.mean, on_step=False, on_epoch=True)
        self.total.update(loss.detach())
        return loss

    def validation_step(self, batch, index):
        self.log("val", (self.net(batch[0]) - batch[1]).square().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.1)
        return [optimizer], [StepLR(optimizer, 2)]


class AtTheEnd(Lit):
    """Logs as an epoch ends, after native callbacks were told of its end."""

    def on_train_epoch_end(self):
        self.log("total", self.total.compute())
        self.total.reset()


class ByHand(Lit):
    """Makes two updates a batch, with an optimizer each."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.other = torch.nn.Linear(3, 1)

    def training_step(self, batch, index):
        loss = super().training_step(batch, index) + self.other(batch[0]).square().mean()
        for optimizer in self.optimizers():
            optimizer.zero_grad()
        self.manual_backward(loss)
        for optimizer in self.optimizers():
            optimizer.step()
        return loss

    def configure_optimizers(self):
        return [torch.optim.Adam(part.parameters(), lr=0.1) for part in (self.net, self.other)]


class SavesAndStops(TrainerCallback):
    def __init__(self, event, occurrence, folder):
        self.left, self.folder = occurrence, folder
        setattr(self, event, self.heard)

    def heard(self, trainer, **kwargs):
        self.left -= 1
        if self.left == 0:
            trainer.save_training_state(self.folder)
            raise StopTrainingError("enough")


def trained(kind, *callbacks, **asked):
    torch.manual_seed(0)
    trainer = L.adapt(kind(), callbacks=callbacks, seed=1)
    trainer.train(DATA, num_epochs=4, eval_dataset=DATA, per_device_batch_size=2, **asked)
    return trainer.run_history.to_dict(), trainer.lightning_module.state_dict()


@pytest.mark.parametrize(
    ("kind", "event", "occurrence"),
    [
        (AtTheEnd, "on_train_update_end", UPDATES + 2),
        (AtTheEnd, "on_train_update_end", 2 * UPDATES),
        (Lit, "on_train_epoch_end", 2),
        (AtTheEnd, "on_eval_epoch_end", 2),
        (AtTheEnd, "on_training_run_epoch_end", 1),
        (ByHand, "on_train_update_end", 2 * UPDATES + 2),
        (ByHand, "on_train_update_end", 4 * UPDATES),
        (ByHand, "on_train_epoch_end", 2),
    ],
)
def test_a_resumed_run_records_and_learns_what_the_whole_one_does(kind, event, occurrence, tmp_path):
    history, weights = trained(kind)
    trained(kind, SavesAndStops(event, occurrence, tmp_path))
    again, same_weights = trained(kind, resume_from=tmp_path)
    assert again == history
    assert all(torch.equal(weights[name], same_weights[name]) for name in weights)


@pytest.mark.parametrize("every", [2, 9])
def test_updates_by_hand_can_be_saved_by_their_number(every, tmp_path):
    trained(ByHand, SaveTrainingStateCallback(tmp_path, save_every_n_steps=every, save_at_end=False))
    assert len(list(tmp_path.iterdir())) == 4 * 2 * UPDATES // every

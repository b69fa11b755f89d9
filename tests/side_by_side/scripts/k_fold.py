"""Cross-validation: a trainer and a module for each fold, and one trainer that fits twice."""

import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping
from sklearn.datasets import load_iris
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset


class Iris(L.LightningModule):
    def __init__(self, lr: float):
        super().__init__()
        self.save_hyperparameters("lr")
        self.net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_acc", (self.net(x).argmax(1) == y).float().mean(), batch_size=len(y))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams["lr"])


def make_trainer(epochs):
    stopping = EarlyStopping("val_acc", mode="max", patience=1, verbose=False)
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    return L.Trainer(max_epochs=epochs, accelerator="cpu", callbacks=stopping, num_sanity_val_steps=0, **quiet)


iris = load_iris()
data = TensorDataset(torch.tensor(iris.data, dtype=torch.float32), torch.tensor(iris.target))
scores, weights = [], []
for fold, (train, val) in enumerate(KFold(n_splits=3, shuffle=True, random_state=0).split(iris.data)):
    L.seed_everything(fold)
    model = Iris(lr=0.02)
    trainer = make_trainer(3)
    loaders = [DataLoader(Subset(data, part.tolist()), batch_size=25, shuffle=part is train) for part in (train, val)]
    trainer.fit(model, *loaders)
    scores.append(
        [
            trainer.callback_metrics["val_acc"].item(),
            trainer.current_epoch,
            trainer.validate(model, loaders[1], verbose=False),
        ]
    )
    weights.append(model.state_dict())

trainer.fit_loop.max_epochs = 5
trainer.fit(model, *loaders)
answer = {"scores": scores, "weights": weights, "epoch": trainer.current_epoch, "step": trainer.global_step}

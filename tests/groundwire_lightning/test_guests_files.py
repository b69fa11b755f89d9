"""Files of guests: what our Trainer writes of a module of Lightning's its own Trainer takes up, and the other way."""

import lightning.pytorch
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L


class Net(lightning.pytorch.LightningModule):
    def __init__(self, rate=0.1, width=3):
        super().__init__()
        self.save_hyperparameters()
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Linear(width, 2))

    def loss(self, batch):
        return torch.nn.functional.cross_entropy(self.net(batch[0]), batch[1])

    def training_step(self, batch, batch_idx):
        loss = self.loss(batch)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.loss(batch))

    def on_train_epoch_end(self):
        self.logger.log_metrics({"own": 1.0}, step=self.global_step)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), self.hparams.rate)


class Data(lightning.pytorch.LightningDataModule):
    def __init__(self, batch_size=4):
        super().__init__()
        self.save_hyperparameters()

    def loader(self):
        points = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
        return DataLoader(TensorDataset(points, (points.sum(1) > 0).long()), batch_size=self.hparams.batch_size)

    train_dataloader = val_dataloader = loader

    def state_dict(self):
        return {"seen": 7}

    def load_state_dict(self, state_dict):
        self.seen = state_dict["seen"]


PACKAGES = {"lightning": lightning.pytorch, "groundwire": L}


def fitted(package, folder, max_epochs, logger=None, ckpt_path=None):
    trainer = package.Trainer(
        accelerator="cpu",
        max_epochs=max_epochs,
        default_root_dir=folder,
        log_every_n_steps=1,
        **dict.fromkeys(("enable_progress_bar", "enable_model_summary"), False),
        logger=logger or package.loggers.CSVLogger(folder),
    )
    module, data = Net(width=5), Data()
    trainer.fit(module, datamodule=data, ckpt_path=ckpt_path)
    return trainer, module, data


@pytest.mark.filterwarnings("ignore:.*dirpath")  # each run writes into a folder of its own
@pytest.mark.parametrize("later", PACKAGES)
@pytest.mark.parametrize("earlier", PACKAGES)
def test_a_run_of_one_trainer_is_gone_on_with_by_the_other(earlier, later, tmp_path):
    first, _, _ = fitted(PACKAGES[earlier], tmp_path / "a", 2)
    path = first.checkpoint_callback.best_model_path
    second, module, data = fitted(PACKAGES[later], tmp_path / "b", 4, ckpt_path=path)
    _, whole, _ = fitted(lightning.pytorch, tmp_path / "c", 4)
    assert (second.current_epoch, second.global_step, data.seen) == (4, 20, 7)
    for name, value in whole.state_dict().items():
        assert torch.equal(module.state_dict()[name], value)


def test_a_guest_is_loaded_by_its_own_class_from_what_our_trainer_wrote(tmp_path):
    trainer, module, _ = fitted(L, tmp_path, 1)
    loaded = Net.load_from_checkpoint(trainer.checkpoint_callback.best_model_path)
    assert (loaded.hparams.width, loaded.hparams.rate) == (5, 0.1)
    assert all(torch.equal(loaded.state_dict()[name], value) for name, value in module.state_dict().items())


LOGGERS = {
    "csv": lightning.pytorch.loggers.CSVLogger,
    "tensorboard": lightning.pytorch.loggers.TensorBoardLogger,
    "both": lambda folder: [lightning.pytorch.loggers.CSVLogger(folder), L.loggers.CSVLogger(folder, name="ours")],
}


@pytest.mark.parametrize("name", LOGGERS)
def test_loggers_of_lightning_write_on_our_trainer(name, tmp_path):
    trainer, module, _ = fitted(L, tmp_path, 1, logger=LOGGERS[name](str(tmp_path)))
    assert module.logger is trainer.logger
    assert type(trainer.logger).__module__.startswith("lightning.pytorch.loggers")
    written = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert "hparams.yaml" in written
    assert any(file == "metrics.csv" or file.startswith("events.out") for file in written)

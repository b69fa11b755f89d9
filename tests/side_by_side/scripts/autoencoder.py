"""The first program of Lightning's documentation: an autoencoder, a loader, a trainer."""

import lightning.pytorch as pl
import torch
from sklearn.datasets import load_digits
from torch import nn, optim, utils

encoder = nn.Sequential(nn.Linear(8 * 8, 16), nn.ReLU(), nn.Linear(16, 3))
decoder = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 8 * 8))


class LitAutoEncoder(pl.LightningModule):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def training_step(self, batch, batch_idx):
        x, _ = batch
        x = x.view(x.size(0), -1)
        z = self.encoder(x)
        x_hat = self.decoder(z)
        loss = nn.functional.mse_loss(x_hat, x)
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        return optim.Adam(self.parameters(), lr=1e-3)


pl.seed_everything(1)
for layer in [*encoder, *decoder]:
    if isinstance(layer, nn.Linear):
        layer.reset_parameters()
model = LitAutoEncoder(encoder, decoder)
digits = load_digits()
images = torch.tensor(digits.images[:200], dtype=torch.float32) / 16
train_loader = utils.data.DataLoader(utils.data.TensorDataset(images, torch.tensor(digits.target[:200])), batch_size=20)

trainer = pl.Trainer(limit_train_batches=8, max_epochs=2, accelerator="cpu", log_every_n_steps=2)
trainer.fit(model=model, train_dataloaders=train_loader)

checkpoint = trainer.checkpoint_callback.best_model_path
model = LitAutoEncoder.load_from_checkpoint(checkpoint, encoder=encoder, decoder=decoder)
model.eval()
answer = {"checkpoint": checkpoint, "embeddings": model.encoder(torch.rand(4, 8 * 8)), "log_dir": trainer.log_dir}

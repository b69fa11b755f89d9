"""Two optimizers and half-precision passes on a CPU."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(4, 8)
        self.second = torch.nn.Linear(8, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        out = self.second(torch.relu(self.first(batch[0])))
        self.log(f"kind_{optimizer_idx}", float(out.dtype == torch.bfloat16))
        return out.float().pow(2).mean()

    def optimizer_step(
        self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu, using_native_amp, using_lbfgs
    ):
        optimizer.step(closure=optimizer_closure)

    def configure_optimizers(self):
        return torch.optim.Adam(self.first.parameters(), 0.1), torch.optim.SGD(self.second.parameters(), 0.1)


torch.manual_seed(1)
model = Model()
trainer = pl.Trainer(
    max_epochs=2,
    precision="bf16",
    accelerator="cpu",
    gradient_clip_val=0.5,
    enable_progress_bar=False,
    enable_model_summary=False,
    log_every_n_steps=1,
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(8, 4)), batch_size=2))

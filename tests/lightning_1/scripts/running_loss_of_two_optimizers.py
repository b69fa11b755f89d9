import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, TensorDataset

shown = []


class Model(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(4, 4), torch.nn.Linear(4, 1)

    def training_step(self, batch, batch_idx, optimizer_idx):
        return self.second(self.first(batch[0])).pow(2).mean() if batch_idx % 3 or optimizer_idx else None

    def on_train_batch_end(self, outputs, batch, batch_idx):
        mean = self.trainer.fit_loop.running_loss.mean()
        shown.append(None if mean is None else float(mean))

    def configure_optimizers(self):
        first = torch.optim.LBFGS(self.second.parameters(), lr=0.01, max_iter=3)
        return [torch.optim.SGD(self.first.parameters(), lr=0.01), first]


torch.manual_seed(3)
model = Model()
trainer = pl.Trainer(
    max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False
)
trainer.fit(model, DataLoader(TensorDataset(torch.randn(60, 4)), batch_size=5))
answer = shown

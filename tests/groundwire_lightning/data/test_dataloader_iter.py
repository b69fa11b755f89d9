"""Steps that read batches themselves, and batches that are None."""

import pytest
import torch
from tests.side_by_side.twins import GUESTS, fit, loss_of, training_step, twins
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader, IterableDataset

STAGES = {"ours": {}, "guests": {"ours": GUESTS}}


def train(self, dataloader_iter):
    batch, batch_idx, dataloader_idx = next(dataloader_iter)
    self.stage.note("read", "train", batch_idx, dataloader_idx, dataloader_iter.done, dataloader_iter.fetched)
    loss = loss_of(self, batch)
    self.log("train_loss", loss, on_epoch=True, batch_size=len(batch[0]))
    return loss


def train_on_two(self, dataloader_iter):
    one, other = next(dataloader_iter)[0], next(dataloader_iter)[0]
    return {"loss": loss_of(self, one) + loss_of(self, other), "length": dataloader_iter.length}


def train_on_the_first(self, dataloader_iter):
    if dataloader_iter.fetched == 0:
        self.kept = next(dataloader_iter)[0]
    return loss_of(self, self.kept)


def train_until_the_end(self, dataloader_iter):
    try:
        self.kept = next(dataloader_iter)[0]
    except StopIteration:
        self.stage.note("read", "the end", dataloader_iter.done)
    return loss_of(self, self.kept)


def train_by_hand(self, dataloader_iter):
    optimizer = self.optimizers()
    optimizer.zero_grad()
    loss = loss_of(self, next(dataloader_iter)[0])
    self.manual_backward(loss)
    optimizer.step()
    return loss


def train_and_skip(self, dataloader_iter):
    batch, batch_idx, _ = next(dataloader_iter)
    return loss_of(self, batch) if batch_idx % 3 else None


def evaluate(self, dataloader_iter):
    batch, batch_idx, dataloader_idx = next(dataloader_iter)
    loss = loss_of(self, batch)
    self.log("val_loss", loss, prog_bar=True, batch_size=len(batch[0]))
    self.log("sized_by_what_was_read_before", loss * batch_idx, on_step=True, on_epoch=True)
    return loss + dataloader_idx


def predict(self, dataloader_iter):
    batch, batch_idx, dataloader_idx = next(dataloader_iter)
    return self.layers(batch[0]), batch_idx, dataloader_idx


def plain_validation(self, batch, batch_idx):
    self.log("val_loss", loss_of(self, batch))


def schedulers(self):
    optimizer = torch.optim.SGD(self.parameters(), 0.1)
    plateau = {"scheduler": ReduceLROnPlateau(optimizer, patience=0), "monitor": "val_loss", "strict": False}
    kinds = [{"scheduler": StepLR(optimizer, 1, 0.9), "interval": each, "frequency": 2} for each in ("step", "epoch")]
    return [optimizer], [*kinds, plateau, {**plateau, "interval": "step", "frequency": 3}]


STEPS = {
    "one": train,
    "two": train_on_two,
    "the first only": train_on_the_first,
    "until the end": train_until_the_end,
    "none sometimes": train_and_skip,
    "by hand": train_by_hand,
}
LOADERS = {
    "7 batches": {"samples": 26},
    "8 batches": {"samples": 32},
    "no length": {"samples": 26, "sized": False},
    "8 without a length": {"samples": 32, "sized": False},
}


def endless(step, loader):
    """A step that never comes to the end of data without a length."""
    return step == "the first only" and "length" in loader


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("step", ["one", "two", "the first only", "until the end"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"accumulate_grad_batches": 3},
        {"limit_train_batches": 4, "val_check_interval": 2},
        {"max_steps": 9, "gradient_clip_val": 0.1, "check_val_every_n_epoch": 2},
        {"limit_train_batches": 5, "limit_val_batches": 2, "accumulate_grad_batches": 2},
    ],
    ids=str,
)
def test_arguments_hold_for_such_a_step_too(step, loader, arguments):
    if endless(step, loader):
        pytest.skip("would never end, under Lightning neither")
    methods = {"training_step": STEPS[step], "validation_step": evaluate, "configure_optimizers": schedulers}

    def scenario(stage):
        fit(stage, methods=methods, train=LOADERS[loader], **arguments)

    twins(scenario)


def test_the_size_of_what_is_logged_has_to_be_said():
    def step(self, dataloader_iter):
        loss = loss_of(self, next(dataloader_iter)[0])
        self.log("loss", loss)
        return loss

    for stage in STAGES.values():
        found = twins(lambda stage: fit(stage, methods={"training_step": step}), hears=False, **stage)
        assert found["answer"] == ["raised", "MisconfigurationException"]


def test_transfer_hooks_are_not_told_of_such_batches():
    told = {"on_after_batch_transfer": lambda self, batch, dataloader_idx: batch}
    methods = {"training_step": train, "validation_step": evaluate, **told}
    record = twins(lambda stage: fit(stage, methods=methods))
    assert not [call for call in record["calls"] if "transfer" in call["call"]]


def test_predictions_of_such_a_step_are_not_written():
    def scenario(stage):
        writer = type("Writer", (stage.callbacks.BasePredictionWriter,), {})()
        module, trainer = stage.make_module(methods={"predict_step": predict}), stage.make_trainer(callbacks=[writer])
        try:
            trainer.predict(module, stage.loader("predict"))
        except NotImplementedError:
            return "refused"

    assert twins(scenario, hears=False)["answer"] == "refused"


class Gaps(IterableDataset):
    """Batches, some of which are None."""

    def __init__(self, stage, missing):
        self.batches = list(DataLoader(stage.loader("train").dataset, batch_size=4))
        self.missing = missing

    def __iter__(self):
        return (None if number in self.missing else batch for number, batch in enumerate(self.batches))


class Known(Gaps):
    """The same with a length."""

    def __len__(self):
        return len(self.batches)


@pytest.mark.parametrize("missing", [{0}, {2, 3}, {6}, set(range(7))], ids=str)
@pytest.mark.parametrize("data", [Gaps, Known])
@pytest.mark.parametrize("arguments", [{}, {"accumulate_grad_batches": 3}, {"val_check_interval": 2}], ids=str)
def test_a_training_batch_that_is_none_is_passed_over(data, missing, arguments):
    methods = {"training_step": training_step, "validation_step": plain_validation, "configure_optimizers": schedulers}

    def scenario(stage):
        module = stage.make_module(methods=methods)
        trainer = stage.make_trainer(callbacks=[stage.make_callback()], **arguments)
        loader = DataLoader(data(stage, missing), batch_size=None, collate_fn=lambda batch: batch)
        trainer.fit(module, loader, stage.loader("val"))
        progress = trainer.fit_loop.epoch_loop.batch_progress
        counts = ("ready", "started", "processed", "completed")
        return [getattr(each, name) for each in (progress.current, progress.total) for name in counts]

    twins(scenario)

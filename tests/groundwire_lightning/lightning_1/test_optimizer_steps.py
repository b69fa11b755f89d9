"""The steps of several optimizers in turn: what is counted, what hooks get, and what is no update."""

import lightning.pytorch
import pytest
import torch
from tests.groundwire_lightning.lightning_1.test_optimizing import in_turn, two_optimizers
from tests.groundwire_lightning.small import Lit, equal, lit, loader, loss_of, network, quiet

import groundwire_lightning as L
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.lightning_1.optimizer_steps import outputs_of_batch


class Steps:
    """Two optimizers that take turns, whatever the module is."""

    def __init__(self):
        super().__init__()
        self.net, self.seen = network(), []

    def training_step(self, batch, batch_idx, optimizer_idx):
        self.seen.append([parameter.requires_grad for parameter in self.parameters()])
        return loss_of(self, batch)

    configure_optimizers = two_optimizers


A, B, C, D = ({"loss": letter} for letter in "abcd")


@pytest.mark.parametrize(
    ("nested", "given"),
    [
        ([], []),
        ([[None, None]], []),
        ([[A]], A),
        ([[A, B]], [A, B]),
        ([[None, B, None]], [B]),
        ([[A], [B]], [A, B]),
        ([[A], [None], [B]], [A, B]),
        ([[A, B], [C, D]], [[A, B], [C, D]]),
        ([[A, None], [None, D]], [[A], [D]]),
        ([[None, None], [C, D]], [C, D]),
    ],
)
def test_outputs_lose_levels_of_one_entry_and_what_came_to_nothing(nested, given):
    assert outputs_of_batch(nested) == given


def gan(**methods):
    return lit(**{"training_step": in_turn, "configure_optimizers": two_optimizers, **methods})


def test_an_error_leaves_the_optimizer_in_use_as_it_was():
    def training_step(self, batch, batch_idx, optimizer_idx):
        if optimizer_idx == 1:
            raise ZeroDivisionError
        return Lit.training_step(self, batch, batch_idx)

    trainer = quiet()
    with pytest.raises(ZeroDivisionError):
        trainer.fit(gan(training_step=training_step), loader())
    assert trainer.optimizer is trainer.optimizers[0]
    assert all(parameter.requires_grad for parameter in trainer.lightning_module.parameters())
    assert trainer._run.turn == ()


def test_who_steps_without_the_closure_is_told_so():
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu=False):
        optimizer.step()

    with pytest.raises(MisconfigurationException, match=r"optimizer.step\(closure=optimizer_closure\)"):
        quiet().fit(gan(optimizer_step=optimizer_step), loader())


def test_who_neither_steps_nor_evaluates_leaves_the_batch_out_for_that_optimizer():
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, on_tpu=False):
        if optimizer_idx == 0 or batch_idx % 2:
            optimizer.step(closure=optimizer_closure)

    def on_train_batch_end(self, outputs, batch, batch_idx):
        self.seen.append(len(outputs))

    module = gan(optimizer_step=optimizer_step, on_train_batch_end=on_train_batch_end)
    trainer = quiet(limit_train_batches=2)
    with pytest.warns(UserWarning, match="that optimizer does not use the batch"):
        trainer.fit(module, loader())
    assert module.seen == [0, 1, 0, 1, 2]
    assert trainer.global_step == 4


def test_an_optimizer_that_has_no_loss_is_told_once_and_counted():
    module = gan(training_step=lambda self, batch, batch_idx, optimizer_idx: None)
    trainer = quiet()
    with pytest.warns(UserWarning, match="training_step returned None"):
        trainer.fit(module, loader())
    assert trainer.global_step == 6


def test_a_native_callback_hears_of_each_update():
    from groundwire.callbacks import TrainerCallback

    class Counts(TrainerCallback):
        updates = 0

        def on_train_update_end(self, trainer, step):
            self.updates += 1

    counts = Counts()
    quiet(callbacks=[counts], accumulate_grad_batches=2).fit(gan(), loader())
    assert counts.updates == 4


def test_a_run_is_taken_up_within_an_epoch(tmp_path):
    def kept(**more):
        return L.callbacks.ModelCheckpoint(tmp_path, filename="{step}", save_top_k=-1, every_n_train_steps=2, **more)

    whole = gan()
    trainer = quiet(max_epochs=2, callbacks=[kept()], enable_checkpointing=True)
    trainer.fit(whole, loader())
    state = torch.load(tmp_path / "step=4.ckpt", weights_only=False)
    progress = state["loops"]["fit_loop"]["epoch_loop.automatic_optimization.optim_progress"]
    assert progress["optimizer"]["step"]["total"]["completed"] == state["global_step"] == 4
    assert len(state["optimizer_states"]) == 2
    again = gan()
    second = quiet(max_epochs=2)
    second.fit(again, loader(), ckpt_path=tmp_path / "step=8.ckpt")
    assert (second.global_step, second.current_epoch) == (trainer.global_step, 2) == (12, 2)
    third = quiet(max_epochs=2)
    third.fit(again := gan(), loader(), ckpt_path=tmp_path / "step=6.ckpt")
    assert equal(again, whole)


def test_the_learning_rate_finder_wants_one_optimizer():
    tuner = L.tuner.Tuner(quiet())
    with pytest.raises(MisconfigurationException, match="needs one optimizer"):
        tuner.lr_find(gan(), loader(), update_attr=False)


class WithoutLength(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter(list(loader()))


def test_exact_numerics_weigh_a_short_window_once_for_each_optimizer():
    known, unknown = gan(), gan()
    for module, batches in (
        (known, loader()),
        (unknown, torch.utils.data.DataLoader(WithoutLength(), batch_size=None)),
    ):
        quiet(accumulate_grad_batches=2, numerics="exact").fit(module, batches)
    assert all(torch.allclose(*pair, atol=1e-7) for pair in zip(known.parameters(), unknown.parameters(), strict=True))


class OfLightning2(Steps, lightning.pytorch.LightningModule):
    """A module of the real Lightning 2, which has other words for toggling, and no parts of batches."""


class OfNoLightning(Steps, torch.nn.Module):
    """A module of torch with the methods that a trainer calls."""


@pytest.mark.parametrize("kind", [OfLightning2, OfNoLightning])
def test_a_module_of_another_kind_is_toggled_too(kind):
    module = kind()
    quiet(limit_train_batches=1).fit(module, loader())
    assert module.seen == [[True, True, False, False], [False, False, True, True]]

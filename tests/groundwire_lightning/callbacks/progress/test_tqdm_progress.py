import contextlib
import io
import re

import lightning
import pytest
from tests.side_by_side.twins import BOTH, loss_of, twins

import groundwire_lightning.callbacks
from groundwire_lightning.callbacks.progress import tqdm_progress

# bars


DRAWN = re.compile(r"([^:|\n]+):\s[^|]*\|[^|]*\|\s(\d+)/(\S+)\s\[[^,\]]*,\s*[^,\]]*([^\]]*)\]")


def drawn(text):
    """What a bar of tqdm showed: for each count of batches the last drawing, without times."""
    shown = {}
    for found in DRAWN.finditer(re.sub(r"\r|\x1b\[A", "\n", text)):
        said, done, total, metrics = (part.strip() for part in found.groups())
        shown[said, done, total] = metrics
    return list(shown.items())


def with_bar(make, monkeypatch, *, val=10, methods=None, train=None, **arguments):
    """A fit with a bar of tqdm that is drawn for every batch; answers with what it showed."""

    def scenario(stage):
        monkeypatch.setattr(tqdm_progress, "SECONDS_IN_A_FILE", 0.0)
        seen = []
        bar = make(stage.callbacks, seen)
        module = stage.make_module(methods={**BOTH, "training_step": logs, **(methods or {})})
        given = {"callbacks": [bar, stage.make_callback()], "enable_progress_bar": True, **arguments}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            trainer = stage.make_trainer(**given)
            trainer.fit(module, stage.loader("train", **(train or {})), stage.loader("val", samples=val))
        assert trainer.progress_bar_callback is bar
        return [drawn(out.getvalue()), seen, [bar.refresh_rate, bar.process_position, bar.is_enabled]]

    return scenario


def logs(self, batch, batch_idx):
    loss = loss_of(self, batch)
    self.log("loss", loss, prog_bar=True)
    self.log("both", loss, prog_bar=True, on_step=True, on_epoch=True)
    return loss


def as_it_is(**arguments):
    return lambda c, seen: c.TQDMProgressBar(**arguments)


def telling(callbacks, seen):
    """A bar that tells what a bar knows at its hooks, and shows more."""

    class Bar(callbacks.TQDMProgressBar):
        def get_metrics(self, trainer, pl_module):
            metrics = super().get_metrics(trainer, pl_module)
            metrics.pop("v_num", None)
            return {**metrics, "more": 1.5, "text": "a"}

        def init_train_tqdm(self):
            bar = super().init_train_tqdm()
            bar.set_description("mine")
            return bar

        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            seen.append([self.total_train_batches, self.total_val_batches])

        def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
            super().on_validation_batch_end(trainer, pl_module, outputs, batch, batch_idx, dataloader_idx)
            seen.append([self.total_val_batches_current_dataloader, self.val_progress_bar.n, batch_idx])

        def on_train_epoch_end(self, trainer, pl_module):
            super().on_train_epoch_end(trainer, pl_module)
            seen.append([self.train_progress_bar.n, self.train_progress_bar.total])

    return Bar()


def switched_off(callbacks, seen):
    bar = callbacks.TQDMProgressBar()
    bar.disable()
    return bar


BARS = {
    "as it is": (as_it_is(), {}),
    "every third batch": (as_it_is(refresh_rate=3), {}),
    "left on the screen": (as_it_is(leave=True), {}),
    "further down": (as_it_is(process_position=2), {}),
    "drawing nothing": (as_it_is(refresh_rate=0), {}),
    "switched off": (switched_off, {}),
    "telling what it knows": (telling, {}),
    "accumulating": (telling, {"accumulate_grad_batches": 3}),
    "validating in the middle": (as_it_is(), {"val_check_interval": 3}),
    "of steps": (telling, {"max_steps": 9, "max_epochs": -1}),
    "of data without a length": (as_it_is(), {"train": {"sized": False}}),
    "without a sanity check": (as_it_is(), {"num_sanity_val_steps": 0}),
    "every second epoch": (telling, {"check_val_every_n_epoch": 2}),
}


@pytest.mark.parametrize("name", BARS)
def test_a_bar_shows_what_lightnings_shows(name, monkeypatch):
    make, arguments = BARS[name]
    twins(with_bar(make, monkeypatch, **arguments))


@pytest.mark.parametrize("text", ["TQDM_MINITERS", "COLAB_GPU"])
def test_the_environment_says_how_often_a_bar_is_drawn_as_in_lightning(text, monkeypatch):
    monkeypatch.setenv(text, "7")
    found = [
        [callbacks.TQDMProgressBar(rate).refresh_rate for rate in (0, 1, 9)]
        for callbacks in (lightning.pytorch.callbacks, groundwire_lightning.callbacks)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("number", [1, 12345678, 0.5, 1.25, 0.123456, 1e-9, 3.0, "a", "12", "1.2", "0.123456", "1e-9"])
def test_a_number_keeps_its_width_as_in_lightning(number):
    theirs = lightning.pytorch.callbacks.progress.tqdm_progress.Tqdm.format_num(number)
    assert tqdm_progress.Tqdm.format_num(number) == theirs


def test_values_are_read_when_the_bar_is_drawn_and_not_more_often(monkeypatch):
    monkeypatch.setattr(tqdm_progress, "SECONDS_IN_A_FILE", 3600.0)
    read = []

    class Bar(groundwire_lightning.callbacks.TQDMProgressBar):
        def get_metrics(self, trainer, pl_module):
            read.append(self.train_progress_bar.n)
            return super().get_metrics(trainer, pl_module)

    def scenario(stage):
        bar = Bar() if not stage.is_lightning else stage.callbacks.TQDMProgressBar(refresh_rate=100)
        module = stage.make_module(methods={**BOTH, "training_step": logs})
        with contextlib.redirect_stdout(io.StringIO()):
            stage.make_trainer(callbacks=[bar], enable_progress_bar=True, max_epochs=1).fit(
                module, stage.loader("train", samples=40), stage.loader("val", samples=10)
            )

    twins(scenario, hears=False)
    assert read == [1, 10, 10, 10]  # the first batch, the last one, after the validation, at the end


def test_a_bar_can_be_pickled():
    import pickle

    bar = groundwire_lightning.callbacks.TQDMProgressBar()
    bar.train_progress_bar = tqdm_progress.Tqdm(disable=True)
    assert pickle.loads(pickle.dumps(bar))._train_progress_bar is None
    with pytest.raises(TypeError, match="no bar of val yet"):
        bar.val_progress_bar  # noqa: B018

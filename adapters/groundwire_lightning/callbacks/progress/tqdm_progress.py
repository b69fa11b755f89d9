"""The progress bar of tqdm."""

from __future__ import annotations

import importlib.util
import math
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from groundwire_lightning.callbacks.progress.progress_bar import ProgressBar
from groundwire_lightning.utilities.checked import checked, flag, whole

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

_auto = importlib.util.find_spec("ipywidgets") is not None  # tqdm.auto needs it in a notebook
_tqdm: Any = importlib.import_module("tqdm.auto" if _auto else "tqdm").tqdm

NUMBER_WIDTH = 5
SECONDS_ON_SCREEN = 0.1
SECONDS_IN_A_FILE = 10.0
BAR_PHASES = ("train", "val", "test", "predict")


class Tqdm(_tqdm):  # type: ignore[misc]  # one of two classes, chosen when this module is imported
    """A bar whose numbers keep their width, so that what stands behind them does not jump."""

    @staticmethod
    def format_num(n: int | float | str) -> str:
        """Write a number or a text as it is shown: filled up with zeros where it is not whole."""
        text = n if isinstance(n, str) else str(_tqdm.format_num(n))
        if not isinstance(n, (float, str)) or "e" in text:
            return text
        if "." not in text and len(text) < NUMBER_WIDTH:
            if not _is_number(text):
                return text
            text += "."
        return text.ljust(NUMBER_WIDTH, "0")


class TQDMProgressBar(ProgressBar):
    """A bar for the sanity check, training, validation, test and prediction, drawn by tqdm on ``stdout``.

    A bar is drawn, and what was logged is read, at most ten times a second on a screen and once in
    ten seconds in a file, and always for the last batch.

    Args:
        refresh_rate: Batches between two drawings; 0 draws nothing.
        process_position: Lines to leave above the bar, for bars of others.
        leave: Leave the bar of every epoch on the screen.
    """

    BAR_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}{postfix}]"

    @checked(refresh_rate=whole(), process_position=whole(), leave=flag)
    def __init__(self, refresh_rate: int = 1, process_position: int = 0, leave: bool = False) -> None:
        super().__init__()
        self._refresh_rate = self._resolve_refresh_rate(refresh_rate)
        self._process_position = process_position
        self._enabled = True
        self._train_progress_bar: Any = None
        self._val_progress_bar: Any = None
        self._test_progress_bar: Any = None
        self._predict_progress_bar: Any = None
        self._leave = leave
        self._pause = 0.0
        self._due_at = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Leave the bars out, which hold open files and cannot be copied."""
        return {name: None if isinstance(value, _tqdm) else value for name, value in vars(self).items()}

    def _bar(self, phase: str) -> Any:
        bar = getattr(self, f"_{phase}_progress_bar")
        if bar is None:
            raise TypeError(f"{type(self).__name__} has no bar of {phase} yet; it is made when {phase} begins")
        return bar

    @property
    def train_progress_bar(self) -> Any:
        """The bar of training."""
        return self._bar("train")

    @train_progress_bar.setter
    def train_progress_bar(self, bar: Any) -> None:
        self._train_progress_bar = bar

    @property
    def main_progress_bar(self) -> Any:
        """The bar of training, under its name in Lightning 1."""
        return self.train_progress_bar

    @main_progress_bar.setter
    def main_progress_bar(self, bar: Any) -> None:
        self._train_progress_bar = bar

    @property
    def val_progress_bar(self) -> Any:
        """The bar of validation, the sanity check included."""
        return self._bar("val")

    @val_progress_bar.setter
    def val_progress_bar(self, bar: Any) -> None:
        self._val_progress_bar = bar

    @property
    def test_progress_bar(self) -> Any:
        """The bar of a test."""
        return self._bar("test")

    @test_progress_bar.setter
    def test_progress_bar(self, bar: Any) -> None:
        self._test_progress_bar = bar

    @property
    def predict_progress_bar(self) -> Any:
        """The bar of a prediction."""
        return self._bar("predict")

    @predict_progress_bar.setter
    def predict_progress_bar(self, bar: Any) -> None:
        self._predict_progress_bar = bar

    @property
    def refresh_rate(self) -> int:
        """Batches between two drawings."""
        return self._refresh_rate

    @property
    def process_position(self) -> int:
        """Lines above the bar."""
        return self._process_position

    @property
    def is_enabled(self) -> bool:
        """True where bars are drawn."""
        return self._enabled and self.refresh_rate > 0

    @property
    def is_disabled(self) -> bool:
        """True where none is drawn."""
        return not self.is_enabled

    def disable(self) -> None:
        """Draw nothing from now on; a bar that is open stays."""
        self._enabled = False

    def enable(self) -> None:
        """Draw again."""
        self._enabled = True

    # new bars; override one of these to change its looks

    def init_sanity_tqdm(self) -> Tqdm:
        """The bar of the sanity check."""
        return self._new_bar(self.sanity_check_description, leave=False)

    def init_train_tqdm(self) -> Tqdm:
        """The bar of training."""
        return self._new_bar(self.train_description, smoothing=0)

    def init_validation_tqdm(self) -> Tqdm:
        """The bar of a validation, which within ``fit`` stands below that of training."""
        below = self.trainer.state.fn != "validate"
        return self._new_bar(self.validation_description, leave=not below, below=below)

    def init_test_tqdm(self) -> Tqdm:
        """The bar of a test."""
        return self._new_bar("Testing")

    def init_predict_tqdm(self) -> Tqdm:
        """The bar of a prediction."""
        return self._new_bar(self.predict_description, smoothing=0)

    def _new_bar(self, description: str, leave: bool = True, below: bool = False, **kwargs: Any) -> Tqdm:
        on_screen = sys.stdout.isatty() or "ipykernel" in sys.modules
        self._pause, self._due_at = SECONDS_ON_SCREEN if on_screen else SECONDS_IN_A_FILE, 0.0
        return Tqdm(
            desc=description,
            position=2 * self.process_position + below,
            disable=self.is_disabled,
            leave=leave,
            dynamic_ncols=True,
            file=sys.stdout,
            bar_format=self.BAR_FORMAT,
            **kwargs,
        )

    # the moments of a run

    def on_sanity_check_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the bar of the sanity check, and a hidden one of training, which a user's code may read."""
        self.val_progress_bar = self.init_sanity_tqdm()
        self.train_progress_bar = Tqdm(disable=True)

    def on_sanity_check_end(self, trainer: Running, pl_module: Any) -> None:
        """Close both bars."""
        self.val_progress_bar.close()
        self.train_progress_bar.close()

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the bar of training."""
        self.train_progress_bar = self.init_train_tqdm()

    def on_train_epoch_start(self, trainer: Running, pl_module: Any) -> None:
        """Begin the bar anew."""
        if self._leave:
            self.train_progress_bar = self.init_train_tqdm()
        self._begin(self.train_progress_bar, self.total_train_batches, f"Epoch {trainer.current_epoch}")

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Count a batch, and show what was logged where the bar is drawn."""
        bar, done = self._train_progress_bar, batch_idx + 1
        if bar is None or not self._should_update(done, bar.total):
            return
        bar.n = done
        if self._is_time(done, bar.total) and not bar.disable:
            bar.set_postfix(self.get_metrics(trainer, pl_module))

    def on_train_epoch_end(self, trainer: Running, pl_module: Any) -> None:
        """Show what was logged over the epoch."""
        if not self.train_progress_bar.disable:
            self.train_progress_bar.set_postfix(self.get_metrics(trainer, pl_module))
        if self._leave:
            self.train_progress_bar.close()

    def on_train_end(self, trainer: Running, pl_module: Any) -> None:
        """Close the bar of training."""
        self.train_progress_bar.close()

    def on_validation_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the bar of a validation."""
        if not trainer.sanity_checking:
            self.val_progress_bar = self.init_validation_tqdm()

    def on_validation_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Begin the bar anew for each loader."""
        if self.has_dataloader_changed(dataloader_idx):
            description = self.sanity_check_description if trainer.sanity_checking else self.validation_description
            total = self.total_val_batches_current_dataloader
            self._begin(self.val_progress_bar, total, f"{description} DataLoader {dataloader_idx}")

    def on_validation_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Count a batch."""
        self._count(self._val_progress_bar, batch_idx + 1)

    def on_validation_end(self, trainer: Running, pl_module: Any) -> None:
        """Close the bar, and show what was logged beside that of training."""
        self.val_progress_bar.close()
        self.reset_dataloader_idx_tracker()
        bar = self._train_progress_bar
        if bar is not None and not bar.disable and trainer.state.fn == "fit":
            bar.set_postfix(self.get_metrics(trainer, pl_module))

    def on_test_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the bar of a test."""
        self.test_progress_bar = self.init_test_tqdm()

    def on_test_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Begin the bar anew for each loader."""
        if self.has_dataloader_changed(dataloader_idx):
            total = self.total_test_batches_current_dataloader
            self._begin(self.test_progress_bar, total, f"{self.test_description} DataLoader {dataloader_idx}")

    def on_test_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Count a batch."""
        self._count(self._test_progress_bar, batch_idx + 1)

    def on_test_end(self, trainer: Running, pl_module: Any) -> None:
        """Close the bar of a test."""
        self.test_progress_bar.close()
        self.reset_dataloader_idx_tracker()

    def on_predict_start(self, trainer: Running, pl_module: Any) -> None:
        """Open the bar of a prediction."""
        self.predict_progress_bar = self.init_predict_tqdm()

    def on_predict_batch_start(
        self, trainer: Running, pl_module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Begin the bar anew for each loader."""
        if self.has_dataloader_changed(dataloader_idx):
            total = self.total_predict_batches_current_dataloader
            self._begin(self.predict_progress_bar, total, f"{self.predict_description} DataLoader {dataloader_idx}")

    def on_predict_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Count a batch."""
        self._count(self._predict_progress_bar, batch_idx + 1)

    def on_predict_end(self, trainer: Running, pl_module: Any) -> None:
        """Close the bar of a prediction."""
        self.predict_progress_bar.close()
        self.reset_dataloader_idx_tracker()

    def print(self, *args: Any, sep: str = " ", **kwargs: Any) -> None:
        """Print above the bar that is open."""
        bars = [getattr(self, f"_{phase}_progress_bar") for phase in BAR_PHASES]
        open_bars = [bar for bar in bars if bar is not None and not bar.disable]
        if open_bars:
            open_bars[0].write(sep.join(map(str, args)), **kwargs)

    def _begin(self, bar: Any, total: int | float, description: str) -> None:
        bar.reset()
        bar.total = convert_inf(total)
        bar.initial = 0
        bar.set_description(description)

    def _count(self, bar: Any, done: int) -> None:
        if bar is None or not self._should_update(done, bar.total):
            return
        bar.n = done
        if self._is_time(done, bar.total):
            bar.refresh()

    def _should_update(self, current: int, total: int | float | None) -> bool:
        return self.is_enabled and (current % self.refresh_rate == 0 or current == total)

    def _is_time(self, current: int, total: int | float | None) -> bool:
        """True if the last drawing is long enough ago, or nothing will come after this one."""
        now = time.monotonic()
        if now < self._due_at and current != total:
            return False
        self._due_at = now + self._pause
        return True

    @staticmethod
    def _resolve_refresh_rate(refresh_rate: int) -> int:
        if os.getenv("COLAB_GPU") and refresh_rate == 1:
            return 20  # Colab cannot keep up with more
        return max(int(os.environ.get("TQDM_MINITERS", refresh_rate)), refresh_rate)


def convert_inf(x: int | float | None) -> int | float | None:
    """Return ``x``, or None where it is no finite number, which is how tqdm is told that a total is unknown."""
    return None if x is None or not math.isfinite(x) else x


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

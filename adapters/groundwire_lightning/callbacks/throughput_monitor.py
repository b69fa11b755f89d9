"""A callback that writes batches, samples and floating-point operations a second through the loggers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.utilities.checked import checked, function, optional
from groundwire_lightning.utilities.throughput import Throughput, get_available_flops

if TYPE_CHECKING:
    from groundwire_lightning.core.running import Running

MULTIPLIED_DTYPES = {
    "64-true": torch.float64,
    "16-true": torch.float16,
    "16-mixed": torch.float16,
    "bf16-true": torch.bfloat16,
    "bf16-mixed": torch.bfloat16,
}
"""Precision of the trainer to the type of the numbers that are multiplied; any other multiplies in 32 bits."""


class ThroughputMonitor(Callback):
    """Measures training, validation, test and prediction, each for itself, and writes ``<stage>/<name>``.

    With an attribute ``flops_per_batch`` of the module it tells operations a second too;
    ``utilities.throughput.measure_flops`` counts them.

    Args:
        batch_size_fn: A function of a batch that returns its number of samples.
        length_fn: A function of a batch that returns its number of items, such as tokens.
        **kwargs: Further arguments of :class:`~groundwire_lightning.utilities.throughput.Throughput`.
    """

    @checked(batch_size_fn=function, length_fn=optional(function))
    def __init__(
        self, batch_size_fn: Callable[[Any], int], length_fn: Callable[[Any], int] | None = None, **kwargs: Any
    ) -> None:
        self.kwargs = kwargs
        self.batch_size_fn = batch_size_fn
        self.length_fn = length_fn
        self.available_flops: int | None = None
        self._throughputs: dict[str, Throughput] = {}
        self._t0s: dict[str, float] = {}
        self._lengths: dict[str, int] = {}
        self._samples: dict[str, int] = {}
        self._batches: dict[str, int] = {}
        self._module_has_flops: bool | None = None

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Make a meter for each stage of the run."""
        dtype = MULTIPLIED_DTYPES.get(str(trainer.precision), torch.float32)
        self.available_flops = get_available_flops(trainer.strategy.root_device, dtype)
        stages = ["train", "validate"] if stage == "fit" else [str(getattr(stage, "value", stage))]
        for name in stages:
            self._throughputs[name] = Throughput(
                available_flops=self.available_flops, world_size=trainer.world_size, **self.kwargs
            )

    def on_train_start(self, trainer: Running, pl_module: Any) -> None:
        """Begin to measure training."""
        self._start(trainer, "train")

    def on_train_batch_end(self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Measure a batch; at an update write, where loggers are due."""
        self._update(trainer, pl_module, batch, "train")
        if trainer.is_global_zero and not trainer.fit_loop._should_accumulate():
            self._write(trainer, "train", None)

    def on_validation_start(self, trainer: Running, pl_module: Any) -> None:
        """Begin to measure a validation."""
        if not trainer.sanity_checking:
            self._start(trainer, "validate")

    def on_validation_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Measure a batch, and write where loggers are due."""
        if not trainer.sanity_checking:
            self._update(trainer, pl_module, batch, "validate")
            self._write(trainer, "validate", self._batches.get("validate"))

    def on_validation_end(self, trainer: Running, pl_module: Any) -> None:
        """Take the time of the validation out of that of training."""
        if trainer.sanity_checking or trainer.state.fn != "fit" or "train" not in self._t0s:
            return
        trained, validated = (self._throughputs[stage]._time for stage in ("train", "validate"))
        pause_began = self._t0s["train"] + (trained[-1] if trained else 0.0)
        pause_ended = self._t0s["validate"] + (validated[-1] if validated else 0.0)
        self._t0s["train"] += pause_ended - pause_began

    def on_test_start(self, trainer: Running, pl_module: Any) -> None:
        """Begin to measure a test."""
        self._start(trainer, "test")

    def on_test_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Measure a batch, and write where loggers are due."""
        self._update(trainer, pl_module, batch, "test")
        self._write(trainer, "test", self._batches.get("test"))

    def on_predict_start(self, trainer: Running, pl_module: Any) -> None:
        """Begin to measure a prediction."""
        self._start(trainer, "predict")

    def on_predict_batch_end(
        self, trainer: Running, pl_module: Any, outputs: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Measure a batch, and write where loggers are due."""
        self._update(trainer, pl_module, batch, "predict")
        self._write(trainer, "predict", self._batches.get("predict"))

    def _start(self, trainer: Running, stage: str) -> None:
        if not trainer.is_global_zero:
            return
        if trainer.state.fn == "fit" or stage not in self._samples:
            self._throughputs[stage].reset()
            self._lengths[stage] = self._samples[stage] = self._batches[stage] = 0
        self._t0s[stage] = time.perf_counter()

    def _update(self, trainer: Running, pl_module: Any, batch: Any, stage: str) -> None:
        if not trainer.is_global_zero:
            return
        if trainer.strategy.root_device.type == "cuda":
            torch.cuda.synchronize()  # kernels run later than they are launched, and the clock is to see them done
        seconds = time.perf_counter() - self._t0s[stage]
        with torch.inference_mode():
            self._samples[stage] += self.batch_size_fn(batch)
            if self.length_fn is not None:
                self._lengths[stage] += self.length_fn(batch)
        self._batches[stage] += 1
        self._throughputs[stage].update(
            time=seconds,
            batches=self._batches[stage],
            samples=self._samples[stage],
            lengths=None if self.length_fn is None else self._lengths[stage],
            flops=pl_module.flops_per_batch if self._knows_flops(pl_module) else None,
        )

    def _knows_flops(self, pl_module: Any) -> bool:
        if self._module_has_flops is None:
            self._module_has_flops = hasattr(pl_module, "flops_per_batch")
            if not self._module_has_flops:
                rank_zero_warn(
                    f"ThroughputMonitor: {type(pl_module).__name__} has no flops_per_batch, so operations a second are "
                    "not told; measure_flops counts them"
                )
        return self._module_has_flops

    def _write(self, trainer: Running, stage: str, step: int | None) -> None:
        if not trainer.is_global_zero or not trainer._logger_connector.should_update_logs:
            return
        throughput = self._throughputs[stage]
        values = {f"{stage}{throughput.separator}{name}": value for name, value in throughput.compute().items()}
        trainer.logged_metrics.update(values)
        if step is None:  # beside the rows that training writes
            values["epoch"] = trainer.current_epoch
        for logger in trainer.loggers:
            trainer.to_loggers.write_of_callback(logger, values, step)

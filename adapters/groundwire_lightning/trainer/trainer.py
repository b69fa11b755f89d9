"""The Lightning-shaped Trainer: its constructor, ``fit`` and ``validate``."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any, ClassVar, Literal, NoReturn

import torch
from accelerate import Accelerator

from groundwire import LossTracker, Part
from groundwire_lightning import arguments, fit_order, guests, limits, settings
from groundwire_lightning import devices as devices_of
from groundwire_lightning.adapter import LightningAdapter
from groundwire_lightning.bar import ProgressBar
from groundwire_lightning.callback_order import ordered
from groundwire_lightning.checkpoints import Checkpoints
from groundwire_lightning.data import Feed, tell_epoch
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.loaders import Loaders
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.nested import nested_step
from groundwire_lightning.precision import made
from groundwire_lightning.profilers import profiler_for
from groundwire_lightning.profiling import Profiled
from groundwire_lightning.progress import Progress
from groundwire_lightning.retired import NAMES, named
from groundwire_lightning.stepping import nests, synchronised_at_updates


class Trainer(Checkpoints, Profiled, Loaders):
    """Lightning's Trainer on groundwire: ``fit`` and ``validate`` in Lightning's order, with its numbers.

    The arguments are Lightning's; ``groundwire_lightning.arguments`` says of each what becomes of
    it. What is not supported yet is refused here, by name.

    ``numerics`` is the one argument that Lightning does not have: ``"exact"`` gives the right numbers
    where Lightning's are wrong, which by default are kept. That is one place: the last update of an
    epoch, when it accumulates fewer batches than the others.

    Raises:
        NotSupportedYetError: An argument asks for something that has no counterpart here yet.
        MisconfigurationException: An argument is out of range.
    """

    hook_order: ClassVar[tuple[str, ...]] = fit_order.ORDER

    inference_mode: bool
    detect_anomaly: bool
    numerics: Literal["parity", "exact"]
    told_of_short_window: bool = False
    _clips_before_step = False

    @named
    def __init__(
        self,
        *,
        accelerator: Any = "auto",
        strategy: Any = "auto",
        devices: Any = "auto",
        num_nodes: int = 1,
        precision: Any = None,
        logger: Any = None,
        callbacks: Any = None,
        fast_dev_run: int | bool = False,
        max_epochs: int | None = None,
        min_epochs: int | None = None,
        max_steps: int = -1,
        min_steps: int | None = None,
        max_time: Any = None,
        limit_train_batches: int | float | None = None,
        limit_val_batches: int | float | None = None,
        limit_test_batches: int | float | None = None,
        limit_predict_batches: int | float | None = None,
        overfit_batches: int | float = 0.0,
        val_check_interval: int | float | None = None,
        check_val_every_n_epoch: int | None = 1,
        num_sanity_val_steps: int | None = None,
        log_every_n_steps: int | None = None,
        enable_checkpointing: bool | None = None,
        enable_progress_bar: bool | None = None,
        enable_model_summary: bool | None = None,
        accumulate_grad_batches: int = 1,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
        deterministic: bool | Literal["warn"] | None = None,
        benchmark: bool | None = None,
        inference_mode: bool = True,
        use_distributed_sampler: bool = True,
        profiler: Any = None,
        detect_anomaly: bool = False,
        barebones: bool = False,
        plugins: Any = None,
        sync_batchnorm: bool = False,
        reload_dataloaders_every_n_epochs: int = 0,
        default_root_dir: str | PathLike[str] | None = None,
        enable_autolog_hparams: bool = True,
        model_registry: str | None = None,
        numerics: Literal["parity", "exact"] = "parity",
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        given = arguments.check(given)
        self._asked = given
        self._kind = devices_of.kind_of(given)
        self._strategy = devices_of.strategy_of(given, self._kind)
        self._strategy._answer_for(self)
        devices_of.check_processes(given, self._kind, devices_of.number_of(given, self._kind))
        self.profiler = profiler_for(given["profiler"])
        self.progress = Progress()
        settings.take(self, given)
        self._told_left_out: set[str] = set()
        listed = _listed(callbacks, enable_progress_bar)
        super().__init__(None, callbacks=ordered(listed, enable_checkpointing))
        self.precision_plugin = made(given["precision"], self.device.type)

    def _create_accelerator(self) -> Accelerator:
        """The Accelerator for the device and the processes that were asked for."""
        return devices_of.accelerate(self._asked, self._kind, self.strategy)

    @classmethod
    def from_argparse_args(cls, args: Any, **kwargs: Any) -> NoReturn:
        """Not here: Lightning 2 removed it."""
        raise NotSupportedYetError(
            f"{cls.__qualname__}.from_argparse_args: Lightning 2 removed it. Instead: pass the arguments by name, "
            f"{cls.__qualname__}(max_epochs=args.max_epochs, ...), or use LightningCLI"
        )

    @classmethod
    def add_argparse_args(cls, parent_parser: Any, **kwargs: Any) -> NoReturn:
        """Not here: Lightning 2 removed it."""
        raise NotSupportedYetError(
            f"{cls.__qualname__}.add_argparse_args: Lightning 2 removed it. Instead: parser.add_argument('--max_epochs'"
            ", type=int) for each that is wanted, or LightningCLI"
        )

    def __getattr__(self, name: str) -> Any:
        if name in NAMES and not name.startswith("__"):
            raise AttributeError(f"{type(self).__qualname__}.{name}: Lightning 2 removed it. Instead: {NAMES[name]}")
        return object.__getattribute__(self, name)  # raises what was raised before

    # entry points

    def fit(
        self,
        model: Any,
        train_dataloaders: Any = None,
        val_dataloaders: Any = None,
        datamodule: Any = None,
        ckpt_path: Any = None,
        weights_only: bool | None = None,
    ) -> None:
        """Train a module, with the validations that are due.

        A second call goes on where the first one ended.

        Args:
            model: A Lightning module, or any ``nn.Module`` with its methods.
            train_dataloaders: The loader of training batches, or a data module.
            val_dataloaders: The loader of validation batches.
            datamodule: Brings all loaders; given instead of them.
            ckpt_path: Must be None: resuming is not supported yet.
            weights_only: Must be None, as ``ckpt_path``.

        Raises:
            MisconfigurationException: Module and data do not go together.
            NotSupportedYetError: Something has no counterpart here yet.
            HookMapError: A hook that would change numbers has no place, or cannot be called as it would be.
        """
        _refuse_checkpoint("fit", ckpt_path, weights_only)
        loaders = {"train_dataloader": train_dataloaders, "val_dataloader": val_dataloaders}
        self._connect("fit", model, loaders, datamodule)
        self._require("training_step", "configure_optimizers")
        self.check_by_hand(self.gradient_clip_val, self.accumulate_grad_batches)
        self.told_of_short_window = False
        self.max_epochs = limits.epochs(self.max_epochs, self.max_steps)
        self.min_epochs = limits.least_epochs(self.min_epochs, self.min_steps)
        self.should_stop = False
        self.run_history.reset()
        self._run("_run_training")

    def validate(
        self,
        model: Any = None,
        dataloaders: Any = None,
        ckpt_path: Any = None,
        verbose: bool = True,
        datamodule: Any = None,
        weights_only: bool | None = None,
    ) -> list[dict[str, float]]:
        """Validate a module once over its validation data.

        Args:
            model: A Lightning module; by default that of the call before.
            dataloaders: The loader of validation batches, or a data module.
            ckpt_path: Must be None.
            verbose: Print the result.
            datamodule: Brings the loader; given instead of it.
            weights_only: Must be None.

        Returns:
            The values that were logged over the epoch, by name, in a list with one entry a loader.

        Raises:
            MisconfigurationException: Module and data do not go together.
            NotSupportedYetError: Something has no counterpart here yet.
        """
        _refuse_checkpoint("validate", ckpt_path, weights_only)
        model = self.lightning_module if model is None else model
        self._connect("validate", model, {"val_dataloader": dataloaders}, datamodule)
        self._require("validation_step")
        self.results: list[dict[str, float]] = []
        self.run_history.reset()
        self._run("_run_evaluation")
        if verbose:
            for result in self.results:
                self.print("\n".join(f"{name:>32}  {value:.6g}" for name, value in result.items()))
        return self.results

    def train(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not on this Trainer: see :meth:`fit`."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__} trains with fit(model, ...), in Lightning's order; train() belongs to "
            "groundwire.Trainer: groundwire_lightning.adapt(model).train(...)"
        )

    def evaluate(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not on this Trainer: see :meth:`validate`."""
        raise NotSupportedYetError(
            f"{type(self).__qualname__} evaluates with validate(model, ...); evaluate() belongs to groundwire.Trainer: "
            "groundwire_lightning.adapt(model).evaluate(...)"
        )

    def test(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported yet."""
        raise NotSupportedYetError("test() is not supported yet; validate(model, test_loader) runs validation_step")

    def predict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not supported yet."""
        raise NotSupportedYetError("predict() is not supported yet; call the module on the batches yourself")

    def explain(
        self,
        format: Literal["text", "json"] = "text",  # noqa: A002  # the word users expect
        model: Any = None,
        datamodule: Any = None,
    ) -> Any:
        """Say what ``fit`` will run, in order, and who is attached where; nothing is run or changed.

        Args:
            format: ``"text"`` prints and returns it, ``"json"`` returns plain data.
            model: The module to look at; by default that of the call before.
            datamodule: Likewise.
        """
        outer = self.model, self.datamodule
        self.model = outer[0] if model is None else model
        self.datamodule = outer[1] if datamodule is None else datamodule
        try:
            return super().explain(format)
        finally:
            self.model, self.datamodule = outer

    # what a call is about

    def _connect(self, entry: str, model: Any, loaders: dict[str, Any], datamodule: Any) -> None:
        first = next(iter(loaders))
        if guests.is_data_module(loaders[first], LIGHTNING):
            datamodule, loaders = loaders[first], {}
        given = {name: loader for name, loader in loaders.items() if loader is not None}
        if given and datamodule is not None:
            raise MisconfigurationException(f"{entry}: loaders and datamodule= exclude each other; pass one of them")
        if not isinstance(model, torch.nn.Module):
            raise TypeError(f"{entry}: a LightningModule or another nn.Module is due, got {model!r}")
        self.model, self.datamodule = model, datamodule
        self._given, self._loaders_given = given, frozenset(given)

    def _require(self, *methods: str) -> None:
        module = Part(LIGHTNING, "LightningModule", self.lightning_module)
        for method in methods:
            if not module.implements(method):
                raise MisconfigurationException(
                    f"{type(module.player).__qualname__} has no {method}() of its own; write it, or call "
                    "groundwire_lightning.adapt(model, YourTrainer) to bring it in a Trainer"
                )

    def _run(self, run: Literal["_run_training", "_run_evaluation"]) -> None:
        self._feed: Feed | None = None
        nothing = dict.fromkeys(("_train_dataloader", "_eval_dataloader", "train_dataset", "eval_dataset", "scheduler"))
        self._launch(run, _request=None, collate_fn=None, create_scheduler_fn=None, **nothing)

    # where the run is

    @property
    def current_epoch(self) -> int:
        """Epochs completed, which while one runs is its index from 0."""
        return self.progress.epochs

    @property
    def global_step(self) -> int:
        """Optimizer steps made so far, earlier calls of ``fit`` included."""
        return self.progress.steps

    @property
    def is_last_batch(self) -> bool:
        """The training batch in use is the last of its epoch."""
        return self.progress.is_last

    # Lightning's order

    def _assemble_run(self) -> None:
        fit_order.assembly(self)

    def create_scheduler(self) -> Any:
        """The first scheduler of the module; ``lr_scheduler_configs`` has all of them."""
        return self.lr_scheduler_configs[0].scheduler if self.lr_scheduler_configs else None

    def _prepare_model_and_optimizer(self) -> None:
        if self._is_fitting and self.world_size > 1:
            self.model = self._accelerator.prepare_model(self.get_model())
        else:
            super()._prepare_model_and_optimizer()

    def _run_training(self) -> None:
        with torch.autograd.set_detect_anomaly(self.detect_anomaly):
            fit_order.training_run(self)

    def _run_sanity_evaluation(self) -> None:
        with fit_order.evaluating(self):
            self.load_validation_data()
            self.plan._run_eval_epoch(self._eval_dataloader, True, False)

    def _run_train_epoch(self, train_dl: Iterable[Any]) -> None:
        fit_order.train_epoch(self)

    def _run_train_step(self, batch: Any, step: int) -> Any:
        self._forget_batch()
        self._batch_output = self._step(self, batch, step)
        return self._batch_output

    _step: Any = staticmethod(fit_order.train_step)

    def choose_way(self) -> None:
        """Decide how updates are made; done before each epoch, so that a step need not ask."""
        super().choose_way()
        self._step = {"straight": fit_order.train_step, "nested": nested_step, "by hand": fit_order.step_by_hand}[
            self.way
        ]
        if self.world_size > 1 and self.way != "by hand":
            self._step = synchronised_at_updates(self._step)

    def _nests(self) -> bool:
        scaled = self.precision_plugin.scaler is not None
        return scaled or "optimizer_step" in self.plan.instead or nests(self.optimizers)

    def _count_step(self, done: bool) -> None:
        super()._count_step(done)
        self.progress.steps_ready += not done
        self.progress.steps += done

    def _run_evaluation(self) -> None:
        fit_order.validation_run(self)

    def _run_eval_epoch(self, valid_dl: Iterable[Any], is_training: bool = True, is_intermediate: bool = False) -> None:
        (batches,) = self.num_sanity_val_batches if self.sanity_checking else self.num_val_batches
        if not batches:
            return
        tell_epoch(valid_dl, self.progress.processed)
        outer, self._loss_tracker = self._loss_tracker, LossTracker(self.device)
        try:
            with fit_order.evaluating(self), self.logged.validation():
                fit_order.validation(self, Feed(valid_dl, batches))
                self._keep(self.logged.take())
        finally:
            self._loss_tracker = outer

    def _keep(self, values: dict[str, Any]) -> None:
        if not self.sanity_checking:
            self.record(values)
            self.results = [{name: value.item() for name, value in values.items()}]

    def _on_device(self, batches: Iterable[Any]) -> Iterable[Any]:
        plugin = self.precision_plugin
        batches = map(plugin.convert_input, batches) if plugin.converts_input else batches
        return super(LightningAdapter, self)._on_device(batches)  # fit_order announces batches itself

    def train_epoch_start(self) -> None:
        """Leaves the modes of the module as they are: they are the user's."""

    def _clip_gradients(self) -> None:
        if "_clip_gradients" in self.plan.instead:
            super()._clip_gradients()
        else:
            self.clip(self.optimizer, self.gradient_clip_val, self.gradient_clip_algorithm)


def _listed(callbacks: Any, bar: bool | None) -> list[Any]:
    """``callbacks=`` as a list, the progress bar behind them."""
    listed = [] if callbacks is None else list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    return listed if bar is False else [*listed, ProgressBar()]


def _refuse_checkpoint(entry: str, ckpt_path: Any, weights_only: bool | None) -> None:
    if ckpt_path is not None or weights_only is not None:
        raise NotSupportedYetError(
            f"{entry}(ckpt_path={ckpt_path!r}) is not supported yet; load_state_dict the weights before"
        )

"""The calls of a user: ``fit``, ``validate``, ``test`` and ``predict``, with Lightning's arguments and results."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from groundwire import Part, listeners
from groundwire.devices import STARTED, make_current, own_accelerator
from groundwire.errors import rank_zero_warn
from groundwire.run.launch import RunHook, launch
from groundwire.run.run import of_part, of_run
from groundwire_lightning import guests
from groundwire_lightning.callbacks.of_a_trainer import has_any
from groundwire_lightning.core.states import TrainerFn, TrainerStatus
from groundwire_lightning.data.dataloader_iter import Reader, reading_table, steps_that_read
from groundwire_lightning.data.feed import Feed
from groundwire_lightning.errors import MisconfigurationException, NoModuleError, PossibleUserWarning, TunerExit
from groundwire_lightning.logged import results_table
from groundwire_lightning.loops import limits
from groundwire_lightning.loops.phases import PHASES, Phase
from groundwire_lightning.loops.predictions import Predicted
from groundwire_lightning.loops.run import LightningRun
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.map_1x import JOINED
from groundwire_lightning.strategies import starting
from groundwire_lightning.trainer.adapter import LightningAdapter
from groundwire_lightning.trainer.arguments import EVALUATE, FIT, PREDICT
from groundwire_lightning.trainer.loaders import Loading
from groundwire_lightning.trainer.parts import asked_of
from groundwire_lightning.trainer.restoring import Restoring
from groundwire_lightning.utilities.checked import checked, old_keywords


class EntryPoints(LightningAdapter):
    """The calls that start a run, and how long it is: its limits, and the batches that there are.

    Attributes:
        val_check_batch: Batches between two validations; None before the training loader was asked for.
        reader: What a ``training_step`` with ``dataloader_iter`` reads; None with any other.
        eval_reader: Likewise in an evaluation or a prediction.
        told_of_short_window: It was said that a window of accumulation is a short one.
        told_of_no_batch: It was said that a training batch was None.
        told_to_go_on: It was said that ``should_stop`` waits for ``min_epochs`` or ``min_steps``.
    """

    _restoring: Restoring
    _loading: Loading
    results: list[dict[str, float]] = of_run("results")
    predicted: Predicted = Predicted(True)
    told_of_short_window: bool = False
    told_of_no_batch: bool = False
    told_to_go_on: bool = False

    max_epochs: int | None = of_run("limits.max_epochs")
    min_epochs: int | None = of_run("limits.min_epochs")
    max_steps: int = of_run("limits.max_steps")
    min_steps: int | None = of_run("limits.min_steps")
    limit_train_batches: int | float = of_run("limits.limit_train_batches")
    limit_val_batches: int | float = of_run("limits.limit_val_batches")
    limit_test_batches: int | float = of_run("limits.limit_test_batches")
    limit_predict_batches: int | float = of_run("limits.limit_predict_batches")
    check_val_every_n_epoch: int | None
    accumulate_grad_batches: int
    val_check_interval: int | float
    num_sanity_val_steps: int | float
    overfit_batches: int | float = 0
    reload_dataloaders_every_n_epochs: int = 0
    gradient_clip_val: float | None = None
    gradient_clip_algorithm: str | None = None
    _val_check_time_interval: float | None = None

    enable_validation: bool = asked_of("_loading", Loading.enable_validation)
    num_training_batches: float = asked_of("_loading", Loading.num_training_batches)
    num_val_batches: list[float] = asked_of("_loading", Loading.num_val_batches)
    num_test_batches: list[float] = asked_of("_loading", Loading.num_test_batches)
    num_predict_batches: list[float] = asked_of("_loading", Loading.num_predict_batches)
    num_sanity_val_batches: list[float] = asked_of("_loading", Loading.num_sanity_val_batches)
    estimated_stepping_batches: float = asked_of("_loading", Loading.estimated_stepping_batches)
    val_check_batch: float | None = of_part("_loading.val_check_batch")
    reader: Reader | None = of_part("_loading.reader")
    eval_reader: Reader | None = of_part("_loading.eval_reader")
    _readers: frozenset[str] = of_part("_loading.reading_steps")
    _tells_loader: bool = asked_of("_loading", Loading.tells_loader)
    _feed: Feed | None = of_run("feed")

    @old_keywords(train_dataloader="train_dataloaders")
    @checked(**FIT)
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
            ckpt_path: Go on from this checkpoint: a path, ``"last"``, ``"best"`` or ``"hpc"``.
            weights_only: False trusts that file, and runs what it holds besides tensors and plain values.

        Raises:
            MisconfigurationException: Module and data do not go together.
            NotSupportedYetError: Something has no counterpart here yet.
            HookMapError: A hook that would change numbers has no place, or cannot be called as it would be.
        """
        with self._calling(TrainerFn.FITTING):
            ckpt_path = ckpt_path or self._kept.resume_from_checkpoint
            self._restoring.choose(TrainerFn.FITTING, ckpt_path, weights_only, True)
            loaders = {"train_dataloader": train_dataloaders, "val_dataloader": val_dataloaders}
            self._connect(TrainerFn.FITTING, model, loaders, datamodule)
            self._require("training_step", "configure_optimizers")
            if lacking := self._half_a_validation():
                rank_zero_warn(lacking, category=PossibleUserWarning)
            self.check_by_hand(self.gradient_clip_val, self.accumulate_grad_batches)
            self.told_of_short_window = self.told_of_no_batch = False
            self.max_epochs = limits.epochs(self.max_epochs, self.max_steps, has_any(self.callbacks, "Timer"))
            self.min_epochs = limits.least_epochs(self.min_epochs, self.min_steps)
            self.should_stop = False
            self.run_history.reset()
            self._start("_run_training", TrainerFn.FITTING)

    @old_keywords(val_dataloaders="dataloaders")
    @checked(**EVALUATE)
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
            dataloaders: The loaders of validation batches, or a data module.
            ckpt_path: Begin with the weights of this checkpoint: a path, ``"best"`` or ``"last"``. Without a
                model the best one of the last ``fit`` is taken.
            verbose: Print the result.
            datamodule: Brings the loaders; given instead of them.
            weights_only: As for :meth:`fit`.

        Returns:
            The values that were logged over the epoch, by name, in a list with one entry a loader.

        Raises:
            MisconfigurationException: Module and data do not go together.
            NotSupportedYetError: Something has no counterpart here yet.
        """
        with self._calling(TrainerFn.VALIDATING):
            self._restoring.choose(TrainerFn.VALIDATING, ckpt_path, weights_only, model is not None)
            return self._evaluate(TrainerFn.VALIDATING, model, {"val_dataloader": dataloaders}, datamodule, verbose)

    @old_keywords(test_dataloaders="dataloaders")
    @checked(**EVALUATE)
    def test(
        self,
        model: Any = None,
        dataloaders: Any = None,
        ckpt_path: Any = None,
        verbose: bool = True,
        datamodule: Any = None,
        weights_only: bool | None = None,
    ) -> list[dict[str, float]]:
        """Test a module once over its test data; as :meth:`validate`, with ``test_step``.

        Args:
            model: A Lightning module; by default that of the call before.
            dataloaders: The loaders of test batches, or a data module.
            ckpt_path: Begin with the weights of this checkpoint: a path, ``"best"`` or ``"last"``. Without a
                model the best one of the last ``fit`` is taken.
            verbose: Print the result.
            datamodule: Brings the loaders; given instead of them.
            weights_only: As for :meth:`fit`.

        Returns:
            The values that were logged over the epoch, by name, in a list with one entry a loader.

        Raises:
            MisconfigurationException: Module and data do not go together.
            NotSupportedYetError: Something has no counterpart here yet.
        """
        with self._calling(TrainerFn.TESTING):
            self._restoring.choose(TrainerFn.TESTING, ckpt_path, weights_only, model is not None)
            return self._evaluate(TrainerFn.TESTING, model, {"test_dataloader": dataloaders}, datamodule, verbose)

    @checked(**PREDICT)
    def predict(  # type: ignore[override]  # Lightning's arguments, not the native ones
        self,
        model: Any = None,
        dataloaders: Any = None,
        datamodule: Any = None,
        return_predictions: bool | None = None,
        ckpt_path: Any = None,
        weights_only: bool | None = None,
    ) -> list[Any] | None:
        """Ask a module about data: ``predict_step`` of each batch, and without one the module itself.

        Args:
            model: A Lightning module; by default that of the call before.
            dataloaders: The loaders of batches to predict, or a data module.
            datamodule: Brings the loaders; given instead of them.
            return_predictions: False hands predictions to callbacks only and keeps none.
            ckpt_path: Begin with the weights of this checkpoint: a path, ``"best"`` or ``"last"``. Without a
                model the best one of the last ``fit`` is taken.
            weights_only: As for :meth:`fit`.

        Returns:
            What the module said of each batch, on the CPU; with several loaders a list of these lists.

        Raises:
            MisconfigurationException: Module and data do not go together.
            NotSupportedYetError: Something has no counterpart here yet.
        """
        self.predicted = Predicted(return_predictions is not False)
        with self._calling(TrainerFn.PREDICTING):
            self._restoring.choose(TrainerFn.PREDICTING, ckpt_path, weights_only, model is not None)
            model = self._model_of("predict", model)
            self._connect(TrainerFn.PREDICTING, model, {"predict_dataloader": dataloaders}, datamodule)
            self._check_prediction()
            self.run_history.reset()
            self._start("_run_prediction", TrainerFn.PREDICTING)
        return (self.predicted.told or None) if self.predicted.returns else None

    # what a call is about

    @contextmanager
    def _calling(self, entry: TrainerFn) -> Iterator[None]:
        """Tell in ``state`` what was called, and how it ended."""
        if not self._is_running:
            self._purpose, self._called = entry, True
        self._status = TrainerStatus.RUNNING
        try:
            self._join_processes()
            yield
        except TunerExit:
            self._status = TrainerStatus.FINISHED
        except BaseException as error:
            self._status = TrainerStatus.INTERRUPTED
            starting.hurry()  # the others may wait for this process in a collective
            if isinstance(error, KeyboardInterrupt):
                raise SystemExit(1) from error
            raise
        finally:
            for listener in listeners.CALLED:
                listener(self)

    def _join_processes(self) -> None:
        """Start the other processes where that is due, and work with them from here on."""
        if self._to_start > 1 and self._accelerator.num_processes == 1:
            if not starting.is_started():
                starting.start(self._to_start)
            self._accelerator = own_accelerator(self._create_accelerator)
        if STARTED in os.environ:  # then there may be Trainers that work alone beside those that work together
            make_current(self._accelerator)

    def _evaluate(
        self, entry: TrainerFn, model: Any, loaders: dict[str, Any], datamodule: Any, verbose: bool
    ) -> list[dict[str, float]]:
        self._connect(entry, self._model_of(entry.value, model), loaders, datamodule)
        step = "validation_step" if entry == TrainerFn.VALIDATING else "test_step"
        self._require(step)
        self.run_history.reset()
        self.results = self._start("_run_evaluation", entry).results
        if verbose and self.is_global_zero:
            results_table.show(self.results, entry.value)
        return self.results

    def _model_of(self, entry: str, model: Any) -> Any:
        module = self.lightning_module if model is None else model
        if module is None:
            raise TypeError(f"{entry}() without a model takes that of the call before, and there was none; pass one")
        return module

    def _connect(self, entry: TrainerFn, model: Any, loaders: dict[str, Any], datamodule: Any) -> None:
        first = next(iter(loaders))
        if guests.is_data_module(loaders[first], LIGHTNING):
            datamodule, loaders = loaders[first], {}
        of_call = {name: loader for name, loader in loaders.items() if loader is not None}
        if of_call and datamodule is not None:
            raise MisconfigurationException(
                f"{entry.value}: loaders and datamodule= exclude each other; pass one of them"
            )
        self.model, self._asks_data = model, datamodule is not None
        if datamodule is not None:
            self.datamodule = datamodule  # one of a call before stays, as under Lightning, but brings no loader
        self._loading.call_loaders, self._loaders_given = of_call, frozenset(of_call)
        for name, value in self._kept.on_module.items():
            setattr(self.lightning_module, name, value)
        for name, value in self._kept.on_data.items():
            setattr(self.lightning_module if datamodule is None else datamodule, name, value)

    def _require(self, *methods: str) -> None:
        module = Part(LIGHTNING, "LightningModule", self.lightning_module)
        for method in methods:
            if not module.implements(method):
                is_module = isinstance(module.player, LIGHTNING.bases["LightningModule"])
                raise (MisconfigurationException if is_module else NoModuleError)(
                    f"{type(module.player).__qualname__} has no {method}() of its own; write it, or call "
                    "groundwire_lightning.adapt(model, YourTrainer) to bring it in a Trainer"
                )

    def _half_a_validation(self) -> str | None:
        """The warning where there is a validation step without data, or data without a step."""
        module, has_data = Part(LIGHTNING, "LightningModule", self.lightning_module), self._loading.has_val_data()
        if has_data == module.implements("validation_step"):
            return None
        lacks, has = ("validation_step", "val_dataloader") if has_data else ("val_dataloader", "validation_step")
        return f"there is a {has} and no {lacks}, so nothing is validated"

    def _check_prediction(self) -> None:
        module = Part(LIGHTNING, "LightningModule", self.lightning_module)
        if not module.implements("predict_step") and not module.implements("forward"):
            raise MisconfigurationException(
                f"{type(module.player).__qualname__} has neither predict_step() nor forward(), so there is nothing to "
                "predict with; write one of them"
            )

    def _start(self, hook: RunHook, purpose: TrainerFn) -> LightningRun:
        """Launch the run of a call: without what a run in native order is asked for."""
        reading_steps = self._loading.reading_steps = steps_that_read(self.lightning_module)
        self.logged.needs_size = "training_step" in reading_steps
        run = launch(
            self,
            hook,
            request=None,
            train_dataset=None,
            eval_dataset=None,
            collate_fn=None,
            create_scheduler_fn=None,
            train_dataloader=None,
            eval_dataloader=None,
            scheduler=None,
            feed=None,
            results=[],
            purpose=purpose,
            table=reading_table(JOINED, reading_steps),  # until the loaders are counted
        )
        assert isinstance(run, LightningRun)
        return run

    # the data of a run

    @property
    def _is_fitting(self) -> bool:
        return self._running == "_run_training"

    @property
    def _phase(self) -> Phase:
        return PHASES[self._purpose]

    def _accumulate(self, batches: Any) -> None:
        """Let a callback say how many batches make an update; infinitely many where none is to be made."""
        self.accumulate_grad_batches = batches

    def create_train_dataloader(self, batch_size: int | None, train_dl_kwargs: Any = None) -> Any:
        """The loader of training batches: the one given to ``fit``, the data module's or the module's."""
        loader = self._loading.call_loaders.get("train_dataloader")
        return super().create_train_dataloader(batch_size, train_dl_kwargs) if loader is None else loader

    def create_eval_dataloader(self, batch_size: int | None, eval_dl_kwargs: Any = None) -> Any:
        """The loader of batches to validate, test or predict with, likewise."""
        loader = self._loading.call_loaders.get(self._phase.loader)
        return super().create_eval_dataloader(batch_size, eval_dl_kwargs) if loader is None else loader

    def _accepted(self, loader: Any) -> Any:
        return loader  # several too

    def _prepare_dataloaders(self) -> None:
        """Leaves loaders as they are: one that was asked for early, for its length, is the one that is read later."""

    def load_training_data(self) -> None:
        """Ask for the training loader and make its first iterator, unless that was done and need not be again."""
        self._loading.load_training_data()

    def load_evaluation_data(self) -> None:
        """Ask for the loaders of an evaluation or a prediction, unless that was done or none of it is used."""
        self._loading.load_evaluation_data()

    def training_feed(self) -> Feed:
        """The batches of the epoch that begins; for the very first one they were opened before."""
        return self._loading.training_feed()

    def evaluation_feed(self) -> Feed | None:
        """The batches of one pass over the loaders of the phase, or None where there are none."""
        return self._loading.evaluation_feed()

    def describe_run(self) -> None:
        """Write the run configuration, again when the loaders are known."""
        by_norm = self.gradient_clip_algorithm != "value"
        limit = self.gradient_clip_val or None
        most = None if self.max_steps == -1 else self.max_steps
        value = None if by_norm else limit
        config = self.plan._create_run_config(None, self.max_epochs, self.accumulate_grad_batches, most, value)
        self.run_config = dataclasses.replace(config, gradient_clip_norm=limit if by_norm else None)

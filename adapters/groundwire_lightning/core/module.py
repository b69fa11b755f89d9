"""The base class of Lightning modules: a model that says how it is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from groundwire_lightning.core.configure_optimizers import clipping_settings
from groundwire_lightning.core.export import Export
from groundwire_lightning.core.hooks import ModelHooks
from groundwire_lightning.core.hparams import HyperParameters
from groundwire_lightning.core.old_calls import also_with_index
from groundwire_lightning.core.old_names import OldModuleNames
from groundwire_lightning.core.optimizer import is_optimizer
from groundwire_lightning.core.replaced import TellsOfMethods
from groundwire_lightning.core.saving import OfTheClass, build_module, load_object
from groundwire_lightning.core.self_log import Logging
from groundwire_lightning.core.truncated import Truncated
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.utilities.apply_func import tensors_of


class LightningModule(TellsOfMethods, HyperParameters, ModelHooks, Truncated, Logging, Export, OldModuleNames):
    """A model with its training step, its validation step and its optimizer.

    Subclass it as in Lightning. Attached to a trainer it knows where the run is; without one the
    steps can still be called by hand, and what they log is dropped.
    """

    CHECKPOINT_HYPER_PARAMS_KEY = "hyper_parameters"
    CHECKPOINT_HYPER_PARAMS_NAME = "hparams_name"
    CHECKPOINT_HYPER_PARAMS_TYPE = "hparams_type"

    prepare_data_per_node: bool = True
    allow_zero_length_dataloader_with_multiple_devices: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._trainer: Any = None
        self._automatic_optimization = True
        self._strict_loading: bool | None = None
        self._param_requires_grad_state: dict[Any, bool] = {}
        self._example_input_array: Any = None

    @property
    def example_input_array(self) -> Any:
        """An input for :meth:`forward`, for loggers that draw the graph, summaries and exports; may be set."""
        return self._example_input_array

    @example_input_array.setter
    def example_input_array(self, example: Any) -> None:
        self._example_input_array = example

    # where the run is

    @property
    def trainer(self) -> Any:
        """The trainer this module is attached to.

        Raises:
            RuntimeError: There is none yet.
        """
        if self._trainer is None:
            raise RuntimeError(
                f"{type(self).__qualname__} is not attached to a trainer; fit() attaches it, before the first hook"
            )
        return self._trainer

    @trainer.setter
    def trainer(self, trainer: Any) -> None:
        for child in self.children():
            if isinstance(child, LightningModule):
                child.trainer = trainer
        self._trainer = trainer

    @property
    def current_epoch(self) -> int:
        """Epochs completed; while one runs this is its index, from 0."""
        return self._trainer.current_epoch if self._trainer is not None else 0

    @property
    def global_step(self) -> int:
        """Optimizer steps made so far."""
        return self._trainer.global_step if self._trainer is not None else 0

    @property
    def global_rank(self) -> int:
        """Index of this process among all."""
        return self._trainer.global_rank if self._trainer is not None else 0

    @property
    def local_rank(self) -> int:
        """Index of this process on its machine."""
        return self._trainer.local_rank if self._trainer is not None else 0

    @property
    def logger(self) -> Any:
        """The logger of the trainer, or None."""
        return self._trainer.logger if self._trainer is not None else None

    @property
    def loggers(self) -> list[Any]:
        """All loggers of the trainer."""
        return self._trainer.loggers if self._trainer is not None else []

    @property
    def fabric(self) -> None:
        """Always None: there is no Fabric here."""
        return None

    @property
    def device_mesh(self) -> None:
        """Always None: no strategy here lays devices out in a mesh."""
        return None

    @property
    def device(self) -> torch.device:
        """The device of the parameters."""
        for tensor in (*self.parameters(), *self.buffers()):
            return tensor.device
        return torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type of the parameters."""
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.is_floating_point():
                return tensor.dtype
        return torch.get_default_dtype()

    @property
    def on_gpu(self) -> bool:
        """True where the parameters are on a CUDA device."""
        return self.device.type == "cuda"

    @property
    def automatic_optimization(self) -> bool:
        """True where the trainer runs the backward pass and the optimizer, False where ``training_step`` does."""
        return self._automatic_optimization

    @automatic_optimization.setter
    def automatic_optimization(self, automatic: bool) -> None:
        self._automatic_optimization = automatic

    @property
    def strict_loading(self) -> bool:
        """True: a checkpoint is loaded only where it has all the names of the module, and no other."""
        return self._strict_loading is not False

    @strict_loading.setter
    def strict_loading(self, strict: bool) -> None:
        self._strict_loading = strict

    def optimizers(self, use_pl_optimizer: bool = True) -> Any:
        """The optimizer of the run, or a list where there is not just one.

        Args:
            use_pl_optimizer: Return it wrapped, so that its ``step`` calls the hooks and is counted;
                False returns torch's own.
        """
        optimizers = self.trainer.lightning_optimizers if use_pl_optimizer else self.trainer.optimizers
        return optimizers[0] if len(optimizers) == 1 else optimizers

    def lr_schedulers(self) -> Any:
        """The learning-rate scheduler of the run, a list of several, or None."""
        schedulers = [config.scheduler for config in self.trainer.lr_scheduler_configs]
        if not schedulers:
            return None
        return schedulers[0] if len(schedulers) == 1 else schedulers

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print once, whatever the number of processes, above the progress bar where one is drawn."""
        if self._trainer is None:
            print(*args, **kwargs)
        elif self._trainer.is_global_zero:
            bar = self._trainer.progress_bar_callback
            (bar if getattr(bar, "is_enabled", False) else self._trainer).print(*args, **kwargs)

    def on_validation_model_zero_grad(self) -> None:
        """Clear gradients before a validation within training."""
        self.zero_grad()

    def on_validation_model_eval(self) -> None:
        """Put the module in eval mode for a validation."""
        self.eval()

    def on_validation_model_train(self) -> None:
        """Put the module in train mode after a validation; without an override each part gets its mode back."""
        self.train()

    def on_test_model_eval(self) -> None:
        """Put the module in eval mode for a test."""
        self.eval()

    def on_test_model_train(self) -> None:
        """Put the module in train mode after a test; without an override each part gets its mode back."""
        self.train()

    def on_predict_model_eval(self) -> None:
        """Put the module in eval mode for a prediction."""
        self.eval()

    def predict_step(self, *args: Any, **kwargs: Any) -> Any:
        """Predict a batch, by default with :meth:`forward`; the return value is collected by ``trainer.predict``."""
        return self(kwargs["batch"] if "batch" in kwargs else args[0])

    # optimization

    def clip_gradients(
        self,
        optimizer: Any,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the gradients that ``optimizer`` is about to use; called in :meth:`configure_gradient_clipping`.

        Args:
            optimizer: The optimizer whose parameters are clipped.
            gradient_clip_val: The limit; by default that of the trainer.
            gradient_clip_algorithm: ``"norm"`` (the default) or ``"value"``.

        Raises:
            MisconfigurationException: The trainer was given another limit or algorithm, or there is no such algorithm.
            TypeError: The limit is no number.
        """
        asked = self.trainer.gradient_clip_val, self.trainer.gradient_clip_algorithm
        limit, algorithm = clipping_settings(asked, gradient_clip_val, gradient_clip_algorithm)
        self.trainer.clip(optimizer, limit, algorithm)

    def freeze(self) -> LightningModule:
        """Stop training every parameter and put the module in eval mode."""
        self.requires_grad_(False)
        return self.eval()

    def unfreeze(self) -> LightningModule:
        """Train every parameter and put the module in train mode."""
        self.requires_grad_(True)
        return self.train()

    def manual_backward(self, loss: Any, *args: Any, **kwargs: Any) -> None:
        """Run a backward pass in ``training_step``, where ``automatic_optimization`` is False.

        Args:
            loss: The tensor to differentiate, mostly a scalar.
            *args: Further arguments of its ``backward``; the optimizer that Lightning 1 wanted first is left out.
            **kwargs: Further keyword arguments of it, such as ``retain_graph=True``.

        Raises:
            MisconfigurationException: The trainer runs the backward pass.
        """
        if self.automatic_optimization:
            raise MisconfigurationException(
                f"{type(self).__qualname__}.manual_backward: the trainer runs the backward pass of what training_step "
                "returns; set self.automatic_optimization = False in __init__ to run it yourself"
            )
        if args and is_optimizer(args[0]):
            args = args[1:]
        self.trainer.backward_by_hand(loss, args, kwargs)

    @also_with_index(1)
    def toggle_optimizer(self, optimizer: Any) -> None:
        """Let only the parameters of ``optimizer`` require gradients, until :meth:`untoggle_optimizer`.

        Args:
            optimizer: One of those of :meth:`optimizers`.
        """
        flags = {}
        for parameter in _parameters_of(self.trainer.optimizers):
            if parameter not in flags:  # optimizers may share it; the second would note the False of the first
                flags[parameter] = parameter.requires_grad
                parameter.requires_grad = False
        for parameter in _parameters_of([optimizer]):
            parameter.requires_grad = flags[parameter]
        self._param_requires_grad_state = flags

    @also_with_index(None)
    def untoggle_optimizer(self, optimizer: Any) -> None:
        """Let the parameters of the other optimizers require gradients as before :meth:`toggle_optimizer`.

        Args:
            optimizer: The one that was toggled, or its index, as in Lightning 1.
        """
        own = self.trainer.optimizers[optimizer] if isinstance(optimizer, int) else optimizer
        own = getattr(own, "optimizer", own)
        flags = self._param_requires_grad_state
        for parameter in _parameters_of([other for other in self.trainer.optimizers if other is not own]):
            if parameter in flags:
                parameter.requires_grad = flags[parameter]
        self._param_requires_grad_state = {}

    @contextmanager
    def toggled_optimizer(self, optimizer: Any) -> Iterator[None]:
        """:meth:`toggle_optimizer` as a context.

        Args:
            optimizer: One of those of :meth:`optimizers`.
        """
        self.toggle_optimizer(optimizer)
        try:
            yield
        finally:
            self.untoggle_optimizer(optimizer)

    def all_gather(self, data: Any, group: Any = None, sync_grads: bool = False) -> Any:
        """Gather the tensors of all processes, one below the other in a new first dimension.

        One process alone keeps the shapes that it has.

        Args:
            data: A number, an array or a tensor, whose shape is the same in every process, or a collection of these.
            group: A group of processes of ``torch.distributed``; None for all.
            sync_grads: True lets gradients flow back to the processes that the tensors are from.

        Returns:
            Tensors, in the same collection.
        """
        from lightning_utilities.core.apply_func import apply_to_collection

        gather = self.trainer.strategy.all_gather
        return apply_to_collection(
            tensors_of(data, self.device), torch.Tensor, gather, group=group, sync_grads=sync_grads
        )

    @OfTheClass
    def load_from_checkpoint(
        cls,  # noqa: N805  # a class method that instances do not have
        checkpoint_path: Any,
        map_location: Any = None,
        hparams_file: Any = None,
        strict: bool | None = None,
        weights_only: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make a module of the hyper-parameters and weights in a checkpoint.

        Args:
            checkpoint_path: The file, written by groundwire or by Lightning.
            map_location: The device of the tensors, as for ``torch.load``.
            hparams_file: A ``.yaml`` or ``.csv`` file with the hyper-parameters, instead of those in it.
            strict: False loads the weights whose names are in the file and in the module, and no others.
            weights_only: False trusts the file, and runs what it names besides tensors and plain values.
            **kwargs: Arguments of the class, instead of those in the file.

        Returns:
            The module, on the device of its weights.

        Raises:
            TypeError: Called on an instance, or without an argument that the file has as the name of code alone.
            CheckpointError: The file is not there, torn, not safe, or of another module.
        """
        build = build_module(strict, checkpoint_path)
        return load_object(cls, checkpoint_path, map_location, hparams_file, weights_only, kwargs, build)

    def __getstate__(self) -> dict[str, Any]:
        """The state for a copy or a pickle, without the trainer: that of a model is a model, and not a whole run."""
        return {**self.__dict__, "_trainer": None}


def _parameters_of(optimizers: Iterable[Any]) -> Iterator[Any]:
    return (parameter for optimizer in optimizers for group in optimizer.param_groups for parameter in group["params"])

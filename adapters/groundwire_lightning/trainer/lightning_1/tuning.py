"""``trainer.tune`` and ``trainer.tuner`` of Lightning 1, which look for what their Trainer was asked to find."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundwire_lightning.core.old import Old, tell_of_old
from groundwire_lightning.guests import is_data_module
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.trainer.lightning_1.keywords import old_keywords
from groundwire_lightning.tuner import Tuner
from groundwire_lightning.utilities.seed import isolate_rng

if TYPE_CHECKING:
    from groundwire_lightning.trainer.lightning_1.kept import Kept


class OldTuner(Tuner):
    """The tuner of a Trainer of Lightning 1: with its defaults, and its way to suggest a rate."""

    _as_before = True

    @old_keywords(train_dataloader="train_dataloaders")
    def lr_find(self, *args: Any, update_attr: bool = False, **kwargs: Any) -> Any:
        """As :meth:`Tuner.lr_find`; the rate is set in the module only where that is asked for.

        Args:
            *args: Those of :meth:`Tuner.lr_find`.
            update_attr: True sets the suggested rate in the module.
            **kwargs: Likewise.
        """
        asked = _wish(self._trainer, "auto_lr_find")
        name = asked if isinstance(asked, str) else ""
        finder = super().lr_find(*args, update_attr=update_attr, **{"attr_name": name, **kwargs})
        vars(self._trainer)["auto_lr_find"] = False
        return finder

    @old_keywords(train_dataloader="train_dataloaders")
    def scale_batch_size(self, *args: Any, **kwargs: Any) -> int | None:
        """As :meth:`Tuner.scale_batch_size`, without a largest size and a margin.

        Args:
            *args: Those of :meth:`Tuner.scale_batch_size`.
            **kwargs: Likewise.
        """
        size = super().scale_batch_size(*args, **{"margin": 0.0, "max_val": sys.maxsize, **kwargs})
        vars(self._trainer)["auto_scale_batch_size"] = False
        return size


def _wish(trainer: Any, name: str) -> Any:
    """What a Trainer was asked to find: in its constructor or by an attribute; nothing once it was found."""
    return vars(trainer).get(name, getattr(trainer._kept, name))


class Tuning:
    """Gives a Trainer ``tune`` and ``tuner``."""

    _kept: Kept

    tuner = Old("Tuner(trainer) of groundwire_lightning.tuner", OldTuner)

    @old_keywords(train_dataloader="train_dataloaders")
    def tune(
        self,
        model: Any,
        train_dataloaders: Any = None,
        val_dataloaders: Any = None,
        dataloaders: Any = None,
        datamodule: Any = None,
        scale_batch_size_kwargs: Mapping[str, Any] | None = None,
        lr_find_kwargs: Mapping[str, Any] | None = None,
        method: Any = "fit",
    ) -> dict[str, Any]:
        """Look for the batch size and the learning rate that ``auto_scale_batch_size=`` and ``auto_lr_find=`` ask for.

        Args:
            model: The module.
            train_dataloaders: Loaders of ``fit``, or a data module.
            val_dataloaders: Loaders of validation.
            dataloaders: Loaders of another entry point.
            datamodule: A data module that has all loaders.
            scale_batch_size_kwargs: Further arguments of ``scale_batch_size``.
            lr_find_kwargs: Further arguments of ``lr_find``.
            method: The entry point that is tried.

        Returns:
            ``"scale_batch_size"``, the size, and ``"lr_find"``, the finder, each where it was asked for.
        """
        tell_of_old(self, f"{type(self).__qualname__}.tune", "Tuner(trainer).lr_find(model), .scale_batch_size(model)")
        if is_data_module(dataloaders, LIGHTNING):  # where 1.8 and earlier had it
            dataloaders, datamodule = None, dataloaders
        data = (train_dataloaders, val_dataloaders, dataloaders, datamodule, method)
        trainer: Any = self
        tuner, outcome = OldTuner(trainer), dict[str, Any]()
        size, rate = _wish(trainer, "auto_scale_batch_size"), _wish(trainer, "auto_lr_find")
        with isolate_rng():
            if size:
                options = {**({"mode": size} if isinstance(size, str) else {}), **(scale_batch_size_kwargs or {})}
                outcome["scale_batch_size"] = tuner.scale_batch_size(model, *data, **options)
            if rate:
                outcome["lr_find"] = tuner.lr_find(model, *data, **{"update_attr": True, **(lr_find_kwargs or {})})
        return outcome

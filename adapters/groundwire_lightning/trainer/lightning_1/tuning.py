"""``trainer.tune`` and ``trainer.tuner`` of Lightning 1, which look for what their Trainer was asked to find."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundwire_lightning.tuner import Tuner
from groundwire_lightning.utilities.checked import old_keywords
from groundwire_lightning.utilities.seed import isolate_rng

if TYPE_CHECKING:
    from groundwire_lightning.tuner import Tunable


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
        finder = super().lr_find(*args, **{"attr_name": name, "update_attr": update_attr, **kwargs})
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


def _wish(owner: Any, name: str) -> Any:
    """What a Trainer was asked to find: in its constructor or by an attribute; nothing once it was found."""
    return vars(owner).get(name, getattr(owner._kept, name))


def tuned(
    trainer: Tunable,
    model: Any,
    data: tuple[Any, ...],
    sizing: Mapping[str, Any] | None,
    rating: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Look for the batch size and the learning rate that a Trainer was asked to find.

    Args:
        trainer: The Trainer.
        model: The module.
        data: Loaders of training, of validation and of another entry point, the data module, and the entry point.
        sizing: Further arguments of ``scale_batch_size``.
        rating: Further arguments of ``lr_find``.

    Returns:
        ``"scale_batch_size"``, the size, and ``"lr_find"``, the finder, each where it was asked for.
    """
    tuner, outcome = OldTuner(trainer), dict[str, Any]()
    size, rate = _wish(trainer, "auto_scale_batch_size"), _wish(trainer, "auto_lr_find")
    with isolate_rng():
        if size:
            mode = {"mode": size} if isinstance(size, str) else {}
            outcome["scale_batch_size"] = tuner.scale_batch_size(model, *data, **{**mode, **(sizing or {})})
        if rate:
            outcome["lr_find"] = tuner.lr_find(model, *data, **{"update_attr": True, **(rating or {})})
    return outcome

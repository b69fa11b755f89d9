"""``self.log`` and ``self.log_dict``: the values that a module records during a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.old_names import tell_of_log

OF_LIGHTNING_1 = ("sync_dist_op", "tbptt_reduce_fx", "tbptt_pad_token")
"""Arguments that only Lightning 1 had."""


class Logging:
    """Gives a module ``log`` and ``log_dict``; without a trainer, values are dropped with a warning."""

    _trainer: Any

    def log(
        self,
        name: str,
        value: Any,
        prog_bar: bool = False,
        logger: bool | None = None,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
        reduce_fx: Any = "mean",
        enable_graph: bool = False,
        sync_dist: bool = False,
        sync_dist_group: Any = None,
        add_dataloader_idx: bool = True,
        batch_size: int | None = None,
        metric_attribute: str | None = None,
        rank_zero_only: bool = False,
        *,
        sync_dist_op: Any = None,
        tbptt_reduce_fx: Any = None,
        tbptt_pad_token: Any = None,
    ) -> None:
        """Record a scalar; it stays on its device until somebody reads it.

        Args:
            name: Its name, the same on every call from one hook.
            value: A number, a tensor with one element, or a torchmetrics object, of which a step shows
                what its ``forward`` returned and an epoch what ``compute`` returns.
            prog_bar: Show it in the progress bar.
            logger: Send it to the loggers (the default), and count it among ``trainer.logged_metrics``.
            on_step: Keep the value of the last batch; the default depends on the hook.
            on_epoch: Keep the reduction over the epoch; the default depends on the hook.
            reduce_fx: ``"mean"`` (weighted by batch size), ``"sum"``, ``"min"`` or ``"max"``.
            enable_graph: Keep the graph of what a torchmetrics object computes; others carry none.
            sync_dist: Reduce it over all processes.
            sync_dist_group: The processes to reduce it over; by default all.
            add_dataloader_idx: With several loaders, write the index of the one in use behind the name.
            batch_size: Weight of this value in the mean, by default the size of the batch.
            metric_attribute: The path in the module to the torchmetrics object, such as ``"parts.accuracy"``.
            rank_zero_only: The first process alone logs it, so that it is not reduced.
            sync_dist_op: Of Lightning 1: how processes are reduced, which ``reduce_fx`` says today.
            tbptt_reduce_fx: Of Lightning 1: how the parts of a batch were reduced, which are logged like batches.
            tbptt_pad_token: Of Lightning 1, likewise.
        """
        if sync_dist_op is not None or tbptt_reduce_fx is not None or tbptt_pad_token is not None:
            tell_of_log(self, reduce_fx if sync_dist else None, sync_dist_op)
        trainer = self._trainer
        if trainer is None:
            _warn_not_attached(name)
            return
        # one tuple: the store compares it with that of the same call before, and reads it only where they differ
        trainer.logged.log(
            self,
            name,
            value,
            batch_size,
            (
                prog_bar,
                logger,
                on_step,
                on_epoch,
                reduce_fx,
                add_dataloader_idx,
                sync_dist,
                sync_dist_group,
                rank_zero_only,
                enable_graph,
                metric_attribute,
            ),
        )

    def log_dict(  # noqa: D417  # the other arguments are described where they are used
        self,
        dictionary: Mapping[str, Any],
        prog_bar: bool = False,
        logger: bool | None = None,
        on_step: bool | None = None,
        on_epoch: bool | None = None,
        reduce_fx: Any = "mean",
        enable_graph: bool = False,
        sync_dist: bool = False,
        sync_dist_group: Any = None,
        add_dataloader_idx: bool = True,
        batch_size: int | None = None,
        rank_zero_only: bool = False,
        *,
        sync_dist_op: Any = None,
        tbptt_reduce_fx: Any = None,
        tbptt_pad_token: Any = None,
    ) -> None:
        """Record several scalars with the same arguments, which are those of :meth:`log`.

        Args:
            dictionary: Name to value; also a torchmetrics ``MetricCollection``.
        """
        options = {name: value for name, value in locals().items() if name not in ("self", "dictionary")}
        for name in OF_LIGHTNING_1:  # a log of the user's own does not take them
            if options[name] is None:
                del options[name]
        for name, value in _items(dictionary):
            self.log(name, value, **options)


def keep_from_compiling(module: Any) -> None:
    """Keep ``torch.compile`` out of ``self.log``: a compiled step is left there, and goes on behind it.

    Without compiled parts nothing changes, and the compiler is not imported.

    Args:
        module: The module that is going to be trained.
    """
    if "torch._dynamo" in sys.modules and not hasattr(Logging.log, "_torchdynamo_disable") and _is_compiled(module):
        import torch

        Logging.log = torch.compiler.disable(Logging.log)  # type: ignore[method-assign, no-untyped-call]


def _is_compiled(module: Any) -> bool:
    marks = ("_torchdynamo_orig_callable", "_compiled_call_impl", "_orig_mod")
    return any(
        getattr(value, marks[0], None) is not None or (name in marks and value is not None)
        for part in module.modules()
        for name, value in [*vars(part).items(), *part._modules.items()]
    )


def _items(dictionary: Any) -> Any:
    """Pairs of name and value; of a ``MetricCollection`` the metrics themselves, under the names it gives them."""
    torchmetrics = sys.modules.get("torchmetrics")
    if torchmetrics is None or not isinstance(dictionary, torchmetrics.MetricCollection):
        return dictionary.items()
    # metrics of a compute group share one state, which a copy would take apart
    options = {"copy_state": False} if dictionary._enable_compute_groups else {}
    return dictionary.items(keep_base=False, **options)


def _warn_not_attached(name: str) -> None:
    rank_zero_warn(f"self.log({name!r}): the module is not attached to a trainer, so the value is dropped")

"""The loaders of a run: where each comes from, when it is asked for, and how many of its batches are used."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from groundwire import HookMap, Part
from groundwire.errors import rank_zero_warn
from groundwire.run.run import of_run
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.data.dataloader_iter import Reader, reading_table
from groundwire_lightning.data.feed import Feed, checked_loader, limited, tell_epoch
from groundwire_lightning.data.loader_warnings import warn_of_loaders
from groundwire_lightning.data.samplers import for_prediction, in_order, shared, warn_of_shuffling
from groundwire_lightning.errors import MisconfigurationException, NoLoaderError, NotSupportedYetError
from groundwire_lightning.loops import limits, resume
from groundwire_lightning.loops.phases import PHASES, Phase, check_loader_index
from groundwire_lightning.loops.progress import Progress, Restart
from groundwire_lightning.map import LIGHTNING, ONE_LOADER
from groundwire_lightning.trainer.adapter import LightningAdapter
from groundwire_lightning.trainer.settings import OVERFIT
from groundwire_lightning.utilities.combined_loader import changed, is_combined, length_of, length_under, parts_of


class Loaders(LightningAdapter):
    """A LightningAdapter whose loaders come from an entry point, a data module or the module, when they are needed.

    Attributes:
        progress: How far fitting has come.
        val_check_batch: Batches between two validations; None before the training loader was asked for.
        reader: What a ``training_step`` with ``dataloader_iter`` reads; None with any other.
        eval_reader: Likewise in an evaluation or a prediction.
    """

    max_epochs: int | None = of_run("limits.max_epochs")
    min_epochs: int | None = of_run("limits.min_epochs")
    max_steps: int = of_run("limits.max_steps")
    min_steps: int | None = of_run("limits.min_steps")
    check_val_every_n_epoch: int | None
    accumulate_grad_batches: int
    limit_train_batches: int | float = of_run("limits.limit_train_batches")
    limit_val_batches: int | float = of_run("limits.limit_val_batches")
    limit_test_batches: int | float = of_run("limits.limit_test_batches")
    limit_predict_batches: int | float = of_run("limits.limit_predict_batches")
    val_check_interval: int | float
    gradient_clip_val: float | None = None
    gradient_clip_algorithm: str | None = None
    num_sanity_val_steps: int | float
    progress: Progress
    _asked: Mapping[str, Any]
    val_check_batch: float | None = None
    overfit_batches: int | float = 0
    reload_dataloaders_every_n_epochs: int = 0
    _val_check_time_interval: float | None = None
    _last_val_time: float = 0.0
    _train_asked: float = -math.inf
    _val_asked: float = -math.inf
    _modes: Mapping[str, bool] = {}
    _eval_batches: dict[TrainerFn, list[float]]  # of each entry point, once its loaders were asked for
    _given: Mapping[str, Any] = {}
    _feed: Feed | None = of_run("feed")
    _readers: frozenset[str] = frozenset()  # the steps that read batches themselves
    reader: Reader | None = None
    eval_reader: Reader | None = None
    _train_batches: float = math.inf  # of the last fit, once its loader was given back
    restart: Restart | None = None
    told_to_go_on: bool = False  # that should_stop waits for min_epochs or min_steps
    _loader_states: list[Any] = []  # noqa: RUF012  # those of the checkpoint, where there is one

    def _accumulate(self, batches: Any) -> None:
        """Let a callback say how many batches make an update; infinitely many where none is to be made."""
        self.accumulate_grad_batches = batches

    @property
    def _is_fitting(self) -> bool:
        return self._running == "_run_training"

    @property
    def enable_validation(self) -> bool:
        """True where there is a validation step, data for it, and a limit above 0."""
        if self.lightning_module is None or not self.limit_val_batches > 0:
            return False
        return self._has_val_data() and Part(LIGHTNING, "LightningModule", self.lightning_module).implements(
            "validation_step"
        )

    def _has_val_data(self) -> bool:
        """True where a loader of validation batches was given, or data module or module write one."""
        if "val_dataloader" in self._given:
            return True
        asks_data = self._asks_data and self.datamodule is not None
        role, player = (
            ("LightningDataModule", self.datamodule) if asks_data else ("LightningModule", self.lightning_module)
        )
        return Part(LIGHTNING, role, player).implements("val_dataloader")

    @property
    def num_training_batches(self) -> float:
        """Training batches of an epoch, once the loader was asked for; infinite where the data does not say."""
        loader = self._train_dataloader
        if loader is None:
            return 0 if self.limit_train_batches == 0 else self._train_batches
        used = self._used(loader, "limit_train_batches")
        return length_under(loader._mode, loader.flattened, used) if is_combined(loader) else used[0]

    @property
    def num_val_batches(self) -> list[float]:
        """Validation batches of each loader, once they were asked for: those of ``fit``, while validating its own."""
        validates = self._called and self._purpose == TrainerFn.VALIDATING
        return self._eval_batches.get(TrainerFn.VALIDATING if validates else TrainerFn.FITTING, [])

    @property
    def num_test_batches(self) -> list[float]:
        """Test batches of each loader."""
        return self._eval_batches.get(TrainerFn.TESTING, [])

    @property
    def num_predict_batches(self) -> list[float]:
        """Batches to predict of each loader."""
        return self._eval_batches.get(TrainerFn.PREDICTING, [])

    def _used(self, loader: Any, limit: str) -> list[float]:
        """Batches of each loader under a limit."""
        name = "overfit_batches" if self.overfit_batches and limit in OVERFIT else limit
        return [limited(name, length_of(part), getattr(self, limit)) for part in parts_of(loader)]

    @property
    def _phase(self) -> Phase:
        return PHASES[self._purpose]

    @property
    def num_sanity_val_batches(self) -> list[float]:
        """Validation batches of each loader in the sanity check."""
        return [min(batches, self.num_sanity_val_steps) for batches in self._eval_batches.get(TrainerFn.FITTING, [])]

    @property
    def estimated_stepping_batches(self) -> float:
        """Optimizer steps that ``fit`` will make; asks for the training loader if nobody has yet."""
        if self.max_epochs == -1:
            return math.inf if self.max_steps == -1 else self.max_steps
        self.load_training_data()
        if math.isinf(self.num_training_batches):
            return self.max_steps
        updates = math.ceil(self.num_training_batches / self.accumulate_grad_batches) * max(self.max_epochs or 0, 1)
        return updates if self.max_steps == -1 else min(updates, self.max_steps)

    def create_train_dataloader(self, batch_size: int | None, train_dl_kwargs: Any = None) -> Any:
        """The loader of training batches: the one given to ``fit``, the data module's or the module's."""
        given = self._given.get("train_dataloader")
        return super().create_train_dataloader(batch_size, train_dl_kwargs) if given is None else given

    def create_eval_dataloader(self, batch_size: int | None, eval_dl_kwargs: Any = None) -> Any:
        """The loader of batches to validate, test or predict with, likewise."""
        given = self._given.get(self._phase.loader)
        return super().create_eval_dataloader(batch_size, eval_dl_kwargs) if given is None else given

    def _accepted(self, loader: Any) -> Any:
        return loader  # several too

    def _prepare_dataloaders(self) -> None:
        """Leaves loaders as they are: one that was asked for early, for its length, is the one that is read later."""

    def load_training_data(self) -> None:
        """Ask for the training loader and make its first iterator, unless that was done and need not be again."""
        if (self._train_dataloader is None or self._is_due(self._train_asked)) and self.limit_train_batches:
            loader = _present(self.plan.create_train_dataloader(None, None), "train", self._brings("train_dataloader"))
            loader = self._unshuffled(checked_loader(loader, "train_dataloader", "max_size_cycle"), "train")
            self._train_dataloader = self._shared(loader, shuffles=True)
            warn_of_loaders(self, self._train_dataloader, "train_dataloader")
            if self.restart is not None:
                resume.give_loader_state(self._train_dataloader, self.restart, self._loader_states)
            self._feed = self._new_training_feed()
            if self.num_training_batches:
                self._train_asked = self.current_epoch
            if self.run_config is not None:
                self.describe_run()

    def load_evaluation_data(self) -> None:
        """Ask for the loaders of an evaluation or a prediction, unless that was done or none of it is used."""
        phase = self._phase
        limit = getattr(self, phase.limit)
        is_there = self._eval_dataloader is not None and not (self._is_fitting and self._is_due(self._val_asked))
        if is_there or not limit or (self._is_fitting and not self.enable_validation):
            return
        if self._is_fitting and (not self.sanity_checking or limits.validates_in_epoch(self)):
            self._val_asked = self.current_epoch
        outer, self.at.phase = self.at.phase, "eval" if phase.prefix == "val" else self.at.phase
        loader = _present(self.plan.create_eval_dataloader(None, None), phase.prefix, self._brings(phase.loader))
        made = self._shared(checked_loader(loader, phase.loader, "sequential"), repeats=phase.prefix != "predict")
        if phase.prefix == "predict":
            made = changed(made, for_prediction)
        self._eval_dataloader = self._unshuffled(made, phase.prefix) if self._is_fitting else made
        warn_of_shuffling(self._eval_dataloader, phase.loader)
        warn_of_loaders(self, self._eval_dataloader, phase.loader)
        self._eval_batches[self._purpose] = self._used(self._eval_dataloader, phase.limit)
        self.at.phase = outer

    def _is_due(self, asked: float) -> bool:
        """True where loaders are to be asked for again."""
        every = self.reload_dataloaders_every_n_epochs
        return bool(every) and self.current_epoch - asked >= every

    def _unshuffled(self, loader: Any, prefix: str) -> Any:
        """The loader that ``overfit_batches`` reads: one that gives the same batches each time."""
        if not self.overfit_batches:
            return loader
        if all(in_order(part) is part for part in parts_of(loader)):
            return loader
        rank_zero_warn(f"overfit_batches: the {prefix}_dataloader shuffles; its samples are read in order instead")
        return changed(loader, in_order)

    def _shared(self, loader: Any, shuffles: bool | None = None, repeats: bool = True) -> Any:
        """The loader over the share of this process; itself where nothing is shared, or where the user shares out."""
        if self.distributed_sampler_kwargs is None or not self._asked["use_distributed_sampler"]:
            return loader
        if self.overfit_batches:
            shuffles = False
        return changed(
            loader, lambda part: shared(part, self.world_size, self.global_rank, shuffles=shuffles, repeats=repeats)
        )

    def _brings(self, method: str) -> bool:
        """True where module or data module have to give the loader."""
        slot = "create_train_dataloader" if method == "train_dataloader" else "create_eval_dataloader"
        return slot in self.plan.instead

    @property
    def _tells_loader(self) -> bool:
        """True where hooks of an evaluation are told which loader a batch is from."""
        loader = self._eval_dataloader
        return is_combined(loader) and loader._mode == "sequential" and len(loader.flattened) > 1

    def _choose_table(self, table: HookMap) -> None:
        """Take the table that suits the number of loaders; wired anew only if somebody would notice."""
        if self._table is not table:
            self._table = table
            everywhere = [(*found.before, *found.after, found.instead) for found in self.plan.wired.values()]
            notices = any("at.loader" in line.args and line.row.maybe for lines in everywhere for line in lines if line)
            if notices:
                self._wire(self._stage)

    def evaluation_feed(self) -> Feed | None:
        """The batches of one pass over the loaders of the phase, or None where there are none."""
        batches = self.num_sanity_val_batches if self.sanity_checking else self._eval_batches.get(self._purpose, [])
        if not sum(batches):
            return None
        tell_epoch(self._eval_dataloader, self.progress.processed)
        reads = self._phase.step in self._readers
        feed = _feed(self._eval_dataloader, batches, partial(Reader, at=self.at) if reads else Feed)
        self.eval_reader = feed if isinstance(feed, Reader) else None
        check_loader_index(self.lightning_module, self._phase, self._tells_loader)
        self._choose_table(reading_table(LIGHTNING if self._tells_loader else ONE_LOADER, self._readers))
        return feed

    def training_feed(self) -> Feed:
        """The batches of the epoch that begins; for the very first one they were opened before."""
        feed, self._feed = self._feed, None
        # a callback may have put another loader in its place since
        if is_combined(self._train_dataloader) and self._train_dataloader._mode == "sequential":
            raise ValueError(
                "train_dataloader gave a CombinedLoader that reads one loader after the other, which fit() cannot; "
                "'min_size', 'max_size_cycle' and 'max_size' read a batch of each"
            )
        is_behind = self.current_epoch and self.restart is None
        if feed is None or is_behind or feed.loader is not self._train_dataloader:
            return self._new_training_feed()
        return feed

    def _new_training_feed(self) -> Feed:
        kind = Reader if "training_step" in self._readers else Feed
        feed = _feed(self._train_dataloader, self._used(self._train_dataloader, "limit_train_batches"), kind)
        self.val_check_batch = limits.validation_interval(self)
        self._train_batches = self.num_training_batches
        return feed

    def describe_run(self) -> None:
        """Write the run configuration, again when the loaders are known."""
        by_norm = self.gradient_clip_algorithm != "value"
        limit = self.gradient_clip_val or None
        most = None if self.max_steps == -1 else self.max_steps
        value = None if by_norm else limit
        config = self.plan._create_run_config(None, self.max_epochs, self.accumulate_grad_batches, most, value)
        self.run_config = dataclasses.replace(config, gradient_clip_norm=limit if by_norm else None)


def _feed(loader: Any, batches: list[float], kind: Callable[..., Feed]) -> Feed:
    if not is_combined(loader):
        if is_combined(getattr(loader, "dl", None)):
            raise NotSupportedYetError(
                f"a {type(loader).__name__} stands around several loaders, whose batches it cannot count; "
                "limit_train_batches= and the like of the Trainer can"
            )
        return kind(loader, batches[0])
    loader.limits = batches
    return kind(loader, length_under(loader._mode, loader.flattened, batches))


def _present(loader: Any, phase: str, asked: bool) -> Any:
    if loader is not None:
        return loader
    if asked:
        raise NoLoaderError(f"{phase}_dataloader returned None; it has to return its loader")
    raise MisconfigurationException(
        f"no {phase}_dataloader: pass a loader or a datamodule, or write {phase}_dataloader() in the module"
    )

"""Loading: where each loader of a run comes from, when it is asked for, and how many of its batches are used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from groundwire import HookMap, Part
from groundwire.errors import rank_zero_warn
from groundwire_lightning.core.states import TrainerFn
from groundwire_lightning.data.dataloader_iter import Reader, reading_table
from groundwire_lightning.data.feed import Feed, checked_loader, limited_batches, tell_epoch
from groundwire_lightning.data.loader_warnings import warn_of_loaders
from groundwire_lightning.data.samplers import for_prediction, in_order, loader_share, warn_of_shuffling
from groundwire_lightning.errors import MisconfigurationException, NoLoaderError, NotSupportedYetError
from groundwire_lightning.loops import limits, resume
from groundwire_lightning.loops.phases import check_loader_index
from groundwire_lightning.map import LIGHTNING
from groundwire_lightning.map_1x import JOINED, JOINED_ONE_LOADER
from groundwire_lightning.trainer.parts import Parted, PartOf
from groundwire_lightning.trainer.settings import OVERFIT
from groundwire_lightning.utilities.combined_loader import (
    is_combined,
    length_of,
    length_under,
    parts_of,
    with_changed_parts,
)


class Loading(PartOf[Parted]):
    """Gets the loaders of a run from the call, the data module or the module, when they are needed.

    Attributes:
        call_loaders: The loaders that the entry point was given, by the module's method that would make them.
        reading_steps: The steps of the module that read batches themselves.
        reader: What a ``training_step`` with ``dataloader_iter`` reads; None with any other.
        eval_reader: Likewise in an evaluation or a prediction.
        eval_batches: Batches of each loader, by the entry point, once its loaders were asked for.
        val_check_batch: Batches between two validations; None before the training loader was asked for.
    """

    def __init__(self, trainer: Parted) -> None:
        super().__init__(trainer)
        self.call_loaders: Mapping[str, Any] = {}
        self.reading_steps: frozenset[str] = frozenset()
        self.reader: Reader | None = None
        self.eval_reader: Reader | None = None
        self.eval_batches: dict[TrainerFn, list[float]] = {}
        self.val_check_batch: float | None = None
        self._last_train_batches: float = math.inf  # of the last fit, once its loader was given back
        self._train_asked: float = -math.inf  # the epoch in which the loader was asked for
        self._val_asked: float = -math.inf

    # how much there is

    def has_val_data(self) -> bool:
        """True where a loader of validation batches was given, or data module or module write one."""
        if "val_dataloader" in self.call_loaders:
            return True
        trainer = self.trainer
        if trainer._asks_data and trainer.datamodule is not None:
            return Part(LIGHTNING, "LightningDataModule", trainer.datamodule).implements("val_dataloader")
        return Part(LIGHTNING, "LightningModule", trainer.lightning_module).implements("val_dataloader")

    @property
    def enable_validation(self) -> bool:
        """True where there is a validation step, data for it, and a limit above 0."""
        module = self.trainer.lightning_module
        if module is None or not self.trainer.limit_val_batches > 0:
            return False
        return self.has_val_data() and Part(LIGHTNING, "LightningModule", module).implements("validation_step")

    @property
    def num_training_batches(self) -> float:
        """Training batches of an epoch, once the loader was asked for; infinite where the data does not say."""
        loader = self.trainer._run.train_dataloader
        if loader is None:
            return 0 if self.trainer.limit_train_batches == 0 else self._last_train_batches
        used = self._used(loader, "limit_train_batches")
        return length_under(loader._mode, loader.flattened, used) if is_combined(loader) else used[0]

    @property
    def num_val_batches(self) -> list[float]:
        """Validation batches of each loader, once they were asked for: those of ``fit``, while validating its own."""
        validates = self.trainer._called and self.trainer._purpose == TrainerFn.VALIDATING
        return self.eval_batches.get(TrainerFn.VALIDATING if validates else TrainerFn.FITTING, [])

    @property
    def num_test_batches(self) -> list[float]:
        """Test batches of each loader."""
        return self.eval_batches.get(TrainerFn.TESTING, [])

    @property
    def num_predict_batches(self) -> list[float]:
        """Batches to predict of each loader."""
        return self.eval_batches.get(TrainerFn.PREDICTING, [])

    @property
    def num_sanity_val_batches(self) -> list[float]:
        """Validation batches of each loader in the sanity check."""
        most = self.trainer.num_sanity_val_steps
        return [min(batches, most) for batches in self.eval_batches.get(TrainerFn.FITTING, [])]

    @property
    def estimated_stepping_batches(self) -> float:
        """Optimizer steps that ``fit`` will make; asks for the training loader if nobody has yet."""
        trainer = self.trainer
        if trainer.max_epochs == -1:
            return math.inf if trainer.max_steps == -1 else trainer.max_steps
        trainer.load_training_data()
        batches = self.num_training_batches
        if math.isinf(batches):
            return trainer.max_steps
        updates = math.ceil(batches / trainer.accumulate_grad_batches) * max(trainer.max_epochs or 0, 1)
        return updates if trainer.max_steps == -1 else min(updates, trainer.max_steps)

    def _used(self, loader: Any, limit: str) -> list[float]:
        """Batches of each loader under a limit."""
        name = "overfit_batches" if self.trainer.overfit_batches and limit in OVERFIT else limit
        return [limited_batches(name, length_of(part), getattr(self.trainer, limit)) for part in parts_of(loader)]

    # asking for loaders

    def load_training_data(self) -> None:
        """Ask for the training loader and make its first iterator, unless that was done and need not be again."""
        trainer, run = self.trainer, self.trainer._run
        is_there = run.train_dataloader is not None and not self._is_due(self._train_asked)
        if is_there or not trainer.limit_train_batches:
            return
        loader = _present(trainer.plan.create_train_dataloader(None, None), "train", self._brings("train_dataloader"))
        loader = self._unshuffled(
            checked_loader(loader, "train_dataloader", trainer._kept.multiple_trainloader_mode), "train"
        )
        run.train_dataloader = self._shared(loader, shuffles=True)
        warn_of_loaders(trainer, run.train_dataloader, "train_dataloader")
        if trainer.restart is not None:
            resume.give_loader_state(run.train_dataloader, trainer.restart, trainer._loader_states)
        run.feed = self._new_training_feed()
        if self.num_training_batches:
            self._train_asked = trainer.current_epoch
        if run.run_config is not None:
            trainer.describe_run()

    def load_evaluation_data(self) -> None:
        """Ask for the loaders of an evaluation or a prediction, unless that was done or none of it is used."""
        trainer, run = self.trainer, self.trainer._run
        phase, fits = trainer._phase, trainer._is_fitting
        is_there = run.eval_dataloader is not None and not (fits and self._is_due(self._val_asked))
        if is_there or not getattr(trainer, phase.limit) or (fits and not self.enable_validation):
            return
        if fits and (not trainer.sanity_checking or limits.validates_in_epoch(trainer)):
            self._val_asked = trainer.current_epoch
        outer, run.at.phase = run.at.phase, "eval" if phase.prefix == "val" else run.at.phase
        loader = _present(trainer.plan.create_eval_dataloader(None, None), phase.prefix, self._brings(phase.loader))
        loader = self._shared(checked_loader(loader, phase.loader, "sequential"), repeats=phase.prefix != "predict")
        if phase.prefix == "predict":
            loader = with_changed_parts(loader, for_prediction)
        run.eval_dataloader = self._unshuffled(loader, phase.prefix) if fits else loader
        warn_of_shuffling(run.eval_dataloader, phase.loader)
        warn_of_loaders(trainer, run.eval_dataloader, phase.loader)
        self.eval_batches[trainer._purpose] = self._used(run.eval_dataloader, phase.limit)
        run.at.phase = outer

    def _is_due(self, asked: float) -> bool:
        """True where loaders are to be asked for again."""
        every = self.trainer.reload_dataloaders_every_n_epochs
        return bool(every) and self.trainer.current_epoch - asked >= every

    def _unshuffled(self, loader: Any, prefix: str) -> Any:
        """The loader that ``overfit_batches`` reads: one that gives the same batches each time."""
        if not self.trainer.overfit_batches:
            return loader
        if all(in_order(part) is part for part in parts_of(loader)):
            return loader
        rank_zero_warn(f"overfit_batches: the {prefix}_dataloader shuffles; its samples are read in order instead")
        return with_changed_parts(loader, in_order)

    def _shared(self, loader: Any, shuffles: bool | None = None, repeats: bool = True) -> Any:
        """The loader over the share of this process; itself where nothing is shared, or where the user shares out."""
        trainer = self.trainer
        if trainer.distributed_sampler_kwargs is None or not trainer._asked["use_distributed_sampler"]:
            return loader
        if trainer.overfit_batches:
            shuffles = False
        return with_changed_parts(
            loader,
            lambda part: loader_share(
                part, trainer.world_size, trainer.global_rank, shuffles=shuffles, repeats=repeats
            ),
        )

    def _brings(self, method: str) -> bool:
        """True where module or data module have to give the loader."""
        slot = "create_train_dataloader" if method == "train_dataloader" else "create_eval_dataloader"
        return slot in self.trainer.plan.instead

    # reading from them

    @property
    def tells_loader(self) -> bool:
        """True where hooks of an evaluation are told which loader a batch is from."""
        loader = self.trainer._run.eval_dataloader
        return is_combined(loader) and loader._mode == "sequential" and len(loader.flattened) > 1

    def evaluation_feed(self) -> Feed | None:
        """The batches of one pass over the loaders of the phase, or None where there are none."""
        trainer, loader = self.trainer, self.trainer._run.eval_dataloader
        known = self.eval_batches.get(trainer._purpose, [])
        batches = self.num_sanity_val_batches if trainer.sanity_checking else known
        if not sum(batches):
            return None
        tell_epoch(loader, trainer.progress.processed)
        reads = trainer._phase.step in self.reading_steps
        feed = _feed(loader, batches, partial(Reader, at=trainer.at) if reads else Feed)
        self.eval_reader = feed if isinstance(feed, Reader) else None
        check_loader_index(trainer.lightning_module, trainer._phase, self.tells_loader)
        self._choose_table(reading_table(JOINED if self.tells_loader else JOINED_ONE_LOADER, self.reading_steps))
        return feed

    def _choose_table(self, table: HookMap) -> None:
        """Take the table that suits the number of loaders; wired anew only if somebody would notice."""
        trainer, run = self.trainer, self.trainer._run
        if run.table is table:
            return
        run.table = table
        everywhere = [(*wired.before, *wired.after, wired.instead) for wired in trainer.plan.wired.values()]
        if any("at.loader" in line.args and line.row.maybe for lines in everywhere for line in lines if line):
            trainer._wire(run.stage)

    def training_feed(self) -> Feed:
        """The batches of the epoch that begins; for the very first one they were opened before."""
        run = self.trainer._run
        feed, run.feed = run.feed, None
        loader = run.train_dataloader  # a callback may have put another one in its place since
        if is_combined(loader) and loader._mode == "sequential":
            raise ValueError(
                "train_dataloader gave a CombinedLoader that reads one loader after the other, which fit() cannot; "
                "'min_size', 'max_size_cycle' and 'max_size' read a batch of each"
            )
        is_behind = self.trainer.current_epoch and self.trainer.restart is None
        if feed is None or is_behind or feed.loader is not loader:
            return self._new_training_feed()
        return feed

    def _new_training_feed(self) -> Feed:
        kind = Reader if "training_step" in self.reading_steps else Feed
        loader = self.trainer._run.train_dataloader
        feed = _feed(loader, self._used(loader, "limit_train_batches"), kind)
        self.val_check_batch = limits.validation_interval(self.trainer)
        self._last_train_batches = self.num_training_batches
        return feed


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

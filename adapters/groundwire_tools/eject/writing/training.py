"""The written ``fit``: only the branches that the run takes, in the order in which it takes them."""

from __future__ import annotations

import re
from typing import Any

from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.evaluating import limit_of
from groundwire_tools.eject.writing.lines import function, lines_of_block, over_batches, spliced
from groundwire_tools.eject.writing.updates import Updates


class Training(Updates):
    """Writes the training of a run.

    Args:
        writing: The program.
    """

    def __init__(self, writing: Writing) -> None:
        super().__init__(writing)
        self.is_unsized = self.facts.batches is None
        listens = self.facts.has("on_train_batch_end")
        self.is_within = bool(self.facts.validates and self.facts.val_check_batch is not None)
        waits = any(one.name == "EarlyStopping" and "on_validation_end" in one.hooks for one in self.facts.listeners)
        self.stops_within = writing.uses("should_stop") or (self.is_within and waits)
        stops_within = writing.limits_steps or self.stops_within
        by_epoch = any(one.interval == "epoch" and one.monitor is None for one in self.facts.schedulers)
        self.ends_within = (stops_within or self.is_within) and (self.facts.validates or bool(self.facts.schedulers))
        self.ends_within = self.ends_within or (by_epoch and listens)
        self.starts = spliced(writing.told("on_train_start"), writing.told("on_train_epoch_start"))

    def fit(self) -> list[Any]:
        """The method."""
        writing, taken = self.writing, self.writing.rewritten.entries["fit"]
        passed = ", ".join(["self", *(f"{one}: {'LightningModule' if one == 'model' else 'Any'}" for one in taken)])
        body = spliced(
            writing.prepared("fit"),
            self._early(),
            self._optimizers(),
            writing.told("on_fit_start"),
            self._sanity(),
            None if self.facts.is_early else self._training_data(),
            [f"validation = {self._loader('val')}"] if self.facts.validates and not writing.checks_sanity else None,
            [f"start = iter({self._limited()})"] if self.starts and not self.facts.is_early else None,
            writing.told("on_train_start"),
            self._epochs(),
            writing.told("on_train_end"),
            writing.told("on_fit_end"),
            writing.torn_down("fit"),
        )
        return function(f"fit({passed}) -> None", self._docstring(), body)

    def _docstring(self) -> str:
        return f"Train the model{', and validate it along the way' if self.facts.validates else ''}."

    # before the first epoch

    def _loader(self, prefix: str) -> str:
        if f"{prefix}_dataloader" in self.facts.given:
            return f"{prefix}_dataloaders" if prefix == "val" else "train_dataloaders"
        data = self.facts.data or frozenset()
        return f"{'datamodule' if f'{prefix}_dataloader' in data else 'model'}.{prefix}_dataloader()"

    def _early(self) -> list[Any]:
        """Where the program asks how many updates there will be, the training data is there before the optimizers."""
        if not self.facts.is_early:
            return []
        lines = self._training_data()
        if self.facts.batches is not None:
            count = self._count()
            updates = f"math.ceil({count} / {self.window})" if self.window else count
            epochs = self.writing.value("max_epochs")
            most = f"{updates} * {epochs}"
            if self.writing.setting("max_steps") != -1:
                most = f"min({most}, {self.writing.value('max_steps')})"
            lines.append(f"self.estimated_stepping_batches = {most}")
        return [*lines, f"start = iter({self._limited()})"]

    def _training_data(self) -> list[Any]:
        counts = self.writing.uses("num_training_batches") and not self.is_unsized
        count = [f"self.num_training_batches = {self._count()}"] if counts else []
        return [f"batches = {self._loader('train')}", *count]

    def _optimizers(self) -> list[Any]:
        paths, schedulers = self.facts.optimizers, self.facts.schedulers
        if not paths:
            return []
        writing, names = self.writing, self.scheduler_names
        if paths == ("",) and not schedulers:
            lines: list[Any] = ["optimizer = model.configure_optimizers()"]
        else:
            lines = ["configured = model.configure_optimizers()"]
            lines += [f"optimizer = configured{paths[0]}"] if len(paths) == 1 and self.facts.automatic else []
            lines += [f"{name} = configured{one.path}" for name, one in zip(names, schedulers, strict=True)]
        if not self.facts.automatic or writing.uses("optimizers") or writing.has("ModelCheckpoint"):
            base = "optimizer" if paths == ("",) and not schedulers else "configured"
            lines.append(f"self.optimizers = [{', '.join(base + path for path in paths)}]")
        if not self.facts.automatic and writing.uses("lr_schedulers"):
            by_hand = self.facts.by_hand
            lines.append(f"self.schedulers = [{', '.join('configured' + path for path in by_hand)}]")
        if not self.facts.automatic and writing.counts_steps:
            lines += ["for optimizer in self.optimizers:", ["optimizer.register_step_post_hook(self.count)"]]
        return lines

    def _sanity(self) -> list[Any]:
        writing = self.writing
        if not writing.checks_sanity:
            return []
        steps = writing.setting("num_sanity_val_steps")
        limit = writing.setting("limit_val_batches")
        most = limit_of(writing, "limit_val_batches", "validation")
        few = most if steps == float("inf") else str(steps)
        if limit != 1.0 and steps != float("inf"):
            few = str(min(steps, limit)) if isinstance(limit, int) else f"min({steps}, {most})"
        told = writing.tells_sanity
        return spliced(
            ["states = random.getstate(), np.random.get_state()"],
            "with torch.random.fork_rng():  # training draws the same numbers with this check and without it",
            [
                spliced(
                    f"validation = {self._loader('val')}",
                    "self.sanity_checking = True" if told else None,
                    writing.told("on_sanity_check_start"),
                    f"self.validation(model, validation, {few})",
                    writing.told("on_sanity_check_end"),
                    "self.sanity_checking = False" if told else None,
                )
            ],
            ["random.setstate(states[0])", "np.random.set_state(states[1])"],
            "self.callback_metrics.clear()" if writing.logging.is_needed else None,
        )

    # epochs

    def _limited(self) -> str:
        limit = self.writing.setting("limit_train_batches")
        whole = limit == 1.0 and not isinstance(limit, int)
        batches = "batches" if whole else f"islice(batches, {limit_of(self.writing, 'limit_train_batches', 'batches')})"
        return f"looking_ahead({batches})" if self.is_unsized else batches

    def _count(self) -> str:
        limit = self.writing.setting("limit_train_batches")
        if limit == 1.0 and not isinstance(limit, int):
            return "len(batches)"
        most = limit_of(self.writing, "limit_train_batches", "batches")
        return f"min(len(batches), {most})" if isinstance(limit, int) and self.facts.has_length else most

    def _epochs(self) -> list[Any]:
        writing, facts = self.writing, self.facts
        most = "count()" if writing.setting("max_epochs") == -1 else f"range({writing.value('max_epochs')})"
        is_ahead = bool(self.starts) or facts.is_early  # the first iterator is there before what hooks draw
        uses_epoch = writing.uses("current_epoch") or writing.has("ModelCheckpoint")
        ends = self._end_of_epoch()
        body = self._batch()
        is_read = re.search(r"\bis_last\b", lines_of_block([*body, *ends])) is not None
        last = f"is_last = batch_idx + 1 == {self._count()}"
        batch = f"({writing.fetched}, {'is_last' if is_read else '_'})" if self.is_unsized else writing.fetched
        source = "start" if is_ahead else self._limited()
        lines = spliced(
            ["batches.sampler.set_epoch(epoch)"] if facts.sets_epoch else None,
            ["self.sums = {}"] if writing.logs(of_training=True) else None,
            ["self.metrics = {}"] if writing.logs(of_training=True) and facts.has_metrics else None,
            writing.told("on_train_epoch_start"),
            ["if epoch > 0:", [f"start = iter({self._limited()})"]] if is_ahead else None,
            over_batches(batch, source, [last, *body] if is_read and not self.is_unsized else body),
            ends,
            self._over("self.current_epoch += 1" if uses_epoch else ""),
        )
        name = "epoch" if re.search(r"\bepoch\b", lines_of_block(lines)) else "_"
        return [f"for {name} in {most}:", lines]

    def _end_of_epoch(self) -> list[Any]:
        writing, facts = self.writing, self.facts
        plateaus = [line for one in self._due("epoch", plateau=True) for line in one]
        hook = "on_train_epoch_end"
        return spliced(
            None if self.ends_within else [line for one in self._due("epoch", plateau=False) for line in one],
            self._validation_at_end() if not self.ends_within else None,
            ["self.in_training_batch = False"] if writing.logging.decides and writing.logging.is_needed else None,
            writing.reduced() if writing.logs(of_training=True) else None,
            writing.told(hook, monitors=False),
            writing.reduced(is_last=False)
            if writing.logs(of_training=True) and hook in writing.logging.hooks
            else None,
            writing.told(hook, monitors=True),
            ["if is_last:", plateaus] if plateaus and self.ends_within else plateaus,
            ["for metric in self.metrics.values():", ["metric.reset()"]]
            if facts.has_metrics and writing.logs(of_training=True)
            else None,
        )

    def _over(self, count: str) -> list[Any]:
        """The count of an epoch, and the end of the run where it is due."""
        writing = self.writing
        if not writing.limits_steps and not writing.may_stop:
            return spliced(count)
        reasons = [f"self.global_step >= {writing.value('max_steps')}"] if writing.limits_steps else []
        if writing.may_stop:
            reasons.append(self._may_end("epoch + 1"))
        return spliced(count, [f"if {_any_of(*reasons)}:", ["break"]])

    def _may_end(self, epochs: str) -> str:
        """The condition under which the wish to stop is heeded."""
        least, steps = self.writing.setting("min_epochs") or 0, self.writing.setting("min_steps")
        parts = ["self.should_stop"]
        parts += [f"{epochs} >= {least}"] if least > 1 or (least and epochs != "epoch + 1") else []
        parts += [f"self.global_step >= {steps}"] if steps else []
        return " and ".join(parts)

    # a batch

    def _batch(self) -> list[Any]:
        writing, facts = self.writing, self.facts
        logs = writing.logs(of_training=True)
        return spliced(
            ["self.is_last_batch = is_last"] if writing.uses("is_last_batch") else None,
            writing.moved(),
            ["self.in_training_batch = True"] if writing.logging.decides and writing.logging.is_needed else None,
            writing.sized() if logs else None,
            writing.told("on_train_batch_start", "batch", "batch_idx"),
            self._by_hand() if not facts.automatic else self._nested() if facts.nested else self._straight(),
            [line for one in self._due("step", plateau=False) for line in one],
            ["if is_last:", [line for one in self._due("epoch", plateau=False) for line in one]]
            if self.ends_within and self._due("epoch", plateau=False)
            else None,
            self._told_of_batch(),
            self._validation_within() if self.ends_within else None,
            [line for one in self._due("step", plateau=True) for line in one],
            [f"if {self._ends_epoch()}:", ["break"]] if writing.limits_steps or self.stops_within else None,
        )

    def _ends_epoch(self) -> str:
        reasons = [f"self.global_step >= {self.writing.value('max_steps')}"] if self.writing.limits_steps else []
        if self.stops_within:
            reasons.append(self._may_end("epoch"))
        return _any_of(*reasons)

    # validations

    def _validate(self) -> list[Any]:
        limit = self.writing.setting("limit_val_batches")
        is_limited = limit != 1.0 or isinstance(limit, int)
        most = f", {limit_of(self.writing, 'limit_val_batches', 'validation')}" if is_limited else ""
        clear = ["model.zero_grad()"] if not self.facts.automatic else []
        return [*clear, f"self.validation(model, validation{most})"]

    def _validation_at_end(self) -> list[Any]:
        if not self.facts.validates:
            return []
        every = self.writing.setting("check_val_every_n_epoch")
        return [f"if (epoch + 1) % {every} == 0:", self._validate()] if every > 1 else self._validate()

    def _validation_within(self) -> list[Any]:
        if not self.facts.validates:
            return []
        every, batches = self.writing.setting("check_val_every_n_epoch"), self.facts.val_check_batch
        due = "is_last"
        over_batches: list[Any] = []
        if batches is not None and every is None:
            over_batches = ["self.batches += 1"]
            due = f"self.batches % {batches} == 0"
        elif batches is not None:
            due = f"(batch_idx + 1) % {batches} == 0"
        if self.stops_within:
            due = _any_of(due, self._may_end("epoch"))
        if (every or 1) > 1:
            due = (
                f"({due}) and (epoch + 1) % {every} == 0" if " or " in due else f"{due} and (epoch + 1) % {every} == 0"
            )
        return [*over_batches, f"if {due}:", self._validate()]


def _any_of(*conditions: str) -> str:
    """One of several conditions, in brackets where one of them is made of several itself."""
    if len(conditions) == 1:
        return conditions[0]
    return " or ".join(f"({one})" if " and " in one else one for one in conditions)

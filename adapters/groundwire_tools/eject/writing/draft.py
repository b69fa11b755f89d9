"""What the parts of a written program are made from, and the lines that several of them have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from groundwire_tools.eject.facts import Facts
from groundwire_tools.eject.reading.logged import Logging
from groundwire_tools.eject.reading.rewriting import Rewritten
from groundwire_tools.eject.writing.lines import spliced

EVALUATION = ("validation_step", "test_step", "on_validation_", "on_test_")


@dataclass(frozen=True)
class Writing:
    """What the program to be written is known by.

    Attributes:
        facts: Of its run.
        logging: How it logs.
        rewritten: What became of its script.
        attributes: All names that stand behind a dot in it.
        called: Those of them that are called.
    """

    facts: Facts
    logging: Logging
    rewritten: Rewritten
    attributes: frozenset[str]
    called: frozenset[str]

    # what is needed

    def uses(self, *names: str) -> bool:
        """True where the program reads one of these names of something."""
        return not self.attributes.isdisjoint(names)

    def reads(self, name: str) -> bool:
        """True where the program reads a name of something other than a Trainer."""
        return name in self.rewritten.reads

    def setting(self, name: str) -> Any:
        """An argument of the Trainer, as it was understood."""
        return self.facts.settings[name]

    def value(self, name: str) -> str:
        """An argument of the Trainer as the loop writes it: the attribute of one that is passed, else its value."""
        return f"self.{name}" if name in self.rewritten.parameters else repr(self.setting(name))

    def has(self, name: str) -> bool:
        """True where a standard callback of this name takes part."""
        return any(listener.name == name and listener.settings for listener in self.facts.listeners)

    @property
    def is_fit(self) -> bool:
        """The program trains."""
        return "fit" in self.rewritten.entries

    @property
    def limits_steps(self) -> bool:
        """Training may end within an epoch, by ``max_steps``."""
        return self.is_fit and self.setting("max_steps") != -1

    @property
    def counts_steps(self) -> bool:
        """Updates are counted."""
        return self.limits_steps or self.uses("global_step") or self.has("ModelCheckpoint")

    @property
    def may_stop(self) -> bool:
        """Somebody may ask the run to stop."""
        return self.uses("should_stop") or self.has("EarlyStopping")

    @property
    def checks_sanity(self) -> bool:
        """A few validation batches come before training."""
        return bool(self.facts.validates and self.setting("num_sanity_val_steps"))

    @property
    def tells_sanity(self) -> bool:
        """Somebody asks whether it is that check that is under way."""
        standard = any(one.settings and "on_validation_end" in one.hooks for one in self.facts.listeners)
        return self.uses("sanity_checking") or (self.checks_sanity and standard)

    def logs(self, of_training: bool) -> bool:
        """True where a mean of an epoch is made in training, or in an evaluation; a helper may be of both."""
        if self.logging.on_epoch is False:
            return False
        of_evaluation = {hook for hook in self.logging.hooks if hook.startswith(EVALUATION)}
        helpers = {hook for hook in self.logging.hooks if not hook.startswith(("training_", "on_", *EVALUATION))}
        rest = self.logging.hooks - of_evaluation
        return bool(rest if of_training else of_evaluation | helpers)

    @property
    def reduces(self) -> bool:
        """Means of epochs are made anywhere."""
        return self.logs(True) or self.logs(False)

    # lines that several parts have

    def told(self, hook: str, *arguments: str, monitors: bool | None = None) -> list[Any]:
        """The calls of a hook, of the callbacks first and then of the module.

        Args:
            hook: The hook.
            *arguments: What it is passed besides Trainer and module.
            monitors: True for the standard callbacks alone, False for all but these.
        """
        passed = ", ".join(["self", "model", *arguments])
        lines = [
            f"self.{one.variable}.{hook}({passed})"
            for one in self.facts.told()
            if hook in one.hooks and monitors in (None, bool(one.settings))
        ]
        if hook in self.facts.module and not monitors:
            lines.append(f"model.{hook}({', '.join(one.removeprefix('stage=') for one in arguments)})")
        return lines

    def moved(self) -> list[str]:
        """The way of a batch, which was fetched, to the device, and through the hooks around that."""
        facts = self.facts
        before, after, move = (self._owner(hook) for hook in TRANSFER)
        calls = [
            before and f"{before}.on_before_batch_transfer({{0}}, 0)",
            move and f'{move}.transfer_batch_to_device({{0}}, torch.device("{facts.device}"), 0)',
            "to_device({0})" if facts.device != "cpu" and not move else "",
            after and f"{after}.on_after_batch_transfer({{0}}, 0)",
        ]
        made = [call for call in calls if call]
        return [f"batch = {call.format('batch' if number else 'fetched')}" for number, call in enumerate(made)]

    @property
    def fetched(self) -> str:
        """The name of a batch as the loader gives it."""
        return "fetched" if self.moved() else "batch"

    def _owner(self, hook: str) -> str:
        if self.facts.data is not None and hook in self.facts.data:
            return "datamodule"
        return "model" if hook in self.facts.module else ""

    def sized(self) -> list[Any]:
        """The line that notes the size of a batch, by which its values weigh in a mean."""
        facts = self.facts
        return [f"self.batch_size = batch{facts.sized}.size(0)"] if facts.sized is not None else []

    def reduced(self, is_last: bool = True) -> list[Any]:
        """The lines that make means of what was added up; further values of hooks at the end weigh as one."""
        lines: list[Any] = (
            ["self.batch_size = 1"] if is_last and self.logs_at_ends and self.facts.sized is not None else []
        )
        lines.append("self.callback_metrics |= {name: total / weight for name, (total, weight) in self.sums.items()}")
        if self.facts.has_metrics:
            lines.append("self.callback_metrics |= {name: metric.compute() for name, metric in self.metrics.items()}")
        return lines

    @property
    def logs_at_ends(self) -> bool:
        """Something is logged behind the batches, or before them."""
        return any(hook.startswith("on_") and "_batch_" not in hook for hook in self.logging.hooks)

    def in_step(self, *lines: str) -> list[Any]:
        """Lines in the precision of the steps."""
        kind, device = self.facts.autocast, self.facts.device.partition(":")[0]
        if kind is None:
            return list(lines)
        return [f'with torch.autocast("{device}", dtype={kind}, cache_enabled=False):', list(lines)]

    def index(self, step: str) -> str:
        """``batch_idx`` behind the batch, for a step that takes it."""
        return ", batch_idx" if step in self.facts.takes_index else ""

    def prepared(self, stage: str) -> list[Any]:
        """What is done before the batches of a call: data and modules are set up, and the loader is asked for."""
        data = self.facts.data or frozenset()
        is_used = self.uses_datamodule(stage)
        return spliced(
            "self.model = model" if self.keeps_model else None,
            "model.trainer = self" if self.needs_trainer else None,
            ["self.datamodule = datamodule"] if is_used and self.keeps_data else None,
            ["datamodule.trainer = self"] if is_used and self.rewritten.data_asks else None,
            ["datamodule.prepare_data()"] if is_used and "prepare_data" in data else None,
            ["model.prepare_data()"] if "prepare_data" in self.facts.module else None,
            [f'datamodule.setup("{stage}")'] if is_used and "setup" in data else None,
            self.told("setup", f'stage="{stage}"'),
            ["model.configure_model()"] if "configure_model" in self.facts.module else None,
            [f'model.to("{self.facts.device}")'] if self.facts.device != "cpu" else None,
        )

    def torn_down(self, stage: str) -> list[Any]:
        """What is done at the end of a call."""
        data = self.facts.data or frozenset()
        is_used = self.uses_datamodule(stage) and "teardown" in data
        return spliced(
            [f'datamodule.teardown("{stage}")'] if is_used else None, self.told("teardown", f'stage="{stage}"')
        )

    def uses_datamodule(self, stage: str) -> bool:
        """True where the call is passed a data module."""
        return "datamodule" in self.rewritten.entries.get(stage, ())

    @property
    def needs_trainer(self) -> bool:
        """The module reads something of the Trainer."""
        by_base = ("trainer", "current_epoch", "global_step", "optimizers", "lr_schedulers", "toggle_optimizer")
        return self.logging.is_needed or self.uses(*by_base)

    @property
    def keeps_modes(self) -> bool:
        """A validation has to remember the mode of each part, since ``train()`` would not bring them back."""
        return not self.facts.trains_whole or not self.called.isdisjoint({"eval", "train"})

    @property
    def keeps_model(self) -> bool:
        """The Trainer has to know the module of the call before."""
        calls = [taken for name, taken in self.rewritten.entries.items() if name != "fit"]
        return any("model" not in taken for taken in calls) or self.uses("lightning_module")

    @property
    def keeps_data(self) -> bool:
        """The program reads the data module from the Trainer."""
        return self.uses("datamodule")


TRANSFER = ("on_before_batch_transfer", "on_after_batch_transfer", "transfer_batch_to_device")

"""The written way of a batch: its loss and gradients, the update where one is due, and the schedulers behind it."""

from __future__ import annotations

from typing import Any

from groundwire_tools.eject.facts import Scheduler
from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.lines import function, spliced


class Updates:
    """Writes what is done with a batch of training.

    Args:
        writing: The program.

    Attributes:
        window: The batches that make an update, as an expression; empty where each makes one.
    """

    def __init__(self, writing: Writing) -> None:
        self.writing = writing
        self.facts = writing.facts
        self.window = writing.value("accumulate_grad_batches") if writing.setting("accumulate_grad_batches") > 1 else ""

    @property
    def scheduler_names(self) -> list[str]:
        """The variables of the schedulers."""
        count = len(self.facts.schedulers)
        return ["scheduler"] if count == 1 else [f"scheduler_{number}" for number in range(1, count + 1)]

    def _straight(self) -> list[Any]:
        writing = self.writing
        return spliced(
            self.forward(),
            self._update(
                spliced(
                    writing.told("on_before_optimizer_step", "optimizer"),
                    self.clipping(),
                    "optimizer.step()",
                    "self.global_step += 1" if writing.counts_steps else None,
                )
            ),
        )

    def _update(self, lines: list[Any]) -> list[Any]:
        if not self.window:
            return lines
        return ["update = (batch_idx + 1) % " + self.window + " == 0 or is_last", "if update:", lines]

    def forward(self) -> list[Any]:
        """Loss and gradients of a batch."""
        writing, facts = self.writing, self.facts
        call = f"model.training_step(batch{writing.index('training_step')})"
        taken = {
            "tensor": [*writing.in_step(f"loss = {call}")],
            "dict": [*writing.in_step(f"output = {call}"), 'loss = output["loss"]'],
            "unknown": [
                *writing.in_step(f"output = {call}"),
                'loss = output["loss"] if isinstance(output, dict) else output',
            ],
        }[facts.returns]
        clear = spliced(writing.told("on_before_zero_grad", "optimizer"), "optimizer.zero_grad()")
        back = spliced(
            f"loss = loss / {self.window}" if self.window else None,
            writing.told("on_before_backward", "loss"),
            "model.backward(loss)" if "backward" in facts.module else "loss.backward()",
            writing.told("on_after_backward"),
        )
        return spliced(
            taken,
            [f"if batch_idx % {self.window} == 0:", clear] if self.window else clear,
            ["if loss is not None:", back] if facts.may_skip else back,
        )

    def clipping(self) -> list[Any]:
        """The line that clips the gradients of an update."""
        writing, limit = self.writing, self.writing.setting("gradient_clip_val")
        algorithm = writing.setting("gradient_clip_algorithm")
        kind = "value" if algorithm == "value" else "norm"
        if "configure_gradient_clipping" in self.facts.module:
            named = None if algorithm is None else kind
            value = writing.value("gradient_clip_val") if limit else repr(limit)
            return [f"model.configure_gradient_clipping(optimizer, {value}, {named!r})".replace("'", '"')]
        if not limit:
            return []
        return [
            'parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]',
            f"torch.nn.utils.clip_grad_{kind}_(parameters, {writing.value('gradient_clip_val')})",
        ]

    def _nested(self) -> list[Any]:
        writing = self.writing
        own = "optimizer_step" in self.facts.module
        closure = "partial(self.gradients, model, optimizer, batch, batch_idx)"
        step = f"optimizer.step({closure})"
        if own:
            step = f"model.optimizer_step(epoch, batch_idx, optimizer, {closure})"
        return spliced(step, "self.global_step += 1" if writing.counts_steps else None)

    def gradients(self) -> list[Any]:
        """The method that an optimizer evaluates itself, as often as it likes."""
        body = spliced(
            self.forward(),
            self.writing.told("on_before_optimizer_step", "optimizer"),
            self.clipping(),
            "return loss",
        )
        head = "gradients(self, model: LightningModule, optimizer: Any, batch: Any, batch_idx: int) -> torch.Tensor"
        return function(head, "Make the gradients of a batch.", body)

    def _by_hand(self) -> list[Any]:
        call = f"model.training_step(batch{self.writing.index('training_step')})"
        listens = self.facts.has("on_train_batch_end")
        return list(self.writing.in_step(f"output = {call}" if listens else call))

    def _told_of_batch(self) -> list[Any]:
        told = self.writing.told("on_train_batch_end", "outputs", "batch", "batch_idx")
        if not told:
            return []
        if not self.facts.automatic:
            made = 'outputs = output if isinstance(output, dict) else {} if output is None else {"loss": output}'
        elif self.facts.returns == "tensor":
            made = 'outputs = {"loss": loss.detach()}'
        elif self.facts.returns == "dict":
            made = 'outputs = {**output, "loss": loss.detach()}'
        else:
            made = 'outputs = {**(output if isinstance(output, dict) else {}), "loss": loss.detach()}'
        if self.facts.may_skip and self.facts.automatic:
            made += " if loss is not None else {}"
        return [made, *told]

    # schedulers

    def _due(self, interval: str, plateau: bool) -> list[list[Any]]:
        """The lines that move each scheduler of an interval."""
        count = "batch_idx + 1" if interval == "step" else "epoch + 1"
        moved = []
        for name, one in zip(self.scheduler_names, self.facts.schedulers, strict=True):
            if one.interval == interval and (one.monitor is not None) == plateau:
                lines = self._move(name, one)
                conditions = ["update"] if interval == "step" and self.window else []
                conditions += [f"({count}) % {one.frequency} == 0"] if one.frequency > 1 else []
                moved.append([f"if {' and '.join(conditions)}:", lines] if conditions else lines)
        return moved

    def _move(self, name: str, one: Scheduler) -> list[Any]:
        metric = f'self.callback_metrics["{one.monitor}"]' if one.monitor is not None else ""
        if "lr_scheduler_step" in self.facts.module:
            lines: list[Any] = [f"model.lr_scheduler_step({name}, {metric or 'None'})"]
        else:
            lines = [f"{name}.step({metric})"]
        if one.monitor is not None and not one.strict:
            lines = [f'if "{one.monitor}" in self.callback_metrics:', lines]
        return lines

"""The written way of a batch, by who makes the update."""

from __future__ import annotations

from typing import Any

import pytest
from tests.groundwire_tools.eject.made import loop, plain
from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.facts import Scheduler

STEP = {"training_step", "configure_optimizers"}


@pytest.mark.parametrize(
    ("settings", "changes", "lines"),
    [
        ({"accumulate_grad_batches": 3}, {}, ["if batch_idx % 3 == 0:", "loss = loss / 3", "if update:"]),
        ({"gradient_clip_val": 0.5}, {}, ["torch.nn.utils.clip_grad_norm_(parameters, 0.5)"]),
        (
            {"gradient_clip_val": 0.5, "gradient_clip_algorithm": "value"},
            {},
            ["torch.nn.utils.clip_grad_value_(parameters, 0.5)"],
        ),
        ({}, {"returns": "dict"}, ["output = model.training_step(batch, batch_idx)", "loss = output['loss']"]),
        ({}, {"returns": "unknown"}, ["loss = output['loss'] if isinstance(output, dict) else output"]),
        ({}, {"may_skip": True}, ["if loss is not None:"]),
        ({}, {"takes_index": frozenset()}, ["loss = model.training_step(batch)"]),
        (
            {},
            {"autocast": "torch.bfloat16"},
            ["with torch.autocast('cpu', dtype=torch.bfloat16, cache_enabled=False):"],
        ),
        ({}, {"module": frozenset(STEP | {"backward"})}, ["model.backward(loss)"]),
        ({}, {"nested": True}, ["optimizer.step(partial(self.gradients, model, optimizer, batch, batch_idx))"]),
        ({}, {"automatic": False}, ["model.training_step(batch, batch_idx)"]),
        (
            {},
            {"module": frozenset(STEP | {"configure_gradient_clipping"})},
            ["model.configure_gradient_clipping(optimizer, None, None)"],
        ),
    ],
)
def test_a_fact_makes_its_lines(settings: dict[str, Any], changes: dict[str, Any], lines: list[str]) -> None:
    written, without = loop(None, settings, **changes), loop()
    assert [line for line in lines if line not in written] == []
    assert [line for line in lines if line in without] == []


def test_gradients_are_cleared_between_forward_and_backward() -> None:
    lines = loop()
    order = ["loss = model.training_step(batch, batch_idx)", "optimizer.zero_grad()", "loss.backward()"]
    assert sorted(order, key=lines.index) == order


def test_a_scheduler_of_steps_moves_with_the_updates() -> None:
    scheduler = Scheduler('["lr_scheduler"]', "step", 2, None, True)
    lines = loop(optimizers=('["optimizer"]',), schedulers=(scheduler,))
    assert "if (batch_idx + 1) % 2 == 0:" in lines
    lines = loop(None, {"accumulate_grad_batches": 3}, optimizers=('["optimizer"]',), schedulers=(scheduler,))
    assert "if update and (batch_idx + 1) % 2 == 0:" in lines


def test_updates_by_hand_are_counted_where_somebody_reads_the_count() -> None:
    reads = program(members="def on_fit_end(self):\n    print(self.global_step)\n")
    assert "optimizer.register_step_post_hook(self.count)" in loop(reads, automatic=False)
    assert "register_step_post_hook" not in plain(automatic=False)


def test_outputs_are_made_for_who_listens() -> None:
    module = frozenset(STEP | {"on_train_batch_end"})
    assert "outputs = {'loss': loss.detach()}" in loop(module=module)
    assert "outputs = {**output, 'loss': loss.detach()}" in loop(module=module, returns="dict")
    assert not any("outputs" in line for line in loop())

"""Whether a batch is used more than once, and what is refused of that."""

from types import SimpleNamespace

import pytest
import torch
from tests.groundwire_lightning.small import Lit, data, lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.errors import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.lightning_1.optimizing import let_find_unused
from groundwire_lightning.loops import steps
from groundwire_lightning.strategies import DDPStrategy


def two_optimizers(self):
    return torch.optim.SGD(self.net[0].parameters(), 0.1), torch.optim.SGD(self.net[2].parameters(), 0.1)


def in_turn(self, batch, batch_idx, optimizer_idx):
    self.seen.append(optimizer_idx)
    return Lit.training_step(self, batch, batch_idx)


def test_a_module_without_a_name_of_lightning_1_steps_as_ever():
    trainer = quiet()
    trainer.fit(Lit(), loader())
    assert trainer._step is steps.train_step
    assert not any(
        attached.row.mark for wired in trainer.plan.wired.values() for attached in (*wired.before, *wired.after)
    )


def test_two_optimizers_take_turns_where_training_step_is_told_whose_it_is():
    module = lit(training_step=in_turn, configure_optimizers=two_optimizers)
    trainer = quiet(limit_train_batches=2)
    trainer.fit(module, loader())
    assert module.seen == [0, 1, 0, 1]
    assert trainer.global_step == 4
    assert trainer.way == "nested"


def test_a_report_tells_who_shares_batches():
    def configure_optimizers(self):
        return [{"optimizer": one, "frequency": 3 - index} for index, one in enumerate(two_optimizers(self))]

    module = lit(training_step=in_turn, configure_optimizers=configure_optimizers)
    trainer = quiet()
    trainer.fit(module, loader())
    assert module.seen == [0, 0, 0]
    assert "several optimizers, which use [3, 2] batches in a row [1.x]" in trainer.explain("json")["updates"][0]


def test_a_default_keeps_its_value_with_one_optimizer():
    module = lit(
        training_step=lambda self, batch, batch_idx, optimizer_idx=None: in_turn(self, batch, 0, optimizer_idx)
    )
    quiet(limit_train_batches=2).fit(module, loader())
    assert module.seen == [None, None]


def test_an_index_that_nobody_passes_is_refused():
    with pytest.raises(MisconfigurationException, match=r"insists on optimizer_idx.*write optimizer_idx=0"):
        quiet().fit(lit(training_step=in_turn), loader())


@pytest.mark.parametrize(
    "training_step",
    [in_turn, lambda self, batch, batch_idx, optimizer_idx=None: None],
    ids=["insists", "has a default"],
)
def test_turns_and_updates_by_hand_contradict_each_other(training_step):
    module = lit(training_step=training_step, configure_optimizers=two_optimizers)
    module.automatic_optimization = False
    with pytest.raises(MisconfigurationException, match=r"optimizer_idx, and automatic_optimization = False"):
        quiet().fit(module, loader())


def test_two_optimizers_without_turns_are_refused_as_by_lightning():
    with pytest.raises(RuntimeError, match=r"2 optimizers.*automatic_optimization = False.*takes optimizer_idx"):
        quiet().fit(lit(configure_optimizers=two_optimizers), loader())


def test_a_new_hook_of_an_update_beside_an_old_step_is_called_as_it_is_written():
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure):
        self.seen.append(type(optimizer).__name__)
        super(type(self), self).optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)

    module = lit(training_step=in_turn, configure_optimizers=two_optimizers, optimizer_step=optimizer_step)
    quiet(limit_train_batches=1).fit(module, loader())
    assert module.seen == ["LightningSGD", 0, "LightningSGD", 1]


def test_native_order_uses_each_batch_once():
    module = lit(training_step=in_turn, configure_optimizers=two_optimizers)
    with pytest.raises(NotSupportedYetError, match=r"2 optimizers that the trainer steps in turn.*fit\(\)"):
        L.adapt(module).train(data(), num_epochs=1, per_device_batch_size=4)
    parts = lit(training_step=lambda self, batch, batch_idx, hiddens: None)
    parts.truncated_bptt_steps = 2
    with pytest.raises(NotSupportedYetError, match=r"truncated_bptt_steps.*fit\(\)"):
        L.adapt(parts).train(data(), num_epochs=1, per_device_batch_size=4)


def test_old_hooks_of_one_optimizer_run_in_native_order():
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_idx, optimizer_closure, **kwargs):
        self.seen.append((optimizer_idx, kwargs))
        optimizer.step(closure=optimizer_closure)

    module = lit(optimizer_step=optimizer_step)
    L.adapt(module).train(data(), num_epochs=1, per_device_batch_size=5)
    assert module.seen == [(0, {"on_tpu": False, "using_lbfgs": False})] * 2


def test_a_pass_that_only_looks_at_batches_has_no_turns():
    def on_train_start(self):
        self.trainer.fit_loop._skip_backward = True

    module = lit(training_step=in_turn, configure_optimizers=two_optimizers, on_train_start=on_train_start)
    with pytest.raises(MisconfigurationException, match="no optimizers that take turns"):
        quiet().fit(module, loader())


def test_a_report_tells_of_turns_before_the_run():
    module = lit(training_step=in_turn, configure_optimizers=two_optimizers)
    told, within = quiet().explain("json", model=module), "nested: forward and backward pass run within"
    assert told["updates"] == [f"{within} the steps of several optimizers, one after the other at each batch [1.x]"]
    (line,) = [each for hook in told["hooks"] for each in hook["attached"] if each["method"] == "training_step"]
    assert line["mark"] == "1.x"
    parts = lit(training_step=lambda self, batch, batch_idx, hiddens: None)
    parts.truncated_bptt_steps = 2
    told = quiet().explain("json", model=parts)
    assert told["updates"] == [f"{within} a step for each part of a batch, 2 steps of time long [1.x]"]


@pytest.mark.parametrize(
    ("optimizers", "told", "finds"),
    [(1, {}, None), (2, {}, True), (2, {"bucket_cap_mb": 5}, True), (2, {"find_unused_parameters": False}, None)],
)
def test_processes_expect_that_a_turn_leaves_parameters_out(optimizers, told, finds):
    accelerator = SimpleNamespace(ddp_handler=None)
    trainer = SimpleNamespace(
        is_automatic=True, optimizers=[object()] * optimizers, strategy=DDPStrategy(**told), _accelerator=accelerator
    )
    let_find_unused(trainer)
    handler = accelerator.ddp_handler
    assert (None if handler is None else handler.find_unused_parameters) is finds
    assert handler is None or handler.to_kwargs() == {**told, "find_unused_parameters": True}

"""The written ``fit`` has the branches that the run takes, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.groundwire_tools.eject.made import listener, loop
from tests.groundwire_tools.eject.variants import LATER, MEMBERS, program

from groundwire_tools.eject.facts import Scheduler

STEP = MEMBERS["training_step"].replace('    self.log("train_loss", loss, on_epoch=True)\n', "")
PLAINEST = program(members=STEP, fit="model, train")
LIMITS = {"stopping_threshold": None, "divergence_threshold": None}
STOPPING = listener("EarlyStopping", "on_train_epoch_end", strict=True, check_finite=True, **LIMITS)


def test_the_plainest_run_has_the_plainest_loop() -> None:
    lines = loop(PLAINEST, validates=False)
    assert lines[lines.index("batches = train_dataloaders") + 1 :] == [
        "for _ in range(self.max_epochs):",
        "for batch_idx, batch in enumerate(batches):",
        "loss = model.training_step(batch, batch_idx)",
        "optimizer.zero_grad()",
        "loss.backward()",
        "optimizer.step()",
    ]


@pytest.mark.parametrize(
    ("settings", "changes", "line"),
    [
        ({"max_epochs": -1, "max_steps": 9}, {}, "for _ in count():"),
        ({"max_steps": 9}, {}, "if self.global_step >= 9:"),
        ({"limit_train_batches": 4}, {}, "for batch_idx, batch in enumerate(islice(batches, 4)):"),
        (
            {"limit_train_batches": 0.5},
            {},
            "for batch_idx, batch in enumerate(islice(batches, int(len(batches) * 0.5))):",
        ),
        ({}, {"batches": None}, "for batch_idx, (batch, _) in enumerate(looking_ahead(batches)):"),
        ({}, {"sets_epoch": True}, "batches.sampler.set_epoch(epoch)"),
        ({}, {"val_check_batch": 3}, "if (batch_idx + 1) % 3 == 0:"),
        ({"check_val_every_n_epoch": None}, {"val_check_batch": 3}, "if self.batches % 3 == 0:"),
        ({"check_val_every_n_epoch": 2}, {}, "if (epoch + 1) % 2 == 0:"),
        (
            {"check_val_every_n_epoch": 2},
            {"val_check_batch": 3},
            "if (batch_idx + 1) % 3 == 0 and (epoch + 1) % 2 == 0:",
        ),
        ({"limit_val_batches": 0.5}, {}, "self.validation(model, validation, int(len(validation) * 0.5))"),
        ({"num_sanity_val_steps": 5, "limit_val_batches": 3}, {}, "self.validation(model, validation, 3)"),
        ({"num_sanity_val_steps": float("inf")}, {}, "self.validation(model, validation, None)"),
        ({"num_sanity_val_steps": 0}, {}, "validation = val_dataloaders"),
    ],
)
def test_a_setting_makes_its_line(settings: dict[str, Any], changes: dict[str, Any], line: str) -> None:
    assert line in loop(None, settings, **changes)
    if settings.get("num_sanity_val_steps") != 0:
        assert line not in loop()


def test_training_draws_the_same_numbers_with_the_sanity_check() -> None:
    lines = loop()
    check = lines.index("self.validation(model, validation, 2)")
    assert lines.index("with torch.random.fork_rng():") < check < lines.index("random.setstate(states[0])")
    assert not any("fork_rng" in line for line in loop(None, {"num_sanity_val_steps": 0}))


def test_the_first_iterator_is_there_before_a_hook_draws() -> None:
    lines = loop(module=frozenset({"training_step", "on_train_start"}))
    assert lines.index("start = iter(batches)") < lines.index("model.on_train_start()")
    assert lines.count("start = iter(batches)") == 2
    assert "start = iter(batches)" not in loop()


def test_an_early_loader_tells_how_many_updates_there_will_be() -> None:
    lines = loop(None, {"accumulate_grad_batches": 2}, is_early=True)
    count = "self.estimated_stepping_batches = math.ceil(len(batches) / 2) * self.max_epochs"
    assert lines.index(count) < lines.index("optimizer = model.configure_optimizers()")


def test_a_run_that_may_stop_heeds_it_once_its_limits_allow_it() -> None:
    own = program(members=LATER)
    assert "if self.should_stop:" in loop(own)
    lines = loop(own, {"min_epochs": 2, "min_steps": 5})
    assert "if self.should_stop and epoch + 1 >= 2 and (self.global_step >= 5):" in lines
    assert not any("should_stop" in line for line in loop())


def test_monitors_are_told_behind_the_module() -> None:
    mine = listener("Mine", "on_train_epoch_end")
    module = frozenset({"training_step", "on_train_epoch_end"})
    lines = loop(program(trainer="callbacks=[]"), listeners=(STOPPING, mine), order=(0, 1), module=module)
    told = [line for line in lines if "on_train_epoch_end" in line]
    assert told == [
        "self.mine.on_train_epoch_end(self, model)",
        "model.on_train_epoch_end()",
        "self.earlystopping.on_train_epoch_end(self, model)",
    ]


def test_schedulers_of_epochs_move_before_the_validation_and_those_with_a_metric_behind_it() -> None:
    schedulers = (
        Scheduler("[1][0]", "epoch", 1, None, True),
        Scheduler("[1][1]", "epoch", 2, "val_loss", False),
    )
    lines = loop(optimizers=("[0][0]",), schedulers=schedulers)
    moved = lines.index("scheduler_1.step()"), lines.index("scheduler_2.step(self.callback_metrics['val_loss'])")
    assert moved[0] < lines.index("self.validation(model, validation)") < moved[1]
    assert "if (epoch + 1) % 2 == 0:" in lines
    assert "if 'val_loss' in self.callback_metrics:" in lines

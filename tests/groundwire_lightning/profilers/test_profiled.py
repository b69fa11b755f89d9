from typing import Any

import lightning.pytorch.profilers
import pytest

import groundwire_lightning as L
from groundwire_lightning.core.boring_classes import BoringModel
from groundwire_lightning.profilers import Profiler, SimpleProfiler

QUIET: dict[str, Any] = {
    **dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False),
    "accelerator": "cpu",
    "max_epochs": 1,
    "limit_train_batches": 2,
    "limit_val_batches": 1,
}


class Telling(Profiler):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def start(self, action_name: str) -> None:
        self.told.append(action_name)

    def stop(self, action_name: str) -> None:
        pass

    def setup(self, stage: str, local_rank: int | None = None, log_dir: str | None = None) -> None:
        self.told.append(f"setup {stage} {local_rank} {log_dir}")

    def describe(self) -> None:
        self.told.append("describe")


def hooks_at_work(profiler: Any) -> dict[str, Any]:
    """What stands in the plan during a step."""
    found: dict[str, Any] = {}

    class Net(BoringModel):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            plan = self.trainer.plan
            found.update({name: getattr(plan, name) for name in ("_run_train_step", "optimizer_step")})
            found.update(own=self.trainer.optimizer_step, attributes=set(vars(self.trainer)))
            return super().training_step(batch, batch_idx)

    L.Trainer(profiler=profiler, **QUIET).fit(Net())
    return found


def test_without_a_profiler_the_plan_holds_the_hooks_themselves() -> None:
    found = hooks_at_work(None)
    assert found["optimizer_step"] == found["own"]
    assert "optimizer_step" not in found["attributes"]


def test_with_a_profiler_the_plan_holds_the_timed_hooks() -> None:
    assert hooks_at_work(Telling())["optimizer_step"].__name__ == "hook"


def test_a_run_begins_with_setup_and_ends_with_the_report() -> None:
    profiler = Telling()
    trainer = L.Trainer(profiler=profiler, **QUIET)
    trainer.fit(BoringModel())
    assert profiler.told[0] == f"setup fit None {trainer.log_dir}"
    assert profiler.told[-1] == "describe"
    profiler.told.clear()
    trainer.validate(BoringModel(), verbose=False)
    assert profiler.told[0] == f"setup validate None {trainer.log_dir}"
    assert profiler.told.count("[_EvaluationLoop].val_next") == 1


def test_nothing_is_left_on_the_trainer_after_a_run() -> None:
    trainer = L.Trainer(profiler=Telling(), **QUIET)
    before = set(vars(trainer))
    trainer.fit(BoringModel())
    assert {name for name in set(vars(trainer)) - before if hasattr(type(trainer), name) and callable(name)} == set()
    assert "optimizer_step" not in vars(trainer)
    assert "_on_device" not in vars(trainer)


def test_an_error_leaves_no_report_and_nothing_on_the_trainer() -> None:
    class Net(BoringModel):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            raise ZeroDivisionError

    profiler = Telling()
    trainer = L.Trainer(profiler=profiler, **QUIET)
    with pytest.raises(ZeroDivisionError):
        trainer.fit(Net())
    assert "describe" not in profiler.told
    assert "optimizer_step" not in vars(trainer)


def test_what_a_subclass_overrides_is_timed_as_the_hook() -> None:
    called = []

    class Mine(L.Trainer):
        def optimizer_step(self) -> None:
            called.append("mine")
            super().optimizer_step()

    profiler = Telling()
    Mine(profiler=profiler, **QUIET).fit(BoringModel())
    assert len(called) == profiler.told.count("[LightningModule]BoringModel.optimizer_step") == 2


def test_an_overridden_hook_is_recorded_once() -> None:
    class Net(BoringModel):
        def optimizer_zero_grad(self, epoch: int, batch_idx: int, optimizer: Any) -> None:
            optimizer.zero_grad()

    profiler = SimpleProfiler()
    L.Trainer(profiler=profiler, **QUIET).fit(Net())
    assert len(profiler.recorded_durations["[LightningModule]Net.optimizer_zero_grad"]) == 2


def test_code_may_ask_its_trainer_for_the_profiler() -> None:
    class Net(BoringModel):
        def training_step(self, batch: Any, batch_idx: int) -> Any:
            with self.trainer.profiler.profile("inner"):
                return super().training_step(batch, batch_idx)

    profiler = SimpleProfiler()
    for given in (None, profiler):
        L.Trainer(profiler=given, **QUIET).fit(Net())
    assert len(profiler.recorded_durations["inner"]) == 2


def test_a_profiler_of_the_real_lightning_is_told() -> None:
    profiler = lightning.pytorch.profilers.SimpleProfiler()
    L.Trainer(profiler=profiler, **QUIET).fit(BoringModel())
    assert len(profiler.recorded_durations["run_training_batch"]) == 2


def test_a_native_callback_is_recorded_by_its_class() -> None:
    from groundwire import TrainerCallback

    class Native(TrainerCallback):
        def on_train_epoch_end(self, trainer: Any, **kwargs: Any) -> None:
            pass

    profiler = Telling()
    L.Trainer(profiler=profiler, callbacks=[Native()], **QUIET).fit(BoringModel())
    name = Native.__qualname__
    assert f"[Callback]{name}.on_train_epoch_end" in profiler.told

from types import SimpleNamespace

import pytest
from tests.groundwire_lightning.small import lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.lightning_1.conditions import where_due
from groundwire_lightning.lightning_1.epoch_ends import TrainingOutputs


def called(name, trainer):
    told = []
    where_due(trainer, name, told.append)("given")
    return told == ["given"]


def test_an_epoch_without_a_batch_has_no_end():
    outputs = TrainingOutputs()
    trainer = SimpleNamespace(_training_outputs=outputs)
    assert not called("training_epoch_end", trainer)
    outputs.take(None, trainer)
    assert called("training_epoch_end", trainer)


@pytest.mark.parametrize("requeues", [True, False])
def test_a_checkpoint_for_a_requeue_is_told_as_such(requeues):
    trainer = SimpleNamespace(_preemption=SimpleNamespace(is_requeuing=requeues))
    assert called("on_hpc_save", trainer) is requeues
    assert not called("on_hpc_save", SimpleNamespace())  # a trainer in native order


@pytest.mark.parametrize(("path", "is_one"), [("a/hpc_ckpt_3.ckpt", True), ("a/last.ckpt", False), (None, False)])
def test_a_run_that_goes_on_from_such_a_checkpoint_is_told(path, is_one):
    assert called("on_hpc_load", SimpleNamespace(ckpt_path=path)) is is_one


@pytest.mark.parametrize(("error", "ends"), [(KeyboardInterrupt(), SystemExit), (ValueError("no"), ValueError)])
def test_only_an_interrupt_of_the_keyboard_is_told_as_one(error, ends):
    told = []

    class Listens(L.Callback):
        def on_keyboard_interrupt(self, trainer, pl_module):
            told.append("interrupted")

        def on_exception(self, trainer, pl_module, exception):
            told.append(exception)

    def training_step(self, *_):
        raise error

    with pytest.raises(ends):
        quiet(max_epochs=1, callbacks=[Listens()]).fit(lit(training_step=training_step), loader())
    assert told == ([error] if ends is ValueError else ["interrupted", error])


def test_hooks_of_a_requeue_are_called_with_the_checkpoint(tmp_path):
    told = []
    methods = {
        "on_hpc_save": lambda self, checkpoint: told.append(sorted(checkpoint)[:1]),
        "on_hpc_load": lambda self, checkpoint: told.append("loaded"),
    }
    trainer = quiet(max_epochs=1, default_root_dir=tmp_path)
    trainer.fit(lit(**methods), loader())
    trainer._preemption.is_requeuing = True
    trainer.save_checkpoint(tmp_path / "hpc_ckpt_1.ckpt")
    trainer._preemption.is_requeuing = False
    trainer.save_checkpoint(tmp_path / "plain.ckpt")
    for name in ("hpc_ckpt_1", "plain"):
        quiet(max_epochs=2).fit(lit(**methods), loader(), ckpt_path=tmp_path / f"{name}.ckpt")
    assert told == [["callbacks"], "loaded"]

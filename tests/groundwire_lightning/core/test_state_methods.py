"""The hooks of saving and loading, and the checkpoint that an entry point begins from, in both frameworks."""

import pytest
from tests.groundwire_lightning.callbacks.test_model_checkpoint import LOGS
from tests.side_by_side.twins import loss_of, twins


def keep_more(self, checkpoint):
    checkpoint["more"] = 1


def keep_more_by_callback(self, trainer, module, checkpoint):
    checkpoint["of the callback"] = [1]


def test_step(self, batch, batch_idx):
    self.log("test_loss", loss_of(self, batch))


test_step.__test__ = False
STATE_OF_CALLBACK = {
    "state_dict": lambda self: {"kept": 3},
    "load_state_dict": lambda self, state: setattr(self, "kept", state),
    "on_save_checkpoint": keep_more_by_callback,
    "on_load_checkpoint": lambda self, trainer, module, checkpoint: None,
}
STATE_OF_DATA = {"state_dict": lambda self: {"read": 5}, "load_state_dict": lambda self, state: None}
STATE_OF_MODULE = {
    "on_save_checkpoint": keep_more,
    "on_load_checkpoint": lambda self, checkpoint: checkpoint.pop("more"),
    "test_step": test_step,
}


def saving(path, weights_only=None):
    def on_train_epoch_end(self, trainer, module):
        trainer.save_checkpoint(path, weights_only)

    return {**STATE_OF_CALLBACK, "on_train_epoch_end": on_train_epoch_end}


def of_three(stage, methods, **arguments):
    """A module, a data module and a callback, all with something to keep."""
    data = stage.make_data(
        {**STATE_OF_DATA, "test_dataloader": lambda data: stage.loader("test", samples=4)}, samples=6
    )
    module = stage.make_module(methods={**LOGS, **STATE_OF_MODULE})
    trainer = stage.make_trainer(callbacks=[stage.make_callback(methods=methods)], **arguments)
    return module, data, trainer


@pytest.mark.parametrize("weights_only", [None, True])
@pytest.mark.parametrize("entry", ["fit", "validate", "test"])
def test_hooks_of_saving_and_loading_come_as_in_lightning(entry, weights_only, tmp_path):
    path = tmp_path / "saved.ckpt"

    def scenario(stage):
        module, data, trainer = of_three(stage, saving(path, weights_only), max_epochs=1)
        trainer.fit(module, datamodule=data)
        module, data, trainer = of_three(stage, STATE_OF_CALLBACK, max_epochs=2)
        return getattr(trainer, entry)(module, datamodule=data, ckpt_path=path)

    twins(scenario)

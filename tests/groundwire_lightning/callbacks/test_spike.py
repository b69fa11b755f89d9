import json

import pytest
from tests.side_by_side.twins import loss_of, twins

# jumps of the loss


def jumping(self, batch, batch_idx):
    loss = loss_of(self, batch)
    if self.trainer.current_epoch == 1 and batch_idx == 3:
        return loss * self.factor
    return loss


@pytest.mark.parametrize(
    ("factor", "options"),
    [
        (1.0, {}),
        (1e4, {}),
        (float("nan"), {}),
        (1e4, {"warmup": 5}),
        (1e4, {"atol": 1e9}),
        (1e4, {"rtol": None, "atol": 1.0}),
        (-1e4, {"mode": "max"}),
    ],
    ids=str,
)
def test_a_jump_of_the_loss_ends_training_as_in_lightning(factor, options, tmp_path):
    def scenario(stage):
        folder = tmp_path / stage.L.__name__
        callback = stage.callbacks.SpikeDetection(**options)
        module = stage.make_module(methods={"training_step": jumping, "factor": factor})
        trainer = stage.make_trainer(callbacks=[callback], default_root_dir=str(folder))
        try:
            trainer.fit(module, stage.loader("train"))
            said = None
        except RuntimeError as error:
            said = type(error).__name__
        path = folder / "skip_batches.json"
        left = json.loads(path.read_text()) if path.exists() else None
        state = callback.state_dict()
        state["bad_batches_path"] = None
        return [said, left, state]

    twins(scenario, hears=False)

import pytest
from tests.side_by_side.twins import BOTH, twins

# predictions


def predict_step(self, batch, batch_idx, dataloader_idx=0):
    return {"logits": self.layers(batch[0]), "number": batch_idx}


def writer(callbacks, interval, written):
    class Writer(callbacks.BasePredictionWriter):
        def write_on_batch_end(self, trainer, module, prediction, batch_indices, batch, batch_idx, dataloader_idx):
            written.append(["batch", prediction, batch_indices, batch_idx, dataloader_idx])

        def write_on_epoch_end(self, trainer, module, predictions, batch_indices):
            written.append(["epoch", predictions, batch_indices])

    return Writer(interval)


@pytest.mark.parametrize("loaders", [1, 2])
@pytest.mark.parametrize("returned", [True, False])
@pytest.mark.parametrize("interval", ["batch", "epoch", "batch_and_epoch"])
def test_predictions_are_written_as_in_lightning(interval, returned, loaders):
    def scenario(stage):
        written = []
        module = stage.make_module(methods={**BOTH, "predict_step": predict_step})
        data = [stage.loader("val", samples=10, shuffle=False) for _ in range(loaders)]
        trainer = stage.make_trainer(callbacks=[writer(stage.callbacks, interval, written)])
        answer = trainer.predict(module, data if loaders > 1 else data[0], return_predictions=returned)
        return [written, answer]

    assert len(twins(scenario, hears=False)["answer"][0]) > 0

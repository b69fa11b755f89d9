import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import LOGS, tell
from tests.groundwire_lightning.core.test_state_methods import of_three, test_step
from tests.side_by_side.twins import twins


def test_the_counters_of_validate_and_test_are_kept_apart(tmp_path):
    def scenario(stage):
        module, data, trainer = of_three(stage, {}, max_epochs=1)
        trainer.fit(module, datamodule=data)
        trainer.validate(module, datamodule=data, verbose=False)
        trainer.validate(module, datamodule=data, verbose=False)
        trainer.test(module, datamodule=data, verbose=False)
        trainer.save_checkpoint(tmp_path / "a.ckpt")
        tell(stage, "file", torch.load(tmp_path / "a.ckpt", weights_only=True), str(tmp_path))

    twins(scenario, hears=False)


def predict_step(self, batch, batch_idx):
    return self.layers(batch[0])


@pytest.mark.parametrize("entry", ["validate", "test", "predict"])
def test_batches_of_the_other_entry_points_are_counted_on_from_a_file(entry, tmp_path):
    def scenario(stage):
        folder = tmp_path / stage.L.__name__
        methods = {**LOGS, "test_step": test_step, "predict_step": predict_step}
        more = {} if entry == "predict" else {"verbose": False}

        def run(module, trainer, path, samples):
            getattr(trainer, entry)(module, stage.loader("val", samples=samples), ckpt_path=path, **more)

        first, trainer = stage.make_module(methods=methods), stage.make_trainer(max_epochs=1)
        trainer.fit(first, stage.loader("train", samples=6), stage.loader("val", samples=6))
        run(first, trainer, None, 10)
        trainer.save_checkpoint(folder / "first.ckpt")
        trainer = stage.make_trainer()
        run(stage.make_module(methods=methods), trainer, folder / "first.ckpt", 6)
        run(trainer.lightning_module, trainer, None, 14)
        trainer.save_checkpoint(folder / "second.ckpt")
        for name in ("first.ckpt", "second.ckpt"):
            tell(stage, name, torch.load(folder / name, weights_only=True)["loops"], str(folder))

    twins(scenario, hears=False)

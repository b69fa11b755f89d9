import pytest
import torch
from tests.side_by_side.twins import BOTH, twins


def test_a_checkpoint_is_dumped_and_restored(tmp_path):
    def scenario(stage):
        module, trainer = stage.make_module(methods=BOTH), stage.make_trainer()
        trainer.fit(module, stage.loader(), stage.loader("val"))
        trainer.accelerator.setup(trainer)
        connector = trainer._checkpoint_connector
        dumped = connector.dump_checkpoint(weights_only=False)
        file = str(tmp_path / "a.ckpt")
        trainer.save_checkpoint(file)
        with torch.no_grad():
            module.layers[0].weight.zero_()
        trainer.optimizers[0].state.clear()
        connector.restore(file)
        return [dumped[name] for name in ("epoch", "global_step", "loops", "state_dict", "optimizer_states")]

    twins(scenario, hears=False)


@pytest.mark.parametrize("files", [(), ("hpc_ckpt_3.ckpt", "hpc_ckpt_11.ckpt")])
def test_the_next_checkpoint_of_a_job_has_the_next_number(files, tmp_path):
    for name in files:
        (tmp_path / name).touch()
    twins(lambda stage: stage.make_trainer()._checkpoint_connector.hpc_save_path(str(tmp_path)).rpartition("/")[2]
          and stage.trainer.fit(stage.make_module(), stage.loader()))  # fmt: skip

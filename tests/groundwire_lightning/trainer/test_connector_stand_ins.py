import importlib

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


CHOICES = [
    {},
    {"devices": 1},
    {"devices": "1", "precision": "bf16-mixed"},
    {"devices": 2},
    {"strategy": "ddp", "use_distributed_sampler": False},
]


@pytest.mark.parametrize("arguments", CHOICES)
def test_a_package_may_ask_what_a_trainer_would_make_of_its_arguments(arguments):
    answers = []
    for framework in ("lightning.pytorch", "groundwire_lightning"):
        connectors = importlib.import_module(f"{framework}.trainer.connectors.accelerator_connector")
        chosen = connectors._AcceleratorConnector(accelerator="cpu", **arguments)
        flags = [chosen._accelerator_flag, chosen._devices_flag, chosen._precision_flag, chosen._parallel_devices]
        kinds = [type(chosen.strategy).__name__, type(chosen.accelerator).__name__]
        answers.append([*flags, *kinds, chosen.is_distributed, chosen.use_distributed_sampler])
    assert answers[0] == answers[1]


def test_a_kind_of_device_that_is_none_is_refused_before_there_is_a_trainer():
    for framework in ("lightning.pytorch", "groundwire_lightning"):
        connectors = importlib.import_module(f"{framework}.trainer.connectors.accelerator_connector")
        with pytest.raises(ValueError, match="nothing"):
            connectors._AcceleratorConnector(accelerator="nothing")


def test_the_number_of_devices_is_that_of_the_machine_where_it_was_left_open():
    quiet = {"accelerator": "cpu", "logger": False, "enable_checkpointing": False}
    trainers = [
        importlib.import_module(name).Trainer(**quiet) for name in ("lightning.pytorch", "groundwire_lightning")
    ]
    assert [trainer._accelerator_connector._devices_flag for trainer in trainers] == [1, 1]

import pytest
import torch
from tests.groundwire_lightning.small import Lit, quiet

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError
from groundwire_lightning.strategies import DDPStrategy


def test_a_strategy_with_methods_of_its_own_is_refused_by_their_names():
    class Mine(DDPStrategy):
        def _setup_model(self, model):
            return model

        def barrier(self, name=None):
            return None

    with pytest.raises(NotSupportedYetError, match=r"Mine\(\): its own _setup_model, barrier would never be called"):
        L.Trainer(strategy=Mine(), accelerator="cpu")


def test_one_process_answers_for_all():
    strategy = quiet().strategy
    tensor = torch.ones(2)
    assert strategy.reduce(tensor) is tensor
    assert strategy.all_gather(tensor) is tensor
    assert strategy.broadcast({"a": 1}) == {"a": 1}
    assert strategy.reduce_boolean_decision(True) is True
    assert strategy.barrier("here") is None
    assert (strategy.root_device, strategy.is_global_zero, strategy.world_size) == (torch.device("cpu"), True, 1)
    assert strategy.batch_to_device({"a": tensor}, "meta")["a"].device.type == "meta"


def test_a_checkpoint_is_written_whole_read_and_deleted(tmp_path):
    strategy, path = quiet().strategy, tmp_path / "below" / "a.ckpt"
    strategy.save_checkpoint({"state_dict": {"a": torch.ones(1)}}, path)
    assert [file.name for file in path.parent.iterdir()] == ["a.ckpt"]
    assert strategy.load_checkpoint(path)["state_dict"]["a"] == 1
    strategy.remove_checkpoint(path)
    assert not path.exists()


def test_a_strategy_before_its_trainer_says_so():
    with pytest.raises(MisconfigurationException, match="before it was passed to a Trainer"):
        _ = DDPStrategy().root_device
    with pytest.raises(NotSupportedYetError, match=r"strategy\.connect does nothing here"):
        quiet().strategy.connect(Lit())

import torch

from groundwire_lightning.utilities.distributed import _distributed_is_initialized


def test_processes_know_of_each_other_while_there_is_a_group(tmp_path):
    assert not _distributed_is_initialized()
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    assert _distributed_is_initialized()
    torch.distributed.destroy_process_group()
    assert not _distributed_is_initialized()

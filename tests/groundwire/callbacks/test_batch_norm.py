from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire.callbacks import ConvertSyncBatchNormCallback
from groundwire.trainer import Trainer


def model_of():
    return nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1)))


def several_processes(model, device):
    config = SimpleNamespace(is_distributed=True, num_processes=2)
    return SimpleNamespace(model=model, run_config=config, device=torch.device(device))


def kinds(model):
    return [type(module) for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]


def test_all_batch_norms_are_converted_where_several_processes_train():
    model = model_of()
    parameters, buffers = list(model.parameters()), list(model.buffers())
    trainer = several_processes(model, "cuda")
    ConvertSyncBatchNormCallback().on_training_run_start(trainer)
    assert kinds(trainer.model) == [nn.SyncBatchNorm] * 2
    # the optimizer and what reduces gradients hold on to the very same tensors
    assert all(one is other for one, other in zip(trainer.model.parameters(), parameters, strict=True))
    assert all(one is other for one, other in zip(trainer.model.buffers(), buffers, strict=True))


def test_a_single_process_keeps_its_layers():
    model = model_of()
    data = TensorDataset(torch.randn(4, 1), torch.randn(4, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    Trainer(model, nn.MSELoss(), optimizer, [ConvertSyncBatchNormCallback]).train(data, 1)
    assert kinds(model) == [nn.BatchNorm1d] * 2


def test_processes_on_cpu_are_refused_before_the_first_batch():
    with pytest.raises(ValueError, match=r"2 processes is on CPU \('1' is one of 2 such layers\)"):
        ConvertSyncBatchNormCallback().on_training_run_start(several_processes(model_of(), "cpu"))


@pytest.mark.parametrize("model", [nn.Linear(1, 1), nn.SyncBatchNorm(2)])
def test_where_nothing_is_to_be_converted_processes_may_be_on_cpu(model):
    trainer = several_processes(model, "cpu")
    ConvertSyncBatchNormCallback().on_training_run_start(trainer)
    assert trainer.model is model

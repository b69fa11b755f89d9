import pytest
from torch import nn

from groundwire_lightning.strategies.layer_sync import LayerSync, TorchSyncBatchNorm


def test_batch_norms_are_replaced_and_nothing_else():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    layers = TorchSyncBatchNorm().apply(model)
    assert [type(layer) for layer in layers] == [nn.Linear, nn.SyncBatchNorm]
    assert TorchSyncBatchNorm().revert(layers) is layers


@pytest.mark.parametrize("method", ["apply", "revert"])
def test_a_way_to_share_says_how(method):
    with pytest.raises(NotImplementedError):
        getattr(LayerSync(), method)(nn.Linear(1, 1))

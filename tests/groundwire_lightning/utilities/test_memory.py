import lightning.pytorch.utilities.memory as theirs
import pytest
import torch

from groundwire_lightning.utilities import memory as ours

ERRORS = [
    RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    RuntimeError("shapes cannot be multiplied"),
    RuntimeError("CUDA out of memory", "and a second word"),
    ValueError("CUDA out of memory"),
]


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_an_error_of_memory_is_told_apart_as_by_lightning(error):
    for name in ("is_oom_error", "is_out_of_cpu_memory", "is_cudnn_snafu"):
        assert bool(getattr(ours, name)(error)) == bool(getattr(theirs, name)(error)), name


def test_tensors_of_a_tree_leave_their_graph():
    weight = torch.ones(2, requires_grad=True)
    tree = ours.recursive_detach({"a": weight * 2, "b": [weight, "text", (weight,)]}, to_cpu=True)
    assert not tree["a"].requires_grad
    assert not tree["b"][0].requires_grad
    assert tree["b"][1] == "text"
    assert type(tree["b"][2]) is tuple
    assert weight.requires_grad


def test_collecting_garbage_looks_for_circles(monkeypatch):
    calls = []
    monkeypatch.setattr("gc.collect", lambda: calls.append("collected"))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.empty_cache", lambda: calls.append("emptied"))
    ours.garbage_collection_cuda()
    assert calls == ["collected", "emptied"]

import collections
import io

import pytest
import torch

from groundwire.saved.archive import load
from groundwire.saved.unpickling import BrokenFileError

HALVES = torch.arange(6, dtype=torch.float64).reshape(2, 3)
TENSORS = {
    "several types": lambda: [
        torch.ones(2, dtype=kind) for kind in (torch.float16, torch.bfloat16, torch.int8, torch.bool)
    ],
    "a transposed one": lambda: [HALVES.T],
    "an expanded one": lambda: [torch.ones(1).expand(5)],
    "a conjugate view": lambda: [torch.tensor([1j]).conj()],
    "a parameter": lambda: [torch.nn.Parameter(torch.ones(2), requires_grad=False)],
    "a gradient that is wanted": lambda: [torch.ones(2, requires_grad=True)],
    "a sparse one": lambda: [torch.eye(3).to_sparse()],
    "rows compressed": lambda: [torch.eye(3).to_sparse_csr()],
    "nothing in it": lambda: [torch.empty(0, 3)],
}


@pytest.mark.filterwarnings("ignore:Sparse CSR")
@pytest.mark.parametrize("which", TENSORS)
def test_a_tensor_comes_back_with_type_layout_and_bits(which):
    file, tensors_of_file = io.BytesIO(), TENSORS[which]()
    torch.save(tensors_of_file, file)
    for again, tensor in zip(load(file), tensors_of_file, strict=True):
        assert type(again) is type(tensor)
        assert (again.dtype, again.layout, again.requires_grad) == (tensor.dtype, tensor.layout, tensor.requires_grad)
        assert torch.equal(again.to_dense(), tensor.to_dense())


def test_views_of_one_storage_share_it_again():
    file = io.BytesIO()
    torch.save([HALVES, HALVES[0]], file)
    whole, row = load(file)
    row.zero_()
    assert whole[0].tolist() == [0, 0, 0]


class Rebuilt:
    """A tensor that says of itself what it likes."""

    def __init__(self, offset, size, stride):
        storage = torch.storage.TypedStorage(wrap_storage=torch.UntypedStorage(8), dtype=torch.float32, _internal=True)
        self.call = torch._utils._rebuild_tensor_v2, (storage, offset, size, stride, False, collections.OrderedDict())

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("offset", "size", "stride", "said"),
    [
        (0, (3,), (1,), "beyond its bytes"),
        (1, (2,), (1,), "beyond its bytes"),
        (0, (10**10,), (0,), "too often"),
        (-1, (1,), (1,), "cannot be read"),
        (0, (1, 1), (1,), "cannot be read"),
        (0, (1.0,), (1,), "cannot be read"),
    ],
)
def test_a_tensor_stays_within_its_bytes(offset, size, stride, said):
    file = io.BytesIO()
    torch.save(Rebuilt(offset, size, stride), file)
    with pytest.raises(BrokenFileError, match=said):
        load(file)

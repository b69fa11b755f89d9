import io

import pytest
import torch

from groundwire.saved.archive import load
from groundwire.saved.tensors import StorageKind, Stored, tensors
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


BYTES = Stored(torch.UntypedStorage(8), torch.float32)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((BYTES, 0, (3,), (1,)), "beyond its bytes"),
        ((BYTES, 1, (2,), (1,)), "beyond its bytes"),
        ((BYTES, 0, (10**10,), (0,)), "too often"),
        ((BYTES, -1, (1,), (1,)), "cannot be read"),
        ((BYTES, 0, (1, 1), (1,)), "cannot be read"),
        ((BYTES, 0, (1.0,), (1,)), "cannot be read"),
    ],
)
def test_a_tensor_stays_within_its_bytes(arguments, said):
    with pytest.raises(BrokenFileError, match=said):
        tensors("cpu")["torch._utils._rebuild_tensor_v2"].make(*arguments)


def test_a_storage_class_stands_for_the_type_of_its_numbers():
    known = tensors("cpu")["torch.HalfStorage"].value
    assert isinstance(known, StorageKind)
    assert known.dtype is torch.float16

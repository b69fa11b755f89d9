import io

import pytest
import torch
from tests.groundwire.saved.pickled import of_pickle

from groundwire import CheckpointError
from groundwire.saved.unpickling import BrokenFileError, Unpickler
from groundwire_lightning.checkpoints.reading import read


@pytest.mark.parametrize(
    "opcode", [b"i__main__\nA\n.", b"\x82\x01.", b"cposix\nsystem\nb.", b"\x96" + b"\xff" * 7 + b"\x0f."]
)
def test_instructions_that_no_file_of_torch_has_are_refused(opcode):
    with pytest.raises(BrokenFileError):
        Unpickler(io.BytesIO(b"\x80\x02" + opcode), 10, {}).load()


def test_a_class_is_given_no_state():
    before = dict(vars(torch.nn.Parameter))
    data = b"\x80\x02ctorch.nn.parameter\nParameter\nN}X\x03\0\0\0newK\x01s\x86b."
    with pytest.raises(CheckpointError, match="gives a state to"):
        read(of_pickle(data))
    assert dict(vars(torch.nn.Parameter)) == before

import collections
import io
import pickle
import zipfile

import pytest
import torch
from tests.groundwire.saved.pickled import of_pickle, renamed

import groundwire
from groundwire import CheckpointError
from groundwire.saved.unpickling import Unpickler
from groundwire_lightning.checkpoints.reading import read

# what exhausts


class Calls:
    """What becomes a call as it is pickled."""

    def __init__(self, called, *arguments):
        self.what = called, arguments

    def __reduce__(self):
        return self.what


def nested(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def deep(levels):
    """A file whose values are nested deeper than pickle itself can write."""
    data = pickle.PROTO + b"\x02" + pickle.EMPTY_LIST * (levels + 1) + pickle.APPEND * levels + pickle.STOP
    return of_pickle(data)


def of_value(value):
    file = io.BytesIO()
    torch.save({"state_dict": {}, "it": value}, file)
    file.seek(0)
    return file


def repeated_key(levels):
    key = (1, 1)
    for _ in range(levels):
        key = (key, key)
    return Calls(dict, [(Key(key), 1)])


class Key:
    """A key that is hashed by the reader alone."""

    def __init__(self, key):
        self.key = key

    def __reduce__(self):
        return tuple, ([*self.key],)


def larger_than_its_storage():
    file = of_value(torch.ones(2))
    with zipfile.ZipFile(file) as records:
        data = records.read("archive/data.pkl")
    return of_pickle(data.replace(b"K\x02\x85", b"J\xff\xff\xff\x7f\x85", 1), **{"0": b"\0" * 8})


EXHAUSTING = {
    "a list of a range": lambda: of_value(Calls(list, range(10**9))),
    "a set of a range": lambda: of_value(Calls(set, range(10**9))),
    "bytes by their number": lambda: of_value(Calls(bytearray, 10**11)),
    "a counter of a range": lambda: of_value(Calls(collections.Counter, range(10**9))),
    "a size of a range": lambda: of_value(Calls(torch.Size, range(10**9))),
    "a tensor by its size": lambda: of_value(Calls(torch.Tensor, 10**11)),
    "a codec": lambda: of_value(Calls(__import__("_codecs").encode, "a" * 99, "rot13")),
    "a list copied again and again": lambda: of_value([Calls(tuple, ONE_LIST) for _ in range(3000)]),
    "a deflated bomb": lambda: of_pickle(b"\x80\x02" + b"0" * 10**8, zipfile.ZIP_DEFLATED),
    "deep nesting": lambda: deep(100_000),
    "a key that is hashed for ever": lambda: of_value(repeated_key(60)),
    "a tensor beyond its bytes": larger_than_its_storage,
}
ONE_LIST = list(range(3000))


@pytest.mark.parametrize("what", EXHAUSTING)
def test_a_file_that_would_exhaust_its_reader_ends_in_an_error(what):
    with pytest.raises(CheckpointError, match="is not a whole checkpoint"):
        read(EXHAUSTING[what]())


def test_a_file_of_nothing_wrong_passes_the_same_checks():
    assert read(of_value([ONE_LIST, nested(50), {(1, (2, 3)): 4}]))["it"][0] == ONE_LIST
    with pytest.raises(CheckpointError, match="holds a list"):
        read(deep(100))


def test_memory_that_is_short_is_no_fault_of_the_file(monkeypatch):
    def short(self):
        raise MemoryError

    monkeypatch.setattr(Unpickler, "load", short)
    with pytest.raises(MemoryError):
        read(of_value(1))


def test_a_bit_that_changed_in_a_native_checkpoint_is_noticed(tmp_path):
    trainer = groundwire.Trainer(torch.nn.Linear(3, 3), torch.nn.MSELoss(), None, callbacks=[])
    trainer.save_checkpoint(tmp_path / "a.pt")
    data = bytearray((tmp_path / "a.pt").read_bytes())
    data[data.index(trainer.model.weight.detach().numpy().tobytes())] ^= 1
    (tmp_path / "a.pt").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"a\.pt is not a whole checkpoint"):
        trainer.load_checkpoint(tmp_path / "a.pt")


def paths_of(state, above=()):
    """Where the keys of a checkpoint stand."""
    items = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    for key, value in items:
        if isinstance(state, dict):
            yield (*above, key)
        yield from paths_of(value, (*above, key))


def test_a_native_checkpoint_with_a_damaged_key_changes_nothing(tmp_path):
    def made():
        torch.manual_seed(1)
        model = torch.nn.Linear(1, 1)
        return groundwire.Trainer(
            model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), 0.1, 0.9), callbacks=[]
        )

    first, path = made(), tmp_path / "a.pt"
    first.train([(torch.ones(1), torch.ones(1))] * 2, num_epochs=1)
    first.save_checkpoint(path)
    usual = torch.load(path)
    for place in paths_of(usual):
        torch.save(renamed(usual, place), path)
        other = made()
        before = str([other.model.state_dict(), other.optimizer.state_dict()])
        try:
            other.load_checkpoint(path)
        except CheckpointError:
            assert str([other.model.state_dict(), other.optimizer.state_dict()]) == before, place
        else:
            other.train([(torch.ones(1), torch.ones(1))] * 2, num_epochs=1)

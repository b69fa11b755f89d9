"""A file runs nothing, exhausts nothing, and is noticed where a bit of it has changed."""

import collections
import enum
import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire
import groundwire_lightning as L
from groundwire import CheckpointError
from groundwire.saved.unpickling import BrokenFileError, Unpickler
from groundwire_lightning.checkpoints.reading import read
from groundwire_lightning.core.saving import from_file, load_hparams_from_yaml

HERE = Path(__file__).parent
TRAP = "open('RAN', 'w').close()\ndef run(*a, **k): pass\nclass Trap: pass\nclass Dict(dict): pass\n"


def test_no_door_imports_or_calls_what_a_file_names(tmp_path):
    (tmp_path / "trap.py").write_text(TRAP)
    paths = os.pathsep.join([".", str(HERE.parents[2] / "src"), str(HERE.parents[2] / "adapters")])
    run = subprocess.run(
        [sys.executable, HERE / "every_door.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.split() == []


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


def of_pickle(data, compression=zipfile.ZIP_STORED, **more):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as records:
        records.writestr("a/data.pkl", data)
        for name, content in more.items():
            records.writestr(f"a/data/{name}", content)
    file.seek(0)
    return file


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


# what changed


def whole(tmp_path):
    trainer = quiet(max_epochs=1)
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    return tmp_path / "a.ckpt"


@pytest.mark.parametrize("weights_only", [None, False])
def test_a_bit_that_changed_in_a_tensor_is_noticed(weights_only, tmp_path):
    path = whole(tmp_path)
    with zipfile.ZipFile(path) as records:
        weight = records.read(next(name for name in records.namelist() if name.endswith("/data/0")))
    data = bytearray(path.read_bytes())
    data[data.index(weight) + 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"a\.ckpt is not a whole checkpoint"):
        read(path, weights_only)


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


def renamed(state, path):
    """The state with another key in place of one."""
    key, *below = path
    if below:
        changed = renamed(state[key], below)
        return [*state[:key], changed, *state[key + 1 :]] if isinstance(state, list) else {**state, key: changed}
    return {f"{name}_" if name == key else name: value for name, value in state.items()}


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


GROUP = ("optimizer_states", 0, "param_groups", 0)
DAMAGED = [("loops", "fit_loop"), GROUP[:-1], (*GROUP, "lr"), (*GROUP, "params")]


@pytest.mark.parametrize("place", DAMAGED, ids=str)
def test_a_damaged_key_is_an_error_of_the_checkpoint(place, tmp_path):
    path = whole(tmp_path)
    torch.save(renamed(torch.load(path), place), path)
    with pytest.raises(CheckpointError, match=r"a\.ckpt"):
        quiet(max_epochs=2).fit(lit(), loader(), ckpt_path=path)


# objects


class Act(enum.Enum):
    RELU = "relu"
    TANH = "tanh"


class WithObjects(Lit):
    """A module that is told what only code can make."""

    def __init__(self, act=Act.RELU, rate=0.1):
        super().__init__()
        self.save_hyperparameters()


class Keeps(L.Callback):
    """A callback whose state only code can make."""

    def __init__(self):
        self.act = Act.TANH

    def state_dict(self):
        return {"act": self.act}

    def load_state_dict(self, state_dict):
        self.act = state_dict["act"]


@pytest.mark.filterwarnings("ignore")
def test_objects_in_a_file_leave_weights_and_runs_to_be_loaded(tmp_path):
    trainer = quiet(max_epochs=1, enable_checkpointing=True, default_root_dir=tmp_path)
    trainer.fit(WithObjects(Act.TANH), loader(), loader())
    path = trainer.checkpoint_callback.best_model_path
    quiet(max_epochs=2).fit(again := WithObjects(Act.TANH), loader(), ckpt_path=path)
    assert again.trainer.current_epoch == 2
    trainer.test(lit(test_step=Lit.validation_step), loader(), ckpt_path="best", verbose=False)
    with pytest.raises(
        CheckpointError, match=r"needs act \(.*\.Act\).*load_from_checkpoint\(path, act=\.\.\.\).*weights_only"
    ):
        WithObjects.load_from_checkpoint(path)
    assert WithObjects.load_from_checkpoint(path, act=Act.TANH).hparams == {"act": Act.TANH, "rate": 0.1}
    assert WithObjects.load_from_checkpoint(path, weights_only=False).hparams.act is Act.TANH


@pytest.mark.filterwarnings("ignore")
def test_the_state_of_a_callback_is_whole_or_refused(tmp_path):
    trainer = quiet(max_epochs=1, callbacks=[Keeps()])
    trainer.fit(lit(), loader())
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(CheckpointError, match=r"the state of Keeps in .*a\.ckpt needs .*\.Act"):
        quiet(max_epochs=2, callbacks=[Keeps()]).fit(lit(), loader(), ckpt_path=tmp_path / "a.ckpt")
    other = Keeps()
    other.act = None
    quiet(max_epochs=2, callbacks=[other]).fit(lit(), loader(), ckpt_path=tmp_path / "a.ckpt", weights_only=False)
    assert other.act is Act.TANH


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_written_is_left_out_by_name(tmp_path):
    trainer = quiet(max_epochs=1)
    trainer.fit(WithObjects(lambda: None), loader())
    with pytest.warns(UserWarning, match="does not hold the hyper-parameters act: they cannot be pickled"):
        trainer.save_checkpoint(tmp_path / "a.ckpt")
    assert torch.load(tmp_path / "a.ckpt")["hyper_parameters"] == {"rate": 0.1}


def test_an_override_that_returns_nothing_loads(tmp_path):
    class Own(Lit):
        def load_state_dict(self, state_dict, strict=True):
            super().load_state_dict(state_dict, strict=strict)

    assert torch.equal(
        Own.load_from_checkpoint(whole(tmp_path)).net[0].bias, read(whole(tmp_path))["state_dict"]["net.0.bias"]
    )


# hyper-parameters in files of their own


def written(tmp_path, text):
    (tmp_path / "hparams.yaml").write_text(text)
    return tmp_path / "hparams.yaml"


def test_plain_values_of_python_are_read_from_yaml(tmp_path):
    text = "a: !!python/tuple [1, 2]\nb: !!python/complex 1j\nc: &x {d: 1}\ne: *x\nf: !!python/none\n"
    assert from_file(written(tmp_path, text)) == {"a": (1, 2), "b": 1j, "c": {"d": 1}, "e": {"d": 1}, "f": None}
    assert from_file(written(tmp_path, "")) == {}


NAMING = [
    "name:os.system ''",
    "object/apply:os.system [x]",
    "module:trap ''",
    "object:enum.Enum {}",
    "object/new:a.B []",
]


@pytest.mark.parametrize("tag", NAMING)
def test_a_name_in_yaml_is_refused(tag, tmp_path):
    path = written(tmp_path, f"a: 1\nact: !!python/{tag}\n")
    for read_it in (from_file, load_hparams_from_yaml):
        with pytest.raises(CheckpointError, match=rf"names {tag.split()[0]} in line 2"):
            read_it(path)


def laughs(merged):
    lines = ["a0: &a0 {x: 1, y: 1}"]
    for level in range(40):
        value = f"{{<<: [*a{level}, *a{level}]}}" if merged else f"[*a{level}, *a{level}]"
        lines.append(f"a{level + 1}: &a{level + 1} {value}")
    return "\n".join(lines)


EXHAUSTING_YAML = {
    "aliases": laughs(merged=False),
    "merged aliases": laughs(merged=True),
    "deep nesting": "a: " + "[" * 5000 + "]" * 5000,
    "itself": "a: &a [*a]",
    "no YAML": "a: [",
    "no dictionary": "- a",
}


@pytest.mark.parametrize("what", EXHAUSTING_YAML)
def test_yaml_that_would_exhaust_its_reader_ends_in_an_error(what, tmp_path):
    with pytest.raises(CheckpointError, match=r"hparams\.yaml"):
        from_file(written(tmp_path, EXHAUSTING_YAML[what]))


def test_a_file_of_hyperparameters_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"hparams_file='.*no\.yaml': there is no such file"):
        Lit.load_from_checkpoint(whole(tmp_path), hparams_file=tmp_path / "no.yaml")


def test_a_table_of_hyperparameters_is_read_or_refused(tmp_path):
    (tmp_path / "a.csv").write_text("key,value\na,1\nb,__import__('os').system('x')\n")
    assert from_file(tmp_path / "a.csv") == {"a": 1, "b": "__import__('os').system('x')"}
    (tmp_path / "a.csv").write_text("key,value\na\n")
    with pytest.raises(CheckpointError, match=r"a\.csv"):
        from_file(tmp_path / "a.csv")

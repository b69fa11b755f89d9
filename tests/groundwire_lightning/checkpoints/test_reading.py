"""Checkpoint files that are not what they should be, or hold more than they should."""

import argparse
import collections
import os
import pathlib
import pickle

import fsspec
import numpy as np
import pytest
import torch
from lightning.fabric.utilities.data import AttributeDict
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

from groundwire import CheckpointError
from groundwire_lightning.checkpoints.reading import load_weights, read

WEIGHTS = {"net.0.weight": torch.ones(1)}


def written(path, **entries):
    torch.save({"state_dict": WEIGHTS, "pytorch-lightning_version": "2.6.6", **entries}, path)
    return path


class Bomb:
    """What writes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("weights_only", [None, True])
def test_code_in_a_file_does_not_run(weights_only, tmp_path):
    path, mark = written(tmp_path / "evil.ckpt", hyper_parameters={"net": Bomb(tmp_path / "mark")}), tmp_path / "mark"
    with pytest.raises(CheckpointError, match=r"evil\.ckpt is not loaded: it names posix\.mkdir.*weights_only=False"):
        read(path, weights_only)
    with pytest.raises(pickle.UnpicklingError):
        quiet().fit(lit(), loader(), ckpt_path=path, weights_only=weights_only)
    with pytest.raises(pickle.UnpicklingError):
        Lit.load_from_checkpoint(path, weights_only=weights_only)
    assert not mark.exists()
    read(path, weights_only=False)
    assert mark.exists()


KNOWN = {
    "a dictionary of Lightning's": AttributeDict(width=1),
    "a namespace": argparse.Namespace(width=1),
    "a path": pathlib.Path("/data") / "x",
    "a number of NumPy": np.float64(0.5),
    "an array of NumPy": np.arange(3.0),
}


def test_a_dictionary_with_a_default_keeps_it(tmp_path):
    counts = collections.defaultdict(int, a=1)
    nested = collections.defaultdict(list, {"b": [counts], "c": (counts, torch.ones(2))})
    found = read(written(tmp_path / "a.ckpt", callbacks={"Mine": {"nested": nested}}))["callbacks"]["Mine"]["nested"]
    assert found["d"] == []
    assert list(found) == ["b", "c", "d"]
    assert found["b"][0] == found["c"][0] == {"a": 1}
    assert found["b"][0]["e"] + found["c"][0]["e"] == 0
    path = written(tmp_path / "a.ckpt", callbacks={"Mine": collections.defaultdict(Lit)})
    with pytest.raises(CheckpointError, match=r"small\.Lit stands in a file and was not loaded"):
        read(path)["callbacks"]["Mine"]["new"]


@pytest.mark.parametrize("name", KNOWN)
def test_plain_things_of_lightnings_files_are_read(name, tmp_path):
    found = read(written(tmp_path / "a.ckpt", hyper_parameters={"it": KNOWN[name]}))["hyper_parameters"]["it"]
    assert np.array_equal(found, KNOWN[name]) if isinstance(found, np.ndarray) else found == KNOWN[name]


def test_an_object_of_unknown_class_is_a_stand_in_unless_the_file_is_trusted(tmp_path):
    path = written(tmp_path / "a.ckpt", hyper_parameters={"net": torch.nn.Linear(1, 1), "loss": Lit})
    held = read(path)["hyper_parameters"]
    assert repr(held["net"]) == "<torch.nn.modules.linear.Linear, not loaded>"
    assert repr(held["loss"]) == f"<{Lit.__module__}.Lit, not loaded>"
    assert isinstance(read(path, weights_only=False)["hyper_parameters"]["net"], torch.nn.Linear)


def test_a_torn_file_is_refused_by_its_name(tmp_path):
    path = written(tmp_path / "torn.ckpt")
    path.write_bytes(path.read_bytes()[:-200])
    for weights_only in (None, False):
        with pytest.raises(CheckpointError, match=r"torn\.ckpt is not a whole checkpoint"):
            read(path, weights_only)


def test_a_file_that_is_not_there_is_an_error_that_names_its_neighbours(tmp_path):
    written(tmp_path / "epoch=1.ckpt")
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at .*epoch=2\.ckpt; beside it there are epoch=1\.ckpt"):
        read(tmp_path / "epoch=2.ckpt")
    with pytest.raises(CheckpointError, match="nor the folder"):
        read(tmp_path / "nowhere" / "a.ckpt")


def test_a_file_of_something_else_is_refused(tmp_path):
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match="holds a list, not the dictionary"):
        read(tmp_path / "list.pt")
    torch.save({"model": {}}, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match="has no 'state_dict', so it is not one of Lightning's files; it holds"):
        quiet().fit(lit(), loader(), ckpt_path=tmp_path / "other.pt")


def test_the_weights_of_another_module_are_refused_with_near_misses():
    weights = {"net.0.weigth": torch.ones(4, 1), "net.0.bias": torch.ones(4), "net.2.weight": torch.ones(1, 4)}
    with pytest.raises(RuntimeError) as refused:
        load_weights(lit(), weights, strict=True, source="a.ckpt")
    for said in (
        "a.ckpt holds the weights of another module than Lit",
        "missing in it: net.0.weight. Did you mean 'net.0.weigth'?",
        "missing in it: net.2.bias.",
        "too many in it: net.0.weigth",
    ):
        assert said in str(refused.value)


def test_weights_of_another_shape_are_named_with_both():
    weights = {**lit().state_dict(), "net.0.bias": torch.ones(7)}
    with pytest.raises(CheckpointError, match=r"net\.0\.bias has the shape \(7,\) there and \(4,\) here"):
        load_weights(lit(), weights, strict=True, source="a.ckpt")


def test_a_module_that_is_not_strict_takes_what_fits(tmp_path):
    torch.save({"state_dict": {**lit().state_dict(), "more": torch.ones(1)}}, tmp_path / "a.ckpt")
    module = lit()
    module.strict_loading = False
    quiet().fit(module, loader(), ckpt_path=None)
    with pytest.raises(RuntimeError, match="too many in it: more"):
        Lit.load_from_checkpoint(tmp_path / "a.ckpt")
    with pytest.warns(UserWarning, match="has too many: more"):
        Lit.load_from_checkpoint(tmp_path / "a.ckpt", strict=False)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    trainer = quiet()
    trainer.fit(lit(), loader())
    with pytest.raises(CheckpointError, match=r"file/a\.ckpt cannot be written"):
        trainer.save_checkpoint(tmp_path / "file" / "a.ckpt")


def test_a_file_elsewhere_is_read_from_its_url():
    with fsspec.open("memory://reading/a.ckpt", "wb") as file:
        torch.save({"state_dict": {}, "epoch": 3}, file)
    assert read("memory://reading/a.ckpt")["epoch"] == 3
    with pytest.raises(FileNotFoundError, match=r"no checkpoint at memory://reading/b\.ckpt"):
        read("memory://reading/b.ckpt")


def test_a_store_that_nothing_speaks_with_is_named():
    with pytest.raises(CheckpointError, match=r"nosuch://bucket/a\.ckpt cannot be reached.*nosuch"):
        read("nosuch://bucket/a.ckpt")

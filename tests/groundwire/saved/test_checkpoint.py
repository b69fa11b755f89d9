import os
import pickle
import stat

import numpy as np
import pytest
import torch
from tests.groundwire.runs import data, equal, network, step_lr, trainer_for, weights
from torch import nn

from groundwire import CheckpointError, Trainer
from groundwire.saved import checkpoint


def trained(**kwargs):
    trainer = trainer_for(**kwargs)
    trainer.optimizer = torch.optim.SGD(trainer.model.parameters(), lr=0.1, momentum=0.9)
    trainer.train(data(4), 2, create_scheduler_fn=step_lr)
    return trainer


def momenta(trainer):
    return [state["momentum_buffer"] for state in trainer.optimizer.state_dict()["state"].values()]


# Save and load.


def test_model_optimizer_and_scheduler_come_back(tmp_path):
    one, other = trained(), trained()
    one.train(data(4), 1, create_scheduler_fn=step_lr)
    one.save_checkpoint(tmp_path / "model.pt")
    returned = other.load_checkpoint(tmp_path / "model.pt")
    assert set(returned) == {"model_state_dict", "optimizer_state_dict", "scheduler_state_dict"}
    assert equal(weights(one.model), weights(other.model))
    assert equal(momenta(one), momenta(other))
    assert other.scheduler.state_dict() == one.scheduler.state_dict()


@pytest.mark.parametrize("optimizer", [True, False])
@pytest.mark.parametrize("scheduler", [True, False])
def test_optimizer_and_scheduler_can_be_left_out_of_the_file(tmp_path, optimizer, scheduler):
    trained().save_checkpoint(tmp_path / "model.pt", save_optimizer=optimizer, save_scheduler=scheduler)
    held = torch.load(tmp_path / "model.pt", weights_only=True)
    assert ("optimizer_state_dict" in held, "scheduler_state_dict" in held) == (optimizer, scheduler)
    trainer = trained()
    before = trainer.optimizer.state_dict()
    trainer.load_checkpoint(tmp_path / "model.pt")
    assert trainer.optimizer.state_dict().keys() == before.keys()


@pytest.mark.parametrize("optimizer", [True, False])
@pytest.mark.parametrize("scheduler", [True, False])
def test_optimizer_and_scheduler_can_be_left_as_they_are(tmp_path, optimizer, scheduler):
    one, other = trained(), trained()
    one.train(data(2), 3, create_scheduler_fn=step_lr)
    one.save_checkpoint(tmp_path / "model.pt")
    other.load_checkpoint(tmp_path / "model.pt", load_optimizer=optimizer, load_scheduler=scheduler)
    assert equal(weights(one.model), weights(other.model))
    assert equal(momenta(one), momenta(other)) == optimizer
    assert (one.scheduler.state_dict() == other.scheduler.state_dict()) == scheduler


def test_entries_of_ones_own_are_kept_and_returned(tmp_path):
    mine = {"epoch": 3, "score": 0.5, "names": ["a", "b"], "mean": torch.ones(2)}
    trainer = trained()
    trainer.save_checkpoint(tmp_path / "model.pt", checkpoint_kwargs=mine)
    loaded = trainer.load_checkpoint(tmp_path / "model.pt")
    assert {name: loaded[name] for name in ("epoch", "score", "names")} == {
        "epoch": 3,
        "score": 0.5,
        "names": ["a", "b"],
    }
    assert torch.equal(loaded["mean"], torch.ones(2))


@pytest.mark.parametrize("save_per_node", [True, False])
def test_a_trainer_that_never_ran_can_be_saved_and_loaded(tmp_path, save_per_node):  # B47
    trainer_for().save_checkpoint(tmp_path / "model.pt", save_per_node=save_per_node)
    other = trainer_for()
    nn.init.zeros_(other.model[0].weight)
    other.load_checkpoint(str(tmp_path / "model.pt"))
    assert equal(weights(other.model), weights(network()))


def test_a_model_without_an_optimizer_can_be_saved_and_loaded(tmp_path):
    model = network()
    Trainer(model, None, None, callbacks=()).save_checkpoint(tmp_path / "model.pt")
    assert list(torch.load(tmp_path / "model.pt", weights_only=True)) == ["model_state_dict"]
    trained().save_checkpoint(tmp_path / "model.pt")
    Trainer(model, None, None, callbacks=()).load_checkpoint(tmp_path / "model.pt")


def test_folders_are_made(tmp_path):
    trainer_for().save_checkpoint(tmp_path / "deep" / "down" / "model.pt")
    assert (tmp_path / "deep" / "down" / "model.pt").is_file()


# torch.compile.


def compiled(model=None):
    return torch.compile(network() if model is None else model, backend="eager")


def partly(part):
    model = network()
    model[0] = part(model[0])
    return model


@pytest.mark.parametrize("model", [compiled(), partly(compiled)], ids=["whole", "a part of it"])
def test_names_are_saved_without_what_compilation_adds_and_loaded_either_way(tmp_path, model):
    trainer = trainer_for(model)
    trainer.save_checkpoint(tmp_path / "model.pt")
    held = torch.load(tmp_path / "model.pt", weights_only=True)["model_state_dict"]
    assert list(held) == list(network().state_dict())
    plain = trainer_for(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)))
    plain.load_checkpoint(tmp_path / "model.pt")
    assert equal(weights(plain.model), weights(network()))
    nn.init.zeros_(next(trainer.model.parameters()))
    trainer.load_checkpoint(tmp_path / "model.pt")
    assert equal(weights(trainer.model), weights(network()))


def test_a_file_with_names_of_a_compiled_model_is_read(tmp_path):
    torch.save({"model_state_dict": compiled().state_dict()}, tmp_path / "model.pt")
    trainer = trainer_for(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)))
    trainer.load_checkpoint(tmp_path / "model.pt")
    assert equal(weights(trainer.model), weights(network()))


# Whole or not at all.


def left_in(folder):
    return sorted(file.name for file in folder.iterdir())


class Bomb:
    """Cannot be pickled."""

    def __reduce__(self):
        raise RuntimeError("not me")


@pytest.mark.parametrize(
    ("entry", "said"),
    [(Bomb(), "not me"), (object(), "plain Python values"), (np.float64(1.0), "plain Python values")],  # B33
    ids=["cannot be saved", "could not be loaded", "a NumPy number"],
)
def test_what_could_not_be_loaded_again_is_refused_and_the_old_file_stays(tmp_path, entry, said):
    trainer, path = trainer_for(), tmp_path / "model.pt"
    trainer.save_checkpoint(path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"model\.pt is not written") as caught:
        trainer.save_checkpoint(path, checkpoint_kwargs={"mine": entry})
    assert said in str(caught.value)
    assert path.read_bytes() == before
    assert left_in(tmp_path) == ["model.pt"]


@pytest.mark.parametrize("when", ["fsync", "replace"])
def test_a_file_system_that_fails_leaves_the_old_file(tmp_path, monkeypatch, when):
    trainer, path = trainer_for(), tmp_path / "model.pt"
    trainer.save_checkpoint(path)
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, when, full)
    with pytest.raises(CheckpointError, match=r"model\.pt cannot be written: .*No space left"):
        trainer.save_checkpoint(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert left_in(tmp_path) == ["model.pt"]


def test_a_write_that_is_interrupted_leaves_the_old_file(tmp_path, monkeypatch):
    trainer, path = trainer_for(), tmp_path / "model.pt"
    trainer.save_checkpoint(path)
    before = path.read_bytes()

    def interrupted(state, file):
        file.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainer.save_checkpoint(path)
    assert path.read_bytes() == before
    assert left_in(tmp_path) == ["model.pt"]


def test_at_no_time_is_there_a_part_of_a_file(tmp_path, monkeypatch):
    trainer, path = trainer_for(), tmp_path / "model.pt"
    trainer.save_checkpoint(path)
    seen, save = [], torch.save

    def watched(state, file):
        save(state, file)
        file.flush()
        seen.append(checkpoint.read(path).keys())

    monkeypatch.setattr(torch, "save", watched)
    trainer.save_checkpoint(path, {"new": 1})
    assert ["new" in keys for keys in seen] == [False]
    assert "new" in checkpoint.read(path)


@pytest.mark.parametrize(
    "place", ["a file/model.pt", "a file/deeper/model.pt", "a folder"], ids=["below a file", "far below", "a folder"]
)
def test_a_path_that_cannot_be_written_is_named(tmp_path, place):
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "a folder").mkdir()
    with pytest.raises(CheckpointError, match="cannot be written") as caught:
        trainer_for().save_checkpoint(tmp_path / place)
    assert str(tmp_path / place) in str(caught.value)
    assert left_in(tmp_path) == ["a file", "a folder"]
    assert left_in(tmp_path / "a folder") == []


@pytest.mark.skipif(os.name != "posix", reason="other systems have other rights")
def test_a_file_has_the_rights_that_files_have(tmp_path):
    (tmp_path / "usual").touch()
    trainer_for().save_checkpoint(tmp_path / "model.pt")
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "model.pt")]
    assert rights[0] == rights[1]


# What is no checkpoint, or not one of this model.


class Runs:
    """Runs code where it is unpickled without care."""

    def __reduce__(self):
        return print, ("this must not run",)


def torn(path):
    trainer_for().save_checkpoint(path)
    path.write_bytes(path.read_bytes()[:-200])


FOREIGN = {
    "torn": (torn, "is not a whole checkpoint"),
    "empty": (lambda path: path.touch(), "is not a whole checkpoint"),
    "a text": (lambda path: path.write_text("weights"), "is not a whole checkpoint"),
    "code": (lambda path: torch.save({"model_state_dict": Runs()}, path), "more than tensors and plain values"),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps(Runs(), protocol=2)), "is not a whole checkpoint"),
    "a list": (lambda path: torch.save([1, 2], path), "holds a list, not the dictionary"),
    "bare weights": (
        lambda path: torch.save(dict(network().state_dict()), path),
        "has no 'model_state_dict'; it holds '0.weight', '0.bias'",
    ),
    "an empty dictionary": (lambda path: torch.save({}, path), "it holds nothing"),
    "missing": (lambda path: None, "there is no checkpoint at"),
    "a folder": (lambda path: path.mkdir(), "there is no checkpoint at"),
}


@pytest.mark.parametrize(("make", "said"), FOREIGN.values(), ids=list(FOREIGN))
def test_what_is_no_checkpoint_is_refused_by_name(tmp_path, capsys, make, said):
    make(tmp_path / "model.pt")
    trainer = trainer_for()
    with pytest.raises(CheckpointError, match=said) as caught:
        trainer.load_checkpoint(tmp_path / "model.pt")
    assert str(tmp_path / "model.pt") in str(caught.value)
    assert equal(weights(trainer.model), weights(network()))
    assert capsys.readouterr().out == ""


OTHERS = {
    "another shape": nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
    "fewer layers": nn.Sequential(nn.Linear(3, 4)),
    "more layers": nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1), nn.Linear(1, 1)),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_the_checkpoint_of_another_model_is_told_apart_and_changes_nothing(tmp_path, other):
    optimizer = torch.optim.SGD([other[0].weight, other[0].bias], lr=7.0)
    Trainer(other, None, optimizer, callbacks=()).save_checkpoint(tmp_path / "model.pt")
    trainer = trainer_for()
    with pytest.raises(CheckpointError, match=r"holds the weights of another model than Sequential") as caught:
        trainer.load_checkpoint(tmp_path / "model.pt", load_optimizer=False)
    assert str(tmp_path / "model.pt") in str(caught.value)
    with pytest.raises(
        CheckpointError, match=r"optimizer whose groups have \[2\] parameters; those of this SGD have \[4\]"
    ):
        trainer.load_checkpoint(tmp_path / "model.pt")
    assert equal(weights(trainer.model), weights(network()))
    assert trainer.optimizer.param_groups[0]["lr"] == 0.1


ENTRY_POINTS = {
    "save_checkpoint": "save_path",
    "load_checkpoint": "checkpoint_path",
    "save_training_state": "output_dir",
    "load_training_state": "input_dir",
}


@pytest.mark.parametrize(("method", "parameter"), ENTRY_POINTS.items())
@pytest.mark.parametrize("value", [3, None, b"x", ["a"]])
def test_what_is_no_path_is_refused_by_name(method, parameter, value):
    with pytest.raises(TypeError, match=f"^{parameter}: a path is due, got"):
        getattr(trainer_for(), method)(value)


@pytest.mark.parametrize("method", ["save_checkpoint", "save_training_state"])
@pytest.mark.parametrize("value", [3, "entry", [1], {1: 2}])
def test_further_entries_have_names(tmp_path, method, value):
    with pytest.raises(TypeError, match=r"^checkpoint_kwargs: a dictionary of further entries is due, got"):
        getattr(trainer_for(), method)(tmp_path / "it", value)


def test_a_further_entry_does_not_take_the_place_of_the_weights(tmp_path):
    with pytest.raises(ValueError, match=r"^checkpoint_kwargs: 'model_state_dict' .*has already"):
        trainer_for().save_checkpoint(tmp_path / "m.pt", {"model_state_dict": {}})
    assert not (tmp_path / "m.pt").exists()


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder"):
        trainer_for().load_checkpoint(tmp_path)


def test_a_checkpoint_is_written_to_a_url_and_read_from_it():
    checkpoint.write("memory://native/model.pt", {"model_state_dict": {"weight": torch.ones(2)}})
    assert torch.equal(checkpoint.read("memory://native/model.pt")["model_state_dict"]["weight"], torch.ones(2))
    with pytest.raises(CheckpointError, match=r"no checkpoint at memory://native/other\.pt"):
        checkpoint.read("memory://native/other.pt")


def test_what_could_not_be_loaded_safely_is_not_written_to_a_url_either():
    with pytest.raises(CheckpointError, match="could not be loaded safely"):
        checkpoint.write("memory://native/unsafe.pt", {"a": checkpoint.write})
    with pytest.raises(CheckpointError, match="no checkpoint"):
        checkpoint.read("memory://native/unsafe.pt")

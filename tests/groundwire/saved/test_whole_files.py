import multiprocessing
import os
import signal

import pytest
import torch

from groundwire.saved import checkpoint
from groundwire.saved.whole_files import clear, workplace

LEFT = f".model.pt.{'0f' * 16}"
OPERATIONS = ["mkdir", "open", "fsync", "replace", "rmdir", "unlink"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_workplace_is_gone_afterwards_also_after_an_error(tmp_path):
    with workplace(tmp_path / "model.pt") as folder:
        (folder / "part").write_text("half")
    assert names(tmp_path) == []
    with pytest.raises(KeyError), workplace(tmp_path / "model.pt") as folder:
        raise KeyError
    assert names(tmp_path) == []


def test_what_is_in_use_is_not_cleared_away(tmp_path):
    with workplace(tmp_path / "model.pt") as one, workplace(tmp_path / "model.pt") as other:
        clear(tmp_path, ".*")
        assert one.is_dir()
        assert other.is_dir()
        assert one != other


@pytest.mark.parametrize(
    ("name", "stays"),
    [(LEFT, False), (LEFT.replace("model", "other"), True), (".model.pt.0f", True), (LEFT[1:], True)],
)
def test_only_folders_of_that_name_are_cleared_away(tmp_path, name, stays):
    (tmp_path / name).mkdir()
    (tmp_path / f"{LEFT}0").write_text("mine")
    clear(tmp_path, r"model\.pt")
    assert (tmp_path / name).is_dir() == stays
    assert (tmp_path / f"{LEFT}0").is_file()


def test_a_folder_that_does_not_exist_has_nothing_to_clear(tmp_path):
    clear(tmp_path / "none", ".*")
    assert names(tmp_path) == []


def write_and_die(folder, operation, occurrence, with_folder):
    """Write a checkpoint in a process that is killed as it is about to do something for the nth time."""
    count, do = [0], getattr(os, operation)

    def dies(*args, **kwargs):
        count[0] += 1
        if count[0] == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*args, **kwargs)

    setattr(os, operation, dies)
    checkpoint.write(folder / "step_2" / "state.pt", {"step": 2}, with_folder=with_folder)


@pytest.mark.skipif(os.name != "posix", reason="kills")
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("occurrence", [1, 2])
def test_a_writer_that_is_killed_leaves_a_whole_folder_or_none_and_nothing_for_ever(tmp_path, operation, occurrence):
    context = multiprocessing.get_context("fork")
    process = context.Process(target=write_and_die, args=(tmp_path, operation, occurrence, True))
    process.start()
    process.join(20)
    assert not (tmp_path / "step_2").exists() or checkpoint.read(tmp_path / "step_2" / "state.pt") == {"step": 2}
    checkpoint.write(tmp_path / "step_2" / "state.pt", {"step": 3}, with_folder=True)
    assert names(tmp_path) == ["step_2"]
    assert names(tmp_path / "step_2") == ["state.pt"]
    assert checkpoint.read(tmp_path / "step_2" / "state.pt") == {"step": 3}


def test_a_folder_that_cannot_be_made_whole_is_not_made(tmp_path):
    with pytest.raises(checkpoint.CheckpointError):
        checkpoint.write(tmp_path / "step_2" / "state.pt", {"step": torch.nn.ReLU}, with_folder=True)
    assert names(tmp_path) == []

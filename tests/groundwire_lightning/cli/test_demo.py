from __future__ import annotations

import subprocess
import sys

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    command = "import sys; from groundwire.cli import main; sys.exit(main(['demo', '--log-dir', 'digits']))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False, cwd=folder)
    return done, folder


def test_the_demo_finds_the_three_ways_bit_equal(demo):
    done, _ = demo
    assert done.returncode == 0, done.stderr
    assert "are bit-equal" in done.stdout


def test_the_demo_shows_the_rows_in_use_and_how_to_look_at_the_events(demo):
    done, _ = demo
    assert "LitDigits.training_step" in done.stdout
    assert "--logdir digits" in done.stdout


def test_the_test_accuracy_is_that_of_a_trained_classifier(demo):
    done, _ = demo
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("test acc.")]
    accuracies = [float(word) for word in line.split()[2:]]
    assert len(accuracies) == 3
    assert min(accuracies) >= 0.95


@pytest.mark.parametrize("way", ["native", "lightning", "mixed"])
def test_every_way_writes_a_loss_for_every_epoch(demo, way):
    _, folder = demo
    events = EventAccumulator(str(folder / "digits" / way))
    events.Reload()
    tags = events.Tags()["scalars"]
    losses = [tag for tag in tags if "train_loss" in tag and "step" not in tag]
    assert losses
    assert len(events.Scalars(losses[0])) == 15


def test_missing_scikit_learn_is_named(monkeypatch, capsys):
    import importlib.util

    from groundwire_lightning.cli import demo as module

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sklearn" else found(name))
    assert module.main([]) == 2
    assert "groundwire[examples]" in capsys.readouterr().err


def test_every_demo_writes_into_a_folder_of_its_own(tmp_path):
    from groundwire_lightning.cli.demo import new_folder

    assert new_folder(tmp_path) == tmp_path / "digits-1"
    (tmp_path / "digits-1").mkdir()
    assert new_folder(tmp_path) == tmp_path / "digits-2"

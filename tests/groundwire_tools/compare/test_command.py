"""The command: what it cannot do is said at once; programs under Lightning and under groundwire, in processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundwire.testing import Record
from groundwire_tools.compare.command import main

ROOT = Path(__file__).parents[3]
PROGRAM = """
import os, random, sys, time
import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).square().mean()
        {step}
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), float(sys.argv[1]))


if __name__ == "__main__":
    is_ours = "groundwire" in L.LightningModule.__module__
    L.seed_everything(1)
    {start}
    quiet = {{"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}}
    trainer = L.Trainer(max_epochs=2, logger=CSVLogger("."), log_every_n_steps=1, **quiet)
    trainer.fit(Net(), DataLoader(TensorDataset(torch.randn(16, 3)), batch_size=4, {loader}))
    {end}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(ROOT / name) for name in ("src", "adapters")))
    (tmp_path / "torn.py").write_text("import lightning\ndef (", "utf-8")
    (tmp_path / "golden.zip").write_text("no zip", "utf-8")
    return tmp_path


def names() -> set[str]:
    return {path.name for path in Path().iterdir()}


def write(here: Path, **parts: str) -> None:
    parts = {"step": "pass", "start": "pass", "loader": "", "end": "pass", **parts}
    (here / "train.py").write_text(PROGRAM.format(**parts), "utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a script, -m MODULE or -c CODE is due"),
        (["nowhere.py"], "nowhere.py cannot be read: No such file"),
        (["torn.py"], "torn.py:2: this cannot be parsed: invalid syntax"),
        (["-"], "cannot come from stdin"),
        (["--steps", "0", "torn.py"], "1 step or more is due"),
        (["--rtol", "2", "torn.py"], "a share from 0 up to 1 is due"),
        (["--only", "loss", "torn.py"], "there is no 'loss' among losses, optimizer steps"),
        (["--colour", "torn.py"], "unrecognized arguments: --colour"),
        (["--export", ".", "-c", "pass"], ". cannot be written: it is a folder"),
        (["--html", "nowhere/x", "-c", "pass"], "nowhere/x cannot be written: there is no such folder"),
        (["--against", "golden.zip", "--time", "-c", "pass"], "--time has no sense with --against"),
        (["--against", "golden.zip", "-c", "pass"], "golden.zip is no record of a run"),
        (["--against", "nowhere.zip", "-c", "pass"], "nowhere.zip cannot be read"),
        (["-c", "import sys; sys.exit(3)"], "called no Trainer of Lightning's; the program ended with exit code 3"),
        (["-m", "nowhere.at.all"], "there is no module nowhere.at.all"),
        (["-c", "import nowhere"], "Lightning crashed: exit code 1 after 0 optimizer steps, 0 hook calls"),
    ],
)
def test_what_cannot_be_done_is_said_and_is_code_2(
    words: list[str], told: str, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capfd.readouterr()
    assert told in out + err
    assert "Traceback" not in err  # which is that of the program, and on stdout


def test_help_shows_an_example_and_waits_for_nothing(here: Path) -> None:
    program = (
        "import sys; from groundwire_tools.compare.command import main; main(['--help']); print('torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "groundwire compare train.py --epochs 3" in ran.stdout
    assert ran.stdout.endswith("False\n")


def test_equal_runs_and_a_golden_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here)
    before = names()
    assert main(["--export", "run.zip", "--html", "run.html", "train.py", "0.1"]) == 0
    assert "train.py: Lightning 2.6.6 and groundwire\nequal\n" in capsys.readouterr().out.replace("  ", " ")
    assert names() == {*before, "run.zip", "run.html"}
    golden = Record.of_file("run.zip")
    assert set(golden.files or {}) == {
        f"lightning_logs/version_0/{name}" for name in ("metrics.csv", "checkpoints/epoch=1-step=8.ckpt")
    }
    assert list(golden.weights) == ["layer.weight", "layer.bias"]
    assert "<svg" in Path("run.html").read_text("utf-8")

    assert main(["--against", "run.zip", "--steps", "3", "train.py", "0.2"]) == 1
    out = capsys.readouterr().out
    assert (
        "optimizer steps: SGD 0 learning rate of group 0, step 1, after 0 optimizer steps, last hook Net.training_step"
        in out
    )
    assert "warning: compared up to step 3, without files" in out


def test_different_runs_and_lightning_run_twice(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        here, start="Net.factor = 1.5 if is_ours else 1.0", step="loss = loss * (self.factor if batch_idx == 2 else 1)"
    )
    assert main(["train.py", "0.1"]) == 1
    out = capsys.readouterr().out
    assert (
        "the first place is\nlosses: loss, backward pass 3, after 2 optimizer steps, last hook Net.training_step" in out
    )
    assert out.endswith("two runs under Lightning 2.6.6 are equal\n")


def test_a_side_that_crashes_is_told_with_how_far_it_got(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, step="assert batch_idx < 2 or 'groundwire' not in L.LightningModule.__module__, 'no'")
    assert main(["train.py", "0.1"]) == 2
    out = capsys.readouterr().out
    assert out.startswith("groundwire crashed: exit code 1 after 2 optimizer steps")
    assert "until then the two were equal" in out
    assert "AssertionError: no" in out


# whole programs, which take their time


@pytest.mark.slow
@pytest.mark.parametrize(
    "parts",
    [
        {"end": "os._exit(5)"},
        {"start": "os.makedirs('deep'); os.chdir('deep')", "end": "sys.exit('over')"},
        {"end": "if os.fork() == 0:\n        sys.exit(3)\n    os.wait()"},
        {"start": "L.Trainer.save_checkpoint = lambda *_, **__: None"},
        {"loader": "num_workers=2, shuffle=True"},
    ],
)
def test_programs_that_end_or_begin_in_their_own_way_are_equal(
    parts: dict[str, str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, **parts)
    before = names()
    assert main(["train.py", "0.1"]) == 0, capsys.readouterr().out
    assert names() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", ["torch.manual_seed(time.time_ns() % 2**31)", "open('when', 'w').write(str(time.time()))"]
)
def test_a_program_that_is_not_repeatable_is_told(start: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here, start=start)
    assert main(["train.py", "0.1"]) == 1
    assert "not repeatable under Lightning 2.6.6 itself: two runs of it differ, first at" in capsys.readouterr().out


@pytest.mark.slow
def test_the_time_a_step_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here)
    assert main(["--time", "--steps", "8", "-m", "train", "0.1"]) == 0
    assert "(medians over 6 paired steps)" in capsys.readouterr().out


@pytest.mark.slow
def test_a_program_that_imports_the_adapter_itself_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here)
    text = Path("train.py").read_text("utf-8").replace("lightning.pytorch", "groundwire_lightning")
    Path("train.py").write_text(text.replace("import lightning as", "import groundwire_lightning as"), "utf-8")
    assert main(["train.py", "0.1"]) == 2
    assert "the program imports groundwire_lightning itself" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() == 0, reason="for root, every folder can be written")
def test_a_folder_that_cannot_be_written_is_no_hindrance(here: Path) -> None:
    write(here)
    text = Path("train.py").read_text("utf-8").replace('CSVLogger(".")', "False, enable_checkpointing=False")
    Path("train.py").write_text(text, "utf-8")
    here.chmod(0o555)
    assert main(["train.py", "0.1"]) == 0

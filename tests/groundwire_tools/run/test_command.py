"""The command: its words and the program's, its exit codes, its report, and that it loads little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tests.groundwire_tools.run.launched import launched

from groundwire_tools.run.command import divided, main
from groundwire_tools.run.program import Program


@pytest.mark.parametrize(
    ("line", "own", "program"),
    [
        ("a.py -v", "", Program("script", "a.py", ("-v",))),
        ("-v --as 2.0 a.py --as 1", "-v --as 2.0", Program("script", "a.py", ("--as", "1"))),
        ("--report r.json -m p.q x", "--report r.json", Program("-m", "p.q", ("x",))),
        ("--as=2.0 -c pass -m", "--as=2.0", Program("-c", "pass", ("-m",))),
        ("--strict - a", "--strict", Program("-", "", ("a",))),
        ("-- -odd.py a", "", Program("script", "-odd.py", ("a",))),
        ("-v", "-v", None),
        ("-m", "", None),
        ("--report", "--report", None),
    ],
)
def test_the_line_is_divided_where_the_program_begins(line: str, own: str, program: Program | None) -> None:
    assert divided(line.split()) == (own.split(), program)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "a script, -m MODULE, -c CODE or - is due"),
        (["nowhere.py"], "there is no nowhere.py"),
        (["-m", "nowhere.at.all"], "there is no module nowhere.at.all"),
        (["."], "there is no __main__.py in ."),
        (["--as", "new", "-c", "pass"], "'new' is no version of Lightning"),
        (["--report", ".", "-c", "pass"], "--report .: Is a directory"),
        (["--report", "nowhere/r.json", "-c", "pass"], "--report nowhere/r.json: No such file"),
        (["--colour", "p.py"], "unrecognized arguments: --colour"),
    ],
)
def test_what_cannot_be_done_is_said_and_is_code_2(words: list[str], told: str, tmp_path: Path) -> None:
    ran = launched(tmp_path, *words)
    assert told in ran.stderr
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "groundwire run train.py --epochs 3" in capsys.readouterr().out


def test_a_program_that_asks_nothing_waits_for_nothing(tmp_path: Path) -> None:
    source = "import os, sys; os.chdir('..'); print({'torch', 'groundwire_lightning'} & set(sys.modules))"
    ran = launched(tmp_path, "--report", "r.json", "-c", source)
    assert (ran.returncode, ran.stdout) == (0, "set()\n")
    told = "no Trainer was called in this process; nothing with another meaning; nothing lacking or refused"
    assert ran.stderr == f"groundwire run: {told}\n"
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["as_lightning"] == "2.6.6"


def test_a_fork_that_runs_to_the_end_tells_nothing(tmp_path: Path) -> None:
    ran = launched(tmp_path, "-c", "import os\nif (child := os.fork()):\n    os.waitpid(child, 0)\nprint('over')")
    assert (ran.stdout, ran.stderr.count("groundwire run:")) == ("over\nover\n", 1)


LACKING = """
try:
    from lightning.pytorch import serve
except ImportError:
    pass
import pytorch_lightning as pl
print(pl.__version__)
def main():
    pl.Trainer().nothing
main()
"""


def test_names_that_are_lacking_raise_where_they_are_used_and_are_in_the_report(tmp_path: Path) -> None:
    ran = launched(tmp_path, "-v", "--as", "1.9.5", "--report", "r.json", "p.py", files={"p.py": LACKING})
    assert (ran.returncode, ran.stdout) == (1, "1.9.5\n")
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert (report["program"], report["exit_code"], report["as_lightning"]) == ("p.py", 1, "1.9.5")
    places = [(line["code"], Path(line["place"]).name) for line in report["findings"]]
    assert places == [("GW301", "p.py:3"), ("GW307", "p.py:9")]
    assert "there is no server" in ran.stderr
    assert ran.stderr.count(f'File "{tmp_path}/p.py"') == 2


# each is refused, or would be left out, and the program goes on all the same
CAUGHT = """
import contextlib
import lightning as L
from lightning.pytorch.demos.boring_classes import BoringModel
less = dict.fromkeys(["logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"], False)
quiet = dict(accelerator="cpu", max_steps=1, **less)
class Old(BoringModel):
    def training_end(self, outputs): ...
    def train_dataloader(self):
        print("read data")
        return super().train_dataloader()
for use in (lambda: L.Fabric(), lambda: L.Trainer(num_nodes=2, **quiet), lambda: L.Trainer(**quiet).fit(Old())):
    with contextlib.suppress(Exception):
        use()
print("over")
"""
IN_IT = [
    ("GW308", "Fabric has no counterpart here", "p.py:12"),
    ("GW308", "Instead: groundwire run -m torch.distributed.run --nproc_per_node 1 --nnodes 2 p.py", "p.py:12"),
    ("GW102", "Trainer(accelerator=): ", "p.py:12"),
    ("GW201", "Old.training_end: ", "p.py:8"),
]


@pytest.mark.parametrize(("strict", "printed", "code"), [([], "read data\nover\n", 0), (["--strict"], "over\n", 1)])
def test_what_a_program_catches_is_in_the_report(strict: list[str], printed: str, code: int, tmp_path: Path) -> None:
    ran = launched(tmp_path, *strict, "-v", "--report", "r.json", "p.py", files={"p.py": CAUGHT})
    assert (ran.returncode, ran.stdout) == (code, printed)
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert report["exit_code"] == code
    assert [(line["code"], line["place"]) for line in report["findings"]] == [(code, place) for code, _, place in IN_IT]
    for line, (number, text, place) in zip(report["findings"], IN_IT, strict=True):
        assert text in line["text"]
        assert f"  {number} {line['text']} ({place})" in ran.stderr


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody can write into")
@pytest.mark.parametrize(("words", "code"), [([], 0), (["--report", "r.json"], 2)])
def test_a_folder_that_cannot_be_written_into_stops_a_report_alone(words: list[str], code: int) -> None:
    ran = launched(
        Path("/proc/self"), *words, "-c", "import os; print(os.getcwd()[:6])", before="import os; os.chdir('/proc')"
    )
    assert (ran.returncode, ran.stdout) == (code, "" if code else "/proc\n")
    assert ("groundwire run: --report r.json: " in ran.stderr) == (code == 2)


def test_a_folder_that_is_gone_is_no_reason_to_stop(tmp_path: Path) -> None:
    gone = "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')"
    ran = launched(tmp_path, "-c", "print('ran')", before=gone)
    assert (ran.returncode, ran.stdout) == (0, "ran\n"), ran.stderr


RANKS = """
import os, sys, torch, lightning as L
from lightning.pytorch.demos.boring_classes import BoringModel
quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
module = BoringModel()
L.Trainer(accelerator="cpu", devices=2, strategy="ddp", max_steps=2, **quiet).fit(module)
torch.save([module.layer.weight.detach(), L.Trainer.__module__, sys.argv[1:]], f"rank{os.environ['RANK']}.pt")
"""


def test_processes_of_a_launcher_are_answered(tmp_path: Path) -> None:
    words = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "p.py", "-v")
    ran = launched(tmp_path, *words, files={"p.py": RANKS})
    assert ran.returncode == 0, ran.stderr
    first, second = (torch.load(tmp_path / f"rank{rank}.pt") for rank in (0, 1))
    assert torch.equal(first[0], second[0])
    assert first[1:] == second[1:] == ["groundwire_lightning.trainer.trainer", ["-v"]]

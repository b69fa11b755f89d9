"""A written program stands alone, reads as a formatter leaves it, and ends with the weights of the run it was written of."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.groundwire_tools.eject.made import facts, plain
from tests.groundwire_tools.eject.variants import ARGUMENTS, VARIANTS, WHOLE, program

ROOT = Path(__file__).parents[3]
RUN_ALL = Path(__file__).with_name("run_all.py")
OURS = os.pathsep.join(str(ROOT / name) for name in ("src", "adapters"))
FEW = ("hooks", "stream", "max steps", "lbfgs", "evaluations", "metrics")
DEMO = "demo"


def started(action: str, files: list[Path], folder: Path, path: str) -> subprocess.Popen[str]:
    """A child process that runs or ejects programs."""
    child = subprocess.Popen(
        [sys.executable, str(RUN_ALL), action],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps({str(file): list(ARGUMENTS.get(_name(file), ())) for file in files}))
    child.stdin.close()
    child.stdin = None
    return child


def _name(file: Path) -> str:
    return next(part for part in reversed(file.parent.parts) if part != "plain")


def told(child: subprocess.Popen[str]) -> dict[str, Any]:
    """What a child process told; the results by the name of their program."""
    output, errors = child.communicate()
    assert child.returncode == 0, errors
    answer: dict[str, Any] = json.loads(output.splitlines()[-1])
    return answer | {"results": {_name(Path(file)): text for file, text in answer["results"].items()}}


def laid_out(programs: Mapping[str, str], folder: Path) -> list[Path]:
    """The files of programs, each in a folder of its own."""
    files = []
    for name, source in programs.items():
        (folder / name / "plain").mkdir(parents=True)
        files.append(folder / name / "main.py")
        files[-1].write_text(source, "utf-8")
    return files


def differences(programs: Mapping[str, str], folder: Path) -> dict[str, tuple[str, str]]:
    """The programs whose plain form prints something else than they do under the real Lightning."""
    files = laid_out(programs, folder)
    ejecting, oracle = started("--eject", files, folder, OURS), started("--run", files, folder, "")
    assert all("lines" in text for text in told(ejecting)["results"].values())
    of_plain = told(started("--run", [file.parent / "plain" / file.name for file in files], folder, ""))
    assert not {module.partition(".")[0] for module in of_plain["modules"]} & {"lightning", "groundwire_lightning"}
    under_lightning = told(oracle)["results"]
    assert all("weights" in text for text in under_lightning.values())
    return {
        name: (text, of_plain["results"][name])
        for name, text in under_lightning.items()
        if text != of_plain["results"][name]
    }


needs_lightning = pytest.mark.skipif(find_spec("lightning") is None, reason="the real Lightning is the oracle")


@needs_lightning
def test_plain_programs_print_what_they_print_under_lightning(tmp_path: Path) -> None:
    assert differences(WHOLE | {name: VARIANTS[name] for name in FEW}, tmp_path) == {}


@pytest.mark.slow
@needs_lightning
def test_all_plain_programs_print_what_they_print_under_lightning(tmp_path: Path) -> None:
    assert differences({name: VARIANTS[name] for name in VARIANTS if name not in FEW}, tmp_path) == {}


def test_the_demo_ends_with_the_same_weights_in_at_most_150_lines(tmp_path: Path) -> None:
    source = (ROOT / "examples/digits_lightning.py").read_text("utf-8")
    ends = '    import hashlib\n    state = main().network.state_dict().values()\n    print("weights", hashlib.sha256('
    ends += 'b"".join(one.numpy().tobytes() for one in state)).hexdigest())\n'
    (file,) = laid_out({DEMO: source.replace("    main()\n", ends)}, tmp_path)
    for folder in (file.parent, file.parent / "plain"):
        shutil.copy(ROOT / "examples/digits.py", folder)
    ours = started("--run", [file], tmp_path, OURS)
    assert "lines" in told(started("--eject", [file], tmp_path, OURS))["results"][DEMO]
    plain_file = file.parent / "plain/main.py"
    assert len(plain_file.read_text("utf-8").splitlines()) - 3 <= 150  # without the lines that print the weights
    assert told(started("--run", [plain_file], tmp_path, ""))["results"] == told(ours)["results"]


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is the judge")
@pytest.mark.parametrize("source", [program(), WHOLE["gan"], WHOLE["schedules"]], ids=["plainest", "gan", "schedules"])
def test_a_plain_program_passes_ruff(source: str) -> None:
    hparams = ("width", "lr") if source is WHOLE["gan"] else ()
    listeners: dict[str, Any] = {}
    text = plain(source, automatic=source is not WHOLE["gan"], hparams=hparams, **listeners) if source else ""
    for words in (["check"], ["format", "--check"]):
        line = [sys.executable, "-m", "ruff", *words, "-q", "--stdin-filename", "examples/plain.py", "-"]
        judged = subprocess.run(line, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
        assert (judged.stdout, judged.stderr) == ("", "")


def test_a_program_says_where_it_is_from_and_what_is_left_out() -> None:
    docstring = ast.get_docstring(ast.parse(plain(left_out=("CSVLogger", "Timer"))))
    assert docstring is not None
    assert "`groundwire eject`" in docstring
    assert docstring.endswith("Left out: CSVLogger, Timer.")


def test_a_device_other_than_the_cpu_is_written_into_the_program() -> None:
    text = plain(device="cuda:0")
    assert 'model.to("cuda:0")' in text
    assert "for batch_idx, fetched in enumerate(batches):" in text
    assert "def to_device(batch: Any) -> Any:" in text


def test_facts_of_the_tests_are_those_of_the_plainest_program() -> None:
    assert facts().module >= {"training_step", "validation_step"}

"""A written program stands alone, reads as a formatter leaves it, and ends with the weights of its run."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.groundwire_tools.eject.made import plain
from tests.groundwire_tools.eject.variants import ARGUMENTS, VARIANTS, WHOLE

ROOT = Path(__file__).parents[4]
RUN_ALL = Path(__file__).parents[1] / "run_all.py"
OURS = os.pathsep.join(str(ROOT / name) for name in ("src", "adapters"))
DEMO = "demo"
PRINTS = """\
    import hashlib

    state = main().network.state_dict().values()
    print("weights", hashlib.sha256(b"".join(one.numpy().tobytes() for one in state)).hexdigest())
"""
"""What the demo's program does at its end, in the place of one line."""
needs_lightning = pytest.mark.skipif(find_spec("lightning") is None, reason="the real Lightning is the oracle")


def started(words: list[str], files: list[Path], folder: Path, path: str) -> subprocess.Popen[str]:
    """A child process that runs or ejects programs."""
    child = subprocess.Popen(
        [sys.executable, str(RUN_ALL), *words],
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


def differences(files: list[Path], folder: Path) -> dict[str, tuple[str, str]]:
    """The programs whose plain form prints something else than they do: under Lightning, the demo under groundwire."""
    ejecting = started(["--eject", DEMO], files, folder, OURS)
    oracle = started(["--run"], [file for file in files if _name(file) != DEMO], folder, "")
    ejected, known = told(ejecting)["results"], told(oracle)["results"]
    plain_files = [file.parent / "plain" / file.name for file in files]
    assert [file for file in plain_files if not file.exists()] == [], ejected
    of_plain = told(started(["--run"], plain_files, folder, ""))
    assert not {module.partition(".")[0] for module in of_plain["modules"]} & {"lightning", "groundwire_lightning"}
    originals = {name: _weights(text) for name, text in ejected.items() if name == DEMO} | known
    assert [name for name, text in originals.items() if "weights" not in text] == []
    return {
        name: (text, of_plain["results"][name]) for name, text in originals.items() if text != of_plain["results"][name]
    }


def _weights(text: str) -> str:
    """The last line, without the bars and tables above it."""
    return text.splitlines(keepends=True)[-1]


def laid_out_demo(folder: Path) -> Path:
    """The file of the demo's program, which prints its weights, with what it imports."""
    source = (ROOT / "examples/digits_lightning.py").read_text("utf-8")
    (file,) = laid_out({DEMO: source.replace("    main()\n", PRINTS)}, folder)
    for home in (file.parent, file.parent / "plain"):
        shared = (ROOT / "examples/digits.py").read_text("utf-8")
        (home / "digits.py").write_text(shared.replace("EPOCHS = 15", "EPOCHS = 3"), "utf-8")
    return file


@needs_lightning
def test_plain_programs_print_what_the_originals_print(tmp_path: Path) -> None:
    files = [*laid_out(WHOLE, tmp_path), laid_out_demo(tmp_path)]
    assert differences(files, tmp_path) == {}
    demo = (tmp_path / DEMO / "plain/main.py").read_text("utf-8")
    assert len(demo.splitlines()) - PRINTS.count("\n") + 1 <= 150
    if find_spec("ruff") is not None:
        plain_files = [str(file.parent / "plain" / file.name) for file in files]
        for words in (["check", "--ignore", "D"], ["format", "--check"]):
            line = [sys.executable, "-m", "ruff", *words, "-q", "--config", str(ROOT / "pyproject.toml"), *plain_files]
            judged = subprocess.run(line, capture_output=True, text=True, check=False)
            assert (judged.stdout, judged.stderr) == ("", "")


@pytest.mark.slow
@needs_lightning
def test_each_thing_more_than_the_plainest_is_written_so_that_it_prints_the_same(tmp_path: Path) -> None:
    assert differences(laid_out(VARIANTS, tmp_path), tmp_path) == {}


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

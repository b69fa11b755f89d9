"""The command: its help, its exit codes, and a file that appears whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.groundwire_tools.eject.variants import program
from tests.groundwire_tools.eject.writing.test_program import OURS

from groundwire_tools.eject.command import main, write_program


def test_help_shows_an_example_and_does_not_wait_for_torch() -> None:
    code = (
        "import sys; from groundwire_tools.eject.command import main; code = main(['--help']);"
        "print(code, 'torch' in sys.modules, 'groundwire_lightning' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": OURS}, capture_output=True, text=True, check=True
    )
    assert "groundwire eject train.py -o plain.py -- --epochs 3" in ran.stdout
    assert ran.stdout.endswith("0 False False\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "required: SCRIPT"),
        (["p.py"], 2, "required: -o/--output"),
        (["none.py", "-o", "x.py"], 2, "there is no file none.py"),
        (["p.py", "-o", "p.py"], 2, "p.py is the script itself"),
        (["p.py", "-o", "link.py"], 2, "link.py is the script itself"),
        (["p.py", "-o", "."], 2, "it is a folder"),
        (["p.py", "-o", "deep/x.py"], 2, "there is no such folder"),
        (["broken.py", "-o", "x.py"], 2, "broken.py is no Python"),
        (["bytes.py", "-o", "x.py"], 2, "bytes.py is no Python"),
        (["p.py", "-o", "x.py", "--epochs", "3"], 2, "unrecognized arguments: --epochs 3"),
    ],
)
def test_what_cannot_be_read_or_written_is_told(
    words: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.py").write_text("pass\n", "utf-8")
    Path("link.py").symlink_to("p.py")
    Path("broken.py").write_text("def (", "utf-8")
    Path("bytes.py").write_bytes(b"\xff\xfe\x00")
    assert main(words) == code
    assert said in capsys.readouterr().err
    assert not Path("x.py").exists()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.py"
    target.write_text("before", "utf-8")
    write_program(target, "after\n")
    assert target.read_text("utf-8") == "after\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.py"]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.py").mkdir()
    with pytest.raises(OSError, match="irectory"):
        write_program(tmp_path / "x.py", "after\n")
    assert [path.name for path in tmp_path.iterdir()] == ["x.py"]


def test_the_program_can_be_printed_without_what_the_script_prints(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("print('noise')\n" + program(), "utf-8")
    code = "import sys; from groundwire_tools.eject.command import main; sys.exit(main(['p.py', '-o', '-']))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": OURS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.partition("\n")[0][:17]) == (0, '"""Plain PyTorch,')
    assert ran.stderr.startswith("noise\n")
    compile(ran.stdout, "plain.py", "exec")

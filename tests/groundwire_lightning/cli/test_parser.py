import importlib
import sys

import pytest
from tests.groundwire_lightning.cli.test_lightning_cli import ROOTS, project


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("argv", [["fit", "--model.widht=3"], ["fit", "--model.width=a"], ["fitt"], []])
def test_a_command_line_that_cannot_be_read_ends_the_program(
    root: str, argv: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = project(root)
    monkeypatch.setattr(sys, "argv", ["train.py", *argv])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"{root}.cli").LightningCLI(module.Net, module.Data)
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err

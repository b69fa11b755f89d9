"""Projects: classes are followed through their files, and what is left has its place in the text as it is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import project

from groundwire_tools.check.files import files_of
from groundwire_tools.fix.project import Outcome, fixed, is_notebook, text_of


def outcome(folder: Path, files: Mapping[str, str | bytes], *shadows: str) -> Outcome:
    return fixed(list(files_of([project(folder, files)])), shadows)


def changed(result: Outcome) -> dict[str, str]:
    return {file.path.name: after.decode() for file, after in result.changed}


def left(result: Outcome) -> list[tuple[str, int | None, int, str]]:
    return [(Path(one.path).name, one.cell, one.line, one.code) for one in result.left]


def test_each_kind_of_file_is_fixed(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": "import lightning as L"}
    files = {
        "a.py": "import lightning as L\n",
        "b.ipynb": json.dumps({"cells": [cell]}),
        "c.yaml": "_target_: lightning.Trainer\n",
        "d.py": "x = 1\n",
    }
    result = outcome(tmp_path, files)
    assert changed(result) == {
        "a.py": "import groundwire_lightning as L\n",
        "b.ipynb": files["b.ipynb"].replace("lightning", "groundwire_lightning"),
        "c.yaml": "_target_: groundwire_lightning.Trainer\n",
    }
    assert result.left == []
    assert result.is_whole


def test_what_is_left_has_its_place_in_the_fixed_file(tmp_path: Path) -> None:
    source = """\
        from pytorch_lightning.utilities import rank_zero_only, serve
        import pytorch_lightning as pl
        LOGGER = "pytorch_lightning"
        pl.Trainer(resume_from_checkpoint=LOGGER, ipus=1)
    """
    cell = {"cell_type": "code", "source": "\nx = 'lightning.pytorch'"}
    result = outcome(tmp_path, {"a.py": source, "b.ipynb": json.dumps({"cells": [cell]})})
    assert left(result) == [
        ("a.py", None, 2, "GW302"),
        ("a.py", None, 4, "GW221"),
        ("a.py", None, 5, "GW304"),
        ("b.ipynb", 1, 2, "GW221"),
    ]


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("import lightning as L  # groundwire: ignore", []),
        ("x = 'lightning.pytorch'  # groundwire: ignore", []),
        ("try:\n    from lightning.pytorch import Nothing\nexcept ImportError:\n    pass", ["GW103"]),
        ("import lightning.pytorch\nimport lightning.pytorch.serve", ["GW221", "GW301"]),
        ("import pytorch_lightning.core.lightning\nimport pytorch_lightning.serve", ["GW221", "GW301"]),
        ("import lightning as L\nL.Trainer(gpus=1).fit(gpus=1)", ["GW303"]),
        ("import lightning as L\nL.Trainer(gpus=n, track_grad_norm=2)", []),
        ("import lightning as L\nclass A(L.LightningModule):\n    def training_epoch_end(self, outputs): ...", []),
        ("from pytorch_lightning.loggers.base import LightningLoggerBase", []),
    ],
)
def test_what_is_left(source: str, codes: list[str], tmp_path: Path) -> None:
    assert [code for *_, code in left(outcome(tmp_path, {"a.py": source}))] == codes


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", b"import lightning\ndef ("),
        ("a.py", b"# coding: none-such\nimport lightning"),
        ("a.py", b"import lightning as \xff"),
        ("a.py", b"import lightning\0"),
        ("a.ipynb", b"import lightning"),
        ("a.ipynb", b'{"cells": 1, "x": "lightning"}'),
        ("a.yaml", b"_target_: lightning.Trainer: x"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_fixed(
    name: str, content: bytes, tmp_path: Path
) -> None:
    result = outcome(tmp_path, {name: content, "z.py": "import lightning as L"})
    assert changed(result) == {"z.py": "import groundwire_lightning as L"}
    assert [(one, code) for one, *_, code in left(result)] == [(name, "GW001")]
    assert not result.is_whole


def test_a_cell_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": text} for text in ("(", "import lightning as L")]
    result = outcome(tmp_path, {"a.ipynb": json.dumps({"cells": cells})})
    assert "import groundwire_lightning as L" in changed(result)["a.ipynb"]
    assert not result.is_whole


def test_a_class_of_another_file_is_known(tmp_path: Path) -> None:
    files = {
        "base.py": "import lightning as L\nclass Base(L.Callback):\n    pass\n",
        "own.py": "from base import Base\nclass O(Base):\n    def setup(self, trainer, x, y):\n        trainer.logdir",
    }
    assert "trainer.log_dir" in changed(outcome(tmp_path, files))["own.py"]


def test_a_package_of_the_project_is_left_alone(tmp_path: Path) -> None:
    assert changed(outcome(tmp_path, {"a.py": "import lightning as L"}, "lightning")) == {}


@pytest.mark.parametrize(
    ("content", "after"),
    [
        (b"\xef\xbb\xbfimport lightning as L", b"\xef\xbb\xbfimport groundwire_lightning as L"),
        (
            b"# coding: latin-1\nx = '\xe9'; import lightning as L\r\n",
            b"# coding: latin-1\nx = '\xe9'; import groundwire_lightning as L\r\n",
        ),
    ],
)
def test_bytes_stay(content: bytes, after: bytes, tmp_path: Path) -> None:
    result = outcome(tmp_path, {"a.py": content})
    assert [new for _, new in result.changed] == [after]
    (file, _), *_ = result.changed
    assert not is_notebook(file)
    assert text_of(file).encoded(text_of(file).text) == content

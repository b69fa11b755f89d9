"""Small projects for the check: text to files, and what is found in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from groundwire_tools.check.report import Report, checked

IMPORTS = """\
import lightning.pytorch as pl
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
"""
CLEAN = "import lightning as L\nL.Trainer(max_epochs=1, accelerator='cpu')"
OTHER = "import lightning as L\nL.Trainer(num_nodes=2)"
BROKEN = "import lightning as L\nL.Trainer(gpu=2)"


def project(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    return folder


def check(folder: Path, files: Mapping[str, str | bytes]) -> Report:
    """The report about a folder with these files."""
    return checked([project(folder, files)])


def codes(report: Report) -> list[str]:
    """Codes in the order of files and lines."""
    return [finding.code for finding in report.findings]


def of_source(folder: Path, source: str, name: str = "train.py") -> list[tuple[int, str]]:
    """Line and code of what is found in one file, whose lines count from 1 below the imports."""
    report = check(folder, {name: IMPORTS + dedent(source)})
    return [(finding.line - IMPORTS.count("\n"), finding.code) for finding in report.findings]

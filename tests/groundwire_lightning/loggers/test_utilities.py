import subprocess
import sys
from typing import Any

import pytest

from groundwire_lightning import MisconfigurationException, loggers
from groundwire_lightning.loggers import utilities


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_missing_package_is_an_error_with_the_command(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(utilities.importlib, "import_module", missing(package))
    make: Any = {"wandb": loggers.WandbLogger, "mlflow": loggers.MLFlowLogger}[package]
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        make()


def missing(package: str) -> Any:
    def import_module(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=package)

    return import_module


def test_an_error_inside_a_package_is_not_taken_for_its_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utilities.importlib, "import_module", missing("something_else"))
    with pytest.raises(ModuleNotFoundError, match="No module named 'wandb'"):
        utilities.need("wandb", "WandbLogger", "wandb")


@pytest.mark.parametrize("log_model", [True, "all"])
def test_checkpoints_cannot_be_uploaded_offline(log_model: Any) -> None:
    with pytest.raises(MisconfigurationException, match="offline"):
        loggers.WandbLogger(offline=True, log_model=log_model)


def test_the_packages_are_imported_when_a_logger_is_made() -> None:
    program = "import sys, groundwire_lightning.loggers; print({'wandb', 'mlflow'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"

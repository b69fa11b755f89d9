"""Imports: statements go where their names are, and a root that was bound by its own name goes on working."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.fix.programs import fixed, imports

from groundwire_tools.fix.imports import ALIASED, RENAMED, STAYS


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("import lightning as L", "import groundwire_lightning as L"),
        ("import lightning.pytorch as pl", "import groundwire_lightning as pl"),
        ("import pytorch_lightning as pl, os", "import groundwire_lightning as pl, os"),
        ("import lightning.pytorch.callbacks as cb", "import groundwire_lightning.callbacks as cb"),
        ("import lightning_fabric", "import groundwire_lightning.fabric"),
        ("from lightning import pytorch as pl", "import groundwire_lightning as pl"),
        ("from lightning import pytorch", "import groundwire_lightning as pytorch"),
        ("from pytorch_lightning import Trainer, callbacks", "from groundwire_lightning import Trainer, callbacks"),
        ("from lightning.pytorch.callbacks import Timer as T", "from groundwire_lightning.callbacks import Timer as T"),
        ("from pytorch_lightning import *", "from groundwire_lightning.pytorch import *"),
        ("from lightning import *", "from groundwire_lightning import *"),
        ("from lightning.pytorch.loggers import *", "from groundwire_lightning.loggers import *"),
        ("from lightning.pytorch import loops", "from groundwire_lightning.pytorch import loops"),
        (
            "from lightning.pytorch.strategies.launchers import *",
            "from lightning.pytorch.strategies.launchers import *",
        ),
        ("from pytorch_accelerated import Trainer", "from groundwire import Trainer"),
        ("import pytorch_accelerated.callbacks as cb", "import groundwire.callbacks as cb"),
        ("from . import lightning", "from . import lightning"),
        ("from .lightning import Trainer", "from .lightning import Trainer"),
        ("import lightning_utilities", "import lightning_utilities"),
        ("from lightning.pytorch import Nothing", "from lightning.pytorch import Nothing"),
        ("import lightning as L  # groundwire: ignore", "import lightning as L  # groundwire: ignore"),
    ],
)
def test_a_statement(source: str, after: str) -> None:
    assert fixed(source) == after


@pytest.mark.parametrize(
    ("source", "after"),
    [
        (
            "def f():\n    from pytorch_lightning.utilities import rank_zero_only, serve  # two\n",
            (
                "def f():\n    from groundwire_lightning.utilities import rank_zero_only\n"
                "    from pytorch_lightning.utilities import serve  # two\n"
            ),
        ),
        (
            "try:\r\n\timport lightning.pytorch as pl\r\nexcept ImportError:\r\n\timport pytorch_lightning as pl",
            "try:\r\n\timport groundwire_lightning as pl\r\nexcept ImportError:\r\n\timport groundwire_lightning as pl",
        ),
        (
            "if TYPE_CHECKING: from lightning import Trainer; from lightning.pytorch import loggers",
            "if TYPE_CHECKING: from groundwire_lightning import Trainer; from groundwire_lightning import loggers",
        ),
    ],
)
def test_a_statement_keeps_its_place(source: str, after: str) -> None:
    assert fixed(source) == after


# roots


@pytest.mark.parametrize(
    ("source", "fate"),
    [
        ("import lightning\nlightning.Trainer()", RENAMED),
        ("import lightning.pytorch\nx: 'lightning.pytorch.Trainer'", RENAMED),
        ("import lightning\nprint('lightning strikes. See lightning.ai')", RENAMED),
        ("import lightning\nprint(lightning)", ALIASED),
        ("import lightning\ndef f(lightning): pass", ALIASED),
        ("import lightning\nx: 'Optional[lightning.Trainer]'", ALIASED),
        ("import lightning\n__all__ = ['lightning']", ALIASED),
        ("import lightning\nlightning.Trainer()  # groundwire: ignore", ALIASED),
        ("import lightning\nimport pytorch_lightning as lightning", ALIASED),
        ("import lightning\ndef f():\n    global lightning", ALIASED),
        ("import lightning\nimport lightning.pytorch.strategies.launchers", STAYS),
        ("import lightning  # groundwire: ignore", STAYS),
    ],
)
def test_what_becomes_of_a_root(source: str, fate: str) -> None:
    assert imports(source).root_fate("lightning") == fate


def test_a_root_that_is_used_by_itself_keeps_its_name() -> None:
    source = "import lightning, lightning.pytorch\nprint(lightning, lightning.pytorch.Trainer)"
    assert fixed(source) == "import groundwire_lightning as lightning\nprint(lightning, lightning.pytorch.Trainer)"
    source = "import pytorch_lightning.callbacks\nprint(pytorch_lightning, pytorch_lightning.callbacks.Timer)"
    assert fixed(source) == source.replace(
        "import pytorch_lightning.callbacks", "import groundwire_lightning as pytorch_lightning"
    )


def test_a_root_of_which_a_part_is_not_here_stays_whole() -> None:
    source = "import lightning.pytorch\nimport lightning.pytorch.strategies.launchers\nlightning.pytorch.Trainer()"
    assert fixed(source) == source
    assert imports(source).stays(("lightning", "pytorch"))
    assert [path for _, path in imports(source).left()] == [
        "lightning.pytorch",
        "lightning.pytorch.strategies.launchers",
    ]


def test_pytorch_accelerateds_root_is_renamed_or_stays() -> None:
    source = "import pytorch_accelerated.trainer\npytorch_accelerated.trainer.Trainer()"
    assert fixed(source) == source.replace("pytorch_accelerated", "groundwire")
    source += "\nprint(pytorch_accelerated)"
    assert fixed(source) == source


def test_a_package_of_the_project_is_left_alone() -> None:
    source = "import lightning\nfrom lightning.pytorch import Trainer"
    assert fixed(source, "lightning") == source

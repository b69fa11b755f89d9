"""Where a chain leads: through modules, classes, objects and what their bases bring."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import check, codes, of_source

from groundwire_tools.check import known
from groundwire_tools.check.follow import Class, Lacking, Meaning, Module, Names, Value
from groundwire_tools.check.project import Project
from groundwire_tools.check.uses import CALL, SOME, Chain

ROWS = {
    # modules
    "a gap of the paths": ("import lightning.pytorch.serve", [(1, "GW301")]),
    "a name below a gap": ("from pytorch_lightning.trainer.logging import TrainerLoggingMixin as Old", [(1, "GW301")]),
    "a name that is nowhere": ("from lightning.pytorch.callbacks import EarlyStoping", [(1, "GW302")]),
    "a module that is nowhere": ("import lightning.pytorch.nowhere", [(1, "GW302")]),
    "an attribute of a package": ("pl.callbacks.EarlyStoping('loss')", [(1, "GW302")]),
    # objects
    "of a Trainer": ("t = Trainer()\nt.running_sanity_checks", [(2, "GW307")]),
    "by annotation, of a class that may be theirs": (
        """\
class Mine(Trainer):
    def __init__(self):
        self.solver = 1
def run(a: Trainer, b: LightningDataModule):
    a.solver
    a.solve
    b.anything
""",
        [(6, "GW307")],
    ),
    "by self": (
        "class Lit(LightningModule):\n    def f(self):\n        self.trainer.root_card\n        self.mine.root_card",
        [(3, "GW307")],
    ),
    "by what a hook is given": (
        """\
class Mine(Callback):
    def on_fit_start(self, trainer, pl_module):
        trainer.root_card
        pl_module.trainer.root_card
        pl_module.mine
""",
        [(3, "GW307"), (4, "GW307")],
    ),
    "of a loaded module": (
        "class Lit(LightningModule): ...\nLit.load_from_checkpoint('x').trainer.root_card",
        [(2, "GW104"), (2, "GW307")],
    ),
    "under groundwire's own root": (
        "from groundwire_lightning import LIGHTNING, map, Nothing\nimport groundwire_lightning.loggers as c\nc.Timre",
        [(1, "GW302"), (3, "GW302")],
    ),
    "in an annotation": (
        "def run(a: pl.Nothing) -> pl.Nothing:\n    b: pl.Nothing = 1",
        [(1, "GW302"), (1, "GW302"), (2, "GW302")],
    ),
    "a trainer of another library": ("from transformers import Trainer\nTrainer(gpu=1).root_card", []),
    "an open class": ("ModelCheckpoint().best_model_path", []),
    # bases
    "through super": (
        "class Mine(EarlyStopping):\n    def __init__(self):\n        super().__init__('a', mode='min')",
        [],
    ),
    "through super, of a Trainer": (
        "class Mine(Trainer):\n    def __init__(self, **more):\n        super().__init__(gpu=1, **more)",
        [(3, "GW303")],
    ),
    "through super, of a callback": (
        "class Mine(X, EarlyStopping):\n    def __init__(self):\n        super().__init__(mood=1)",
        [(3, "GW303")],
    ),
    "through two of their own": (
        "class A(EarlyStopping): ...\nclass B(A):\n    def __init__(self):\n        super().__init__(mood=1)",
        [(4, "GW303")],
    ),
    "through one that has its own": (
        """\
class A(EarlyStopping):
    def __init__(self, mood): ...
class B(A):
    def __init__(self):
        super().__init__(mood=1)
""",
        [],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_name_leads_to(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


def test_classes_that_stem_from_each_other_are_nobodys(tmp_path: Path) -> None:
    files = {"a.py": "import lightning\nfrom b import B\nclass A(B): ...", "b.py": "from a import A\nclass B(A): ..."}
    assert codes(check(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("chain", "meaning"),
    [
        (("lightning", "pytorch"), Module("lightning.pytorch")),
        (("lightning", "Trainer"), Class(known.TRAINER)),
        (("lightning", "Trainer", CALL), Class(known.TRAINER, is_object=True)),
        (("lightning", "Trainer", SOME), Class(known.TRAINER, is_object=True, is_exact=False)),
        (("lightning", "Trainer", CALL, "fit"), Value(known.TRAINER, "fit")),
        (("lightning", "Trainer", CALL, CALL), None),
        (("lightning", CALL), None),
        (("transformers", "Trainer"), None),
    ],
)
def test_what_a_chain_means(chain: Chain, meaning: Meaning) -> None:
    assert Names(Project()).follow(chain).meaning == meaning


def test_a_chain_is_followed_up_to_what_is_lacking() -> None:
    followed = Names(Project()).follow(("lightning", "pytorch", "nowhere", "there"))
    assert isinstance(followed.meaning, Lacking)
    assert (followed.at, followed.before) == (3, Module("lightning.pytorch"))


def test_a_root_of_the_projects_own_is_not_followed() -> None:
    assert Names(Project(["lightning"])).follow(("lightning", "Trainer")).meaning is None

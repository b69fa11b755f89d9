"""What is found: a program and its findings, a row each."""

from pathlib import Path

import pytest
from tests.groundwire_tools.projects import check, codes, of_source

ROWS = {
    "nothing": ("x = 1", []),
    "fine": (
        "class Lit(LightningModule):\n    def training_step(self, batch, batch_idx):\n        self.log('a', 1)",
        [],
    ),
    # their imports:
    "a gap of the paths": ("import lightning.pytorch.serve", [(1, "GW301")]),
    "a name below a gap": ("from pytorch_lightning.core.lightning import LightningModule as Old", [(1, "GW301")]),
    "a name that is nowhere": ("from lightning.pytorch.callbacks import EarlyStoping", [(1, "GW302")]),
    "a module that is nowhere": ("import lightning.pytorch.nowhere", [(1, "GW302")]),
    "an attribute of a package": ("pl.callbacks.EarlyStoping('loss')", [(1, "GW302")]),
    "a missing name is told of once": (
        "from lightning.pytorch.callbacks import Gone\nGone()\nGone().there",
        [(1, "GW302")],
    ),
    "under a try": ("try:\n    import lightning.pytorch.serve\nexcept ImportError:\n    pass", [(2, "GW103")]),
    "under a try that does not help": (
        "try:\n    import lightning.pytorch.serve\nexcept ValueError:\n    pass",
        [(2, "GW301")],
    ),
    "for types": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lightning.pytorch.serve",
        [(3, "GW103")],
    ),
    "all of a module": ("from lightning.pytorch.callbacks import *\nTimer(durations=3)", [(2, "GW303")]),
    "a stand-in": ("from lightning.pytorch.loops import _FitLoop", [(1, "GW101")]),
    "in a function, which comes later": ("def run():\n    return t.root_gpu\nt = Trainer()", [(2, "GW307")]),
    # what is refused by name
    "a logger": ("pl.loggers.CometLogger(api_key='x')", [(1, "GW308")]),
    "Fabric": ("import lightning\nlightning.Fabric()", [(2, "GW308")]),
    "a method": ("Trainer.from_argparse_args(None)", [(1, "GW308")]),
    # arguments
    "mapped": ("Trainer(accelerator='cpu')", [(1, "GW102")]),
    "retired": ("Trainer(gpus=1)", [(1, "GW303")]),
    "misspelt": ("Trainer(max_epoch=1)", [(1, "GW303")]),
    "refused": ("Trainer(model_registry='mine')", [(1, "GW304")]),
    "refused, asking for nothing": ("Trainer(model_registry=None)", []),
    "a strategy": ("Trainer(strategy='deepspeed_stage_2')", [(1, "GW304")]),
    "dp": ("Trainer(strategy='dp')", [(1, "GW304")]),
    "a precision": ("Trainer(precision='half')", [(1, "GW304")]),
    "a precision of ours": ("Trainer(precision='bf16-mixed')", []),
    "a precision that a run chooses": ("Trainer(precision=chosen)", []),
    "processes": ("Trainer(devices=2)", [(1, "GW203")]),
    "processes by index": ("Trainer(devices=[0, 1])", [(1, "GW203")]),
    "processes in words": ("Trainer(devices='0,1')", [(1, "GW203")]),
    "one process": ("Trainer(devices=1)", [(1, "GW102")]),
    "from a dictionary": ("words = {'gpus': 1}\nTrainer(**words)", [(1, "GW303")]),
    "from dict()": ("words = dict(gpus=1)\nTrainer(**words)", [(1, "GW303")]),
    "from a dictionary that grows": ("words = {}\nwords['gpus'] = 1\nTrainer(**words)", [(2, "GW303")]),
    "from one that is updated": ("words = {}\nwords.update(gpus=1)\nTrainer(**words)", [(2, "GW303")]),
    "from nested ones": ("a = {'gpus': 1}\nb = {**a, 'max_epochs': 2}\nTrainer(**b)", [(1, "GW303")]),
    "from somewhere": ("Trainer(**somewhere())", []),
    "of a callback": ("EarlyStopping('loss', mood='min')", [(1, "GW303")]),
    "of a method": ("Trainer().fit(None, train_dataloader=[])", [(1, "GW303")]),
    "of self.log": (
        "class Lit(LightningModule):\n    def f(self):\n        self.log('a', 1, on_stepp=True)",
        [(3, "GW303")],
    ),
    "through super": (
        "class Mine(EarlyStopping):\n    def __init__(self):\n        super().__init__('a', mode='min')",
        [],
    ),
    "through super, of a Trainer": (
        "class Mine(Trainer):\n    def __init__(self, **more):\n        super().__init__(gpus=1, **more)",
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
    # hooks
    "retired hook that stops": (
        "class Lit(LightningModule):\n    def training_epoch_end(self, outputs): ...",
        [(2, "GW305")],
    ),
    "retired hook that is left out": ("class Lit(LightningModule):\n    def on_epoch_end(self): ...", [(2, "GW201")]),
    "misspelt hook": ("class Lit(LightningModule):\n    def on_train_epoch_ends(self): ...", [(2, "GW202")]),
    "method of their own": ("class Lit(LightningModule):\n    def on_the_road(self): ...", []),
    "too many": ("class Lit(LightningModule):\n    def training_step(self, b, i, optimizer_idx): ...", [(2, "GW306")]),
    "too few": ("class Lit(LightningModule):\n    def on_train_batch_start(self, batch): ...", [(2, "GW306")]),
    "without the index": ("class Lit(LightningModule):\n    def training_step(self, batch): ...", []),
    "with stars": ("class Lit(LightningModule):\n    def training_step(self, *args, **kwargs): ...", []),
    "with defaults": ("class Lit(LightningModule):\n    def training_step(self, b, i=0, extra=None): ...", []),
    "needs a keyword": ("class Lit(LightningModule):\n    def training_step(self, b, *, more): ...", [(2, "GW306")]),
    "without stage": ("class Data(LightningDataModule):\n    def setup(self): ...", [(2, "GW306")]),
    "stage": ("class Data(LightningDataModule):\n    def setup(self, stage=None): ...", []),
    "decorated by who knows what": ("class Lit(LightningModule):\n    @bent\n    def training_step(self): ...", []),
    "decorated by what changes nothing": (
        "class Lit(LightningModule):\n    @torch.no_grad()\n    def validation_step(self): ...",
        [(3, "GW306")],
    ),
    "a callback": ("class Mine(Callback):\n    def on_fit_start(self, trainer): ...", [(2, "GW306")]),
    "a callback of ours": ("class Mine(EarlyStopping):\n    def on_train_epoch_ends(self, a, b): ...", [(2, "GW202")]),
    "a method of a logger": (
        "class Mine(pl.loggers.Logger):\n    def log_metrics(self, metrics, step=None): ...",
        [],
    ),
    "a method of a strategy": (
        "class Mine(pl.strategies.DDPStrategy):\n    def __init__(self): ...\n    def barrier(self, name=None): ...",
        [(3, "GW305")],
    ),
    "a class of nobody's": ("class Other:\n    def training_epoch_end(self, outputs): ...", []),
    # attributes
    "of a Trainer": ("t = Trainer()\nt.running_sanity_check", [(2, "GW307")]),
    "of a Trainer that was assigned": ("t = Trainer()\nt.mine = 1", []),
    "by annotation": ("def run(t: 'pl.Trainer | None'):\n    t.root_gpu", [(2, "GW307")]),
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
        "class Lit(LightningModule):\n    def f(self):\n        self.trainer.root_gpu\n        self.mine.root_gpu",
        [(3, "GW307")],
    ),
    "by what a hook is given": (
        """\
class Mine(Callback):
    def on_fit_start(self, trainer, pl_module):
        trainer.root_gpu
        pl_module.trainer.root_gpu
        pl_module.mine
""",
        [(3, "GW307"), (4, "GW307")],
    ),
    "by what self holds": (
        "class Runs:\n    def __init__(self):\n        self.t = Trainer()\n    def go(self):\n        self.t.root_gpu",
        [(5, "GW307")],
    ),
    "of a loaded module": (
        "class Lit(LightningModule): ...\nLit.load_from_checkpoint('x').trainer.root_gpu",
        [(2, "GW307")],
    ),
    "a name that is bound anew": ("Trainer = other\nTrainer(gpus=1).root_gpu", []),
    "a trainer of another library": ("from transformers import Trainer\nTrainer(gpus=1).root_gpu", []),
    "an open class": ("ModelCheckpoint().best_model_path", []),
    "of a loop": ("t = Trainer()\nfor t in others:\n    t.root_gpu", []),
    "of a comprehension": ("t = Trainer()\n[t.root_gpu for t in others]", []),
    "of a lambda": ("t = Trainer()\nlambda t: t.root_gpu", []),
    "of a with": ("with Trainer() as t:\n    t.root_gpu", [(2, "GW307")]),
    # silence
    "one code": ("Trainer(gpus=1)  # groundwire: ignore[GW303]", []),
    "all codes": ("Trainer(gpus=1, devices=2)  # groundwire: ignore", []),
    "another code": ("Trainer(gpus=1)  # groundwire: ignore[GW201, GW202]", [(1, "GW303")]),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_found_in_a_program(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected


BASE = "import lightning as L\nclass Base(L.LightningModule):\n    def used(self): ...\n"
SUB = "class Lit(Base):\n    def training_epoch_end(self, outputs): ...\n"
PROJECTS = {
    "by its full name": {"pkg/base.py": BASE, "pkg/lit.py": "from pkg.base import Base\n" + SUB},
    "by a relative import": {"pkg/base.py": BASE, "pkg/lit.py": "from .base import Base\n" + SUB},
    "from two folders up": {"pkg/base.py": BASE, "pkg/a/lit.py": "from ..base import Base\n" + SUB},
    "as a module": {"pkg/base.py": BASE, "pkg/lit.py": "import pkg.base as b\n" + SUB.replace("Base", "b.Base")},
    "passed on by the package": {
        "pkg/base.py": BASE,
        "pkg/__init__.py": "from .base import Base",
        "lit.py": "from pkg import Base\n" + SUB,
    },
    "below src": {"src/pkg/base.py": BASE, "src/pkg/lit.py": "from pkg.base import Base\n" + SUB},
    "through a third": {
        "a.py": BASE,
        "b.py": "from a import Base\nclass Mid(Base): ...\n",
        "c.py": "from b import Mid\n" + SUB.replace("Base", "Mid"),
    },
    "with a mixin": {"pkg/base.py": BASE, "pkg/lit.py": "from pkg.base import Base\n" + SUB.replace("Base", "X, Base")},
}


@pytest.mark.parametrize("name", PROJECTS)
def test_classes_are_followed_through_the_files_of_a_project(name: str, tmp_path: Path) -> None:
    assert codes(check(tmp_path, PROJECTS[name])) == ["GW305"]


def test_classes_that_stem_from_each_other_are_nobodys(tmp_path: Path) -> None:
    files = {"a.py": "import lightning\nfrom b import B\nclass A(B): ...", "b.py": "from a import A\nclass B(A): ..."}
    assert codes(check(tmp_path, files)) == []


def test_a_folder_called_lightning_is_the_projects_own(tmp_path: Path) -> None:
    files = {"lightning/__init__.py": "", "train.py": "from lightning import Anything\nimport pytorch_lightning.serve"}
    report = check(tmp_path, files)
    assert codes(report) == ["GW301"]
    assert report.own_roots == ("lightning",)


def test_a_folder_called_lightning_that_is_no_package_changes_nothing(tmp_path: Path) -> None:
    files = {"lightning/notes.yaml": "a: 1", "train.py": "from lightning import Anything"}
    assert codes(check(tmp_path, files)) == ["GW302"]


ANCESTOR = {
    "the seed": ("from pytorch_accelerated import Trainer", ["GW211"]),
    "a callback": ("from pytorch_accelerated.callbacks import ModelEmaCallback", ["GW211"]),
    "a callback that is as it was": ("from pytorch_accelerated.callbacks import TrainerCallback", []),
    "a keyword": (
        "import pytorch_accelerated as p\np.Trainer(None, None, None).train(gradient_clip_value=1)",
        ["GW211", "GW211"],
    ),
    "two keywords": (
        """\
import pytorch_accelerated.trainer as t
class T(t.Trainer):
    def go(self):
        self.train(num_epochs=1, max_num_train_steps=2)
""",
        ["GW211", "GW211"],
    ),
    "one of two keywords": (
        """\
import pytorch_accelerated.trainer as t
class T(t.Trainer):
    def go(self):
        self.train(num_epochs=1)
""",
        ["GW211"],
    ),
    "a method that is called more often": (
        "from pytorch_accelerated import trainer\nclass T(trainer.Trainer):\n    def create_scheduler(self): ...",
        ["GW211", "GW211"],
    ),
    "a method that is gone": (
        "from pytorch_accelerated import trainer\nclass T(trainer.Trainer):\n    def _check_eval_batch_size(self): ...",
        ["GW211", "GW201"],
    ),
    "a module that is nowhere": ("import pytorch_accelerated.nowhere", ["GW302"]),
    "the same names in groundwire": ("from groundwire import Trainer, anything\nTrainer().train(num_epochs=1)", []),
}


@pytest.mark.parametrize("name", ANCESTOR)
def test_what_means_something_else_than_in_pytorch_accelerated(name: str, tmp_path: Path) -> None:
    source, expected = ANCESTOR[name]
    assert codes(check(tmp_path, {"train.py": source})) == expected

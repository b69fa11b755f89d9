"""What is found of names, calls and methods: a program and its findings, a row each."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import of_source

ROWS = {
    "nothing": ("x = 1", []),
    "fine": (
        "class Lit(LightningModule):\n    def training_step(self, batch, batch_idx):\n        self.log('a', 1)",
        [],
    ),
    # names
    "a missing name is told of once": (
        "from lightning.pytorch.callbacks import Gone\nGone()\nGone().there",
        [(1, "GW302")],
    ),
    "a stand-in": ("from lightning.pytorch.loops import _FitLoop", [(1, "GW101")]),
    "a module of Lightning 1": ("import pytorch_lightning.core.lightning", [(1, "GW105")]),
    "a name of Lightning 1 is told of once": (
        "from pytorch_lightning.core.lightning import LightningModule\nclass Lit(LightningModule): ...",
        [(1, "GW105")],
    ),
    "a name of Lightning 1 beside others": ("from pytorch_lightning.callbacks import ProgressBarBase", [(1, "GW105")]),
    "a name of Lightning 1 whose place is its own": ("from pytorch_lightning import TrainResult", []),
    "an attribute of Lightning 1": ("pl.metrics.Accuracy()", [(1, "GW105")]),
    "a class of Lightning 1 that is refused": (
        "from pytorch_lightning.plugins import DDPShardedPlugin\nDDPShardedPlugin()",
        [(2, "GW308")],
    ),
    "arguments of Lightning 1": (
        "pl.callbacks.ModelCheckpoint(filepath='x', period=2, dirpaht='y')",
        [(1, "GW105"), (1, "GW105"), (1, "GW303")],
    ),
    "of a Trainer that was assigned": ("t = Trainer()\nt.mine = 1", []),
    # what is refused by name
    "a logger": ("pl.loggers.CometLogger(api_key='x')", [(1, "GW308")]),
    "Fabric": ("import lightning\nlightning.Fabric()", [(2, "GW308")]),
    # names of Lightning 1
    "a method of Lightning 1": ("Trainer.from_argparse_args(None)", [(1, "GW105")]),
    "an attribute that Lightning 1 had": ("Trainer().logdir", [(1, "GW105")]),
    "an attribute of Lightning 1 that a program sets": ("t = Trainer()\nt.own = t.lr_schedulers", [(2, "GW105")]),
    "a module's": ("class Lit(LightningModule):\n    def f(self):\n        self.summarize('top')", [(3, "GW105")]),
    "a data module's": ("class Data(LightningDataModule):\n    def f(self):\n        return self.dims", [(3, "GW105")]),
    # arguments
    "of a callback": ("EarlyStopping('loss', mood='min')", [(1, "GW303")]),
    "of a callback of Lightning 1": ("ModelCheckpoint(filepath='a', period=2, prefix='')", [(1, "GW105")] * 3),
    "of a method": ("Trainer().fit(None, train_data=[])", [(1, "GW303")]),
    "of a method of Lightning 1": ("Trainer().fit(None, train_dataloader=[])", [(1, "GW105")]),
    "of self.log": (
        "class Lit(LightningModule):\n    def f(self):\n        self.log('a', 1, on_stepp=True)",
        [(3, "GW303")],
    ),
    # methods
    "hook of Lightning 1": (
        "class Lit(LightningModule):\n    def training_epoch_end(self, outputs): ...",
        [(2, "GW106")],
    ),
    "hook of Lightning 1 that takes too little": (
        "class Lit(LightningModule):\n    def training_epoch_end(self): ...",
        [(2, "GW306")],
    ),
    "method of their own with an old name": ("class Lit(LightningModule):\n    def on_epoch_end(self, a): ...", []),
    "hook that takes what Lightning 1 passed": (
        "class Mine(Callback):\n    def on_train_epoch_end(self, trainer, pl_module, outputs): ...",
        [(2, "GW106")],
    ),
    "hook that takes what is passed today": (
        "class Mine(Callback):\n    def on_train_epoch_end(self, trainer, pl_module): ...",
        [],
    ),
    "hook that takes neither": (
        "class Mine(Callback):\n    def on_train_epoch_end(self, trainer): ...",
        [(2, "GW306")],
    ),
    "hook that goes by a name": (
        "class Mine(Callback):\n    def on_load_checkpoint(self, trainer, pl_module, callback_state): ...",
        [(2, "GW106")],
    ),
    "hook of an earlier release": (
        "class Lit(LightningModule):\n    def validation_end(self, outputs): ...",
        [(2, "GW201")],
    ),
    "misspelt hook": ("class Lit(LightningModule):\n    def on_train_epoch_ends(self): ...", [(2, "GW202")]),
    "method of their own": ("class Lit(LightningModule):\n    def on_the_road(self): ...", []),
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
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_found_in_a_program(name: str, tmp_path: Path) -> None:
    source, expected = ROWS[name]
    assert of_source(tmp_path, source) == expected

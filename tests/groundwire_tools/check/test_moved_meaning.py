"""Code for pytorch-accelerated: what means something else here."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import check, codes

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

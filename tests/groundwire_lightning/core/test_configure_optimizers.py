import pytest
from tests.side_by_side.test_optimization import Waits, halving, plateau, scheduled
from tests.side_by_side.twins import BOTH, fit, sgd, twins

WRONG = {
    "a plateau without a monitor": scheduled(plateau),
    "a plateau whose monitor is missing": scheduled(plateau, monitor="nothing"),
    "an interval that is none": scheduled(halving, interval="batch"),
    "a scheduler that torch does not know": scheduled(Waits),
    "a dictionary without its scheduler": {
        "configure_optimizers": lambda self: {"optimizer": sgd(self), "lr_scheduler": {"interval": "step"}}
    },
    "a scheduler of another optimizer": {"configure_optimizers": lambda self: ([sgd(self)], [halving(sgd(self))])},
    "a name": {"configure_optimizers": lambda self: "sgd"},
    "a training step that returns a number": {"training_step": lambda self, batch, batch_idx: 1.0},
    "a training step that returns no loss": {"training_step": lambda self, batch, batch_idx: {"losses": 1.0}},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_lightning_refuses_is_refused(case):
    assert twins(lambda stage: fit(stage, methods={**BOTH, **WRONG[case]}), hears=False)["answer"][0] == "raised"

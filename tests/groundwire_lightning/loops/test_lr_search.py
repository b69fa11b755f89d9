import pytest
from tests.groundwire_lightning.test_tuner import finding, played
from tests.side_by_side.twins import loss_of

NONE_AT_3 = {"training_step": lambda self, batch, batch_idx: None if batch_idx == 3 else loss_of(self, batch)}
FINDS = {
    "as it is": {},
    "linear": {"mode": "linear", "max_lr": 0.5},
    "few steps": {"num_training": 7},
    "without a limit to the loss": {"early_stop_threshold": None, "max_lr": 30.0},
    "until the loss grows": {"early_stop_threshold": 1.5, "max_lr": 30.0, "min_lr": 0.01},
    "leaving the module alone": {"update_attr": False},
    "by name": {"attr_name": "lr"},
}


@pytest.mark.parametrize("name", FINDS)
def test_learning_rates_are_tried_as_in_lightning(name):
    played(finding(FINDS[name], {}))


def test_a_batch_without_a_loss_is_left_out_of_the_suggestion():
    played(finding({}, {}, methods=NONE_AT_3))

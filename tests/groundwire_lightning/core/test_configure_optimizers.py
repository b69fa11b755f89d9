import pytest
from tests.groundwire_lightning.small import Lit, lit, sgd
from tests.side_by_side.test_optimization import Waits, halving, plateau, scheduled
from tests.side_by_side.twins import BOTH, fit, twins
from tests.side_by_side.twins import sgd as on_stage

from groundwire_lightning.core.configure_optimizers import check_index, frequencies_of, optimizers_and_schedulers
from groundwire_lightning.errors import MisconfigurationException

WRONG = {
    "a plateau without a monitor": scheduled(plateau),
    "a plateau whose monitor is missing": scheduled(plateau, monitor="nothing"),
    "an interval that is none": scheduled(halving, interval="batch"),
    "a scheduler that torch does not know": scheduled(Waits),
    "a dictionary without its scheduler": {
        "configure_optimizers": lambda self: {"optimizer": on_stage(self), "lr_scheduler": {"interval": "step"}}
    },
    "a scheduler of another optimizer": {
        "configure_optimizers": lambda self: ([on_stage(self)], [halving(on_stage(self))])
    },
    "a name": {"configure_optimizers": lambda self: "sgd"},
    "a training step that returns a number": {"training_step": lambda self, batch, batch_idx: 1.0},
    "a training step that returns no loss": {"training_step": lambda self, batch, batch_idx: {"losses": 1.0}},
}


@pytest.mark.parametrize("case", WRONG)
def test_what_lightning_refuses_is_refused(case):
    assert twins(lambda stage: fit(stage, methods={**BOTH, **WRONG[case]}), hears=False)["answer"][0] == "raised"


# several optimizers, as in Lightning 1


class Bare:
    """A scheduler without the optimizer that it belongs to."""

    state_dict = load_state_dict = step = lambda self, *args: {}


def in_turns(**methods):
    return lit(training_step=lambda self, batch, batch_idx, optimizer_idx: None, **methods)


def opt_idxs(configured):
    return [config.opt_idx for config in optimizers_and_schedulers(configured, in_turns(), False)[1]]


def test_each_scheduler_knows_the_index_of_its_optimizer():
    first, second = sgd(Lit()), sgd(Lit())
    assert opt_idxs(([first, second], [halving(second), {"scheduler": halving(first)}, halving(second)])) == [1, 0, 1]
    beside = ({"optimizer": first}, {"optimizer": second, "lr_scheduler": {"scheduler": Bare(), "interval": "step"}})
    assert opt_idxs(beside) == [1]
    assert opt_idxs(([first, second], [{"scheduler": Bare(), "opt_idx": 1}])) == [1]


def test_a_scheduler_that_says_another_optimizer_than_its_own_is_refused():
    first, second = sgd(Lit()), sgd(Lit())
    with pytest.raises(MisconfigurationException, match="opt_idx=0, and its optimizer is number 1"):
        opt_idxs(([first, second], [{"scheduler": halving(second), "opt_idx": 0}]))
    with pytest.raises(MisconfigurationException, match=r"Bare has no attribute optimizer.*'opt_idx': 0"):
        opt_idxs(([first, second], [Bare()]))


def test_frequencies_are_those_of_dictionaries():
    one, two = ({"optimizer": sgd(Lit()), "frequency": number} for number in (3, 1))
    assert frequencies_of((one, two)) == [3, 1]
    assert frequencies_of([{"optimizer": sgd(Lit())}] * 2) == []
    assert frequencies_of(one) == frequencies_of(([sgd(Lit())], [])) == frequencies_of(None) == []


def test_a_frequency_is_given_to_each_optimizer_or_to_none():
    one, two = {"optimizer": sgd(Lit()), "frequency": 2}, {"optimizer": sgd(Lit())}
    with pytest.raises(ValueError, match="1 of 2 optimizers have a 'frequency'"):
        frequencies_of([one, two])
    with pytest.raises(MisconfigurationException, match="whole number of at least 1, got 0"):
        frequencies_of([one, {**two, "frequency": 0}])


def test_any_arguments_hold_an_index():
    check_index(lit(training_step=lambda self, *args: None), 2)
    module = lit(training_step=lambda self, *args: None)
    module.automatic_optimization = False
    check_index(module, 2)

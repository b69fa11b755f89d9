import pickle

import pytest
from lightning.pytorch.utilities import combined_loader as theirs
from tests.side_by_side.test_collections import EVALUATES, USES, pair
from tests.side_by_side.twins import twins
from torch.utils.data import DataLoader

from groundwire_lightning.utilities import combined_loader as ours

# the class by itself


LOADERS = {
    "lists": lambda: [range(3), range(5)],
    "one": lambda: range(4),
    "a dictionary": lambda: {"a": range(3), "b": [range(2), range(6)]},
    "loaders": lambda: {"a": DataLoader(range(6), batch_size=4), "b": DataLoader(range(15), batch_size=5)},
    "without a length": lambda: [iter(range(3)), range(2)],
    "an empty one": lambda: [range(0), range(2)],
    "numbers": lambda: [1, 2, 3],
}


def everything_of(module, loaders, mode, limits):
    made = module.CombinedLoader(loaders(), mode)
    made.limits = limits
    try:
        batches = [(str(batch), *where) for batch, *where in made]
    except (RuntimeError, TypeError, ValueError) as error:
        batches = type(error).__name__
    try:
        length = len(made)
    except (RuntimeError, TypeError, ValueError) as error:
        length = type(error).__name__
    return batches, length, made.limits, len(made.flattened), str(made.iterables)[:20], type(made.sampler).__name__


@pytest.mark.parametrize("limits", [None, 2, 0])
@pytest.mark.parametrize("mode", ["min_size", "max_size_cycle", "max_size", "sequential"])
@pytest.mark.parametrize("loaders", LOADERS)
def test_a_combined_loader_gives_what_lightnings_gives(loaders, mode, limits):
    found = [everything_of(module, LOADERS[loaders], mode, limits) for module in (theirs, ours)]
    assert found[0] == found[1]


def test_wrong_use_is_refused_as_lightning_refuses_it():
    for module in (theirs, ours):
        with pytest.raises(ValueError, match="mode"):
            module.CombinedLoader([], "all")
        made = module.CombinedLoader([range(2), range(3)])
        with pytest.raises(ValueError, match="flattened"):
            made.flattened = [1]
        with pytest.raises(ValueError, match="limits"):
            made.limits = [1]
        with pytest.raises(RuntimeError, match="iter"):
            len(made)


def test_loaders_can_be_replaced_pickled_and_reset():
    for module in (theirs, ours):
        made = module.CombinedLoader({"a": range(2), "b": range(3)}, "max_size")
        made.flattened = [range(1), range(2)]
        assert made.iterables == {"a": range(1), "b": range(2)}
        next(iter(made))
        assert next(iter(pickle.loads(pickle.dumps(made))))[0] == {"a": 0, "b": 0}
        made.reset()
        with pytest.raises(RuntimeError):
            len(made)


class Stateful(list):
    def state_dict(self):
        return {"at": len(self)}

    def load_state_dict(self, state):
        self.append(state["at"])


def test_loaders_with_a_state_give_and_take_it():
    for module in (theirs, ours):
        loader = Stateful(range(3))
        made = module.CombinedLoader([loader, range(2)])
        assert made._state_dicts() == [{"at": 3}]
        made._load_state_dicts([{"at": 9}])
        assert loader[-1] == 9
        with pytest.raises(RuntimeError):
            made._load_state_dicts([{}, {}])


def test_lightnings_own_combined_loader_is_read_like_ours():
    def scenario(stage):
        trainer = stage.make_trainer()
        loaders = theirs.CombinedLoader(dict(zip("ab", pair(stage), strict=True)), "max_size")
        trainer.fit(stage.make_module(methods={**USES, **EVALUATES}), loaders, theirs.CombinedLoader(list(pair(stage))))
        return sorted(trainer.train_dataloader)

    twins(scenario)

import copy

from tests.side_by_side import twins as stages
from tests.side_by_side.twins import BOTH


def twins(scenario, *, refused=False, **kwargs):
    """The record of a scenario that both play alike, to its end or, where that is what is tested, to an error."""
    record = stages.twins(scenario, **kwargs)
    answer = record["answer"]
    assert (isinstance(answer, list) and answer[:1] == ["raised"]) == refused, answer
    return record


def with_callbacks(make, *, methods=None, state=True, **arguments):
    """A fit with the callbacks that ``make`` makes of Lightning's or our ``callbacks``; answers with their state."""

    def scenario(stage):
        made = make(stage.callbacks)
        module = stage.make_module(methods=BOTH if methods is None else methods)
        listener = stage.make_callback("behind")
        trainer = stage.make_trainer(callbacks=[*made, listener], **{"max_epochs": 3, **arguments})
        trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10))
        return [copy.deepcopy(callback.state_dict()) for callback in made] if state else None

    return scenario

"""Methods of which player a run calls, in Lightning and here."""

import pytest
from tests.side_by_side.twins import LOADERS, TRANSFER, loss_of, twins


def telling(stage, who, hook):
    """A hook of a transfer that changes nothing; stages do not listen to those of data modules by themselves."""

    def method(player, batch, *args):
        stage.note(who, hook)
        return batch

    return {hook: method}


def own_loader(module):
    return module.stage.loader("the module's")


def heard(stage, *names):
    """The players that were called by one of the names, each once."""
    calls = [call["call"].split(": ") for call in stage.calls]
    return list(dict.fromkeys(f"{who}: {what}" for who, what in calls if what in names))


@pytest.mark.parametrize("hook", TRANSFER)
@pytest.mark.parametrize(("brought", "who"), [(True, "data module"), (False, "module")])
def test_what_the_data_module_brings_the_module_is_not_asked_for(hook, brought, who):
    def scenario(stage):
        module = stage.make_module(methods=telling(stage, "module", hook) | {"train_dataloader": own_loader})
        data = stage.make_data(methods=telling(stage, "data module", hook) if brought else {})
        stage.make_trainer(max_steps=1).fit(module, datamodule=data)
        return heard(stage, hook, "train_dataloader")

    expected = ["data module: train_dataloader", f"{who}: {hook}"]
    assert twins(scenario, hears=False)["answer"] == expected


def test_loaders_that_are_passed_win_over_those_of_the_module():
    def scenario(stage):
        module = stage.make_module(methods={"train_dataloader": own_loader})
        stage.make_trainer(max_steps=1).fit(module, stage.loader("passed"))
        return heard(stage, *LOADERS)

    assert twins(scenario, hears=False)["answer"] == []


def validation_step(module, batch, batch_idx):
    loss_of(module, batch)


def test_the_data_module_of_a_call_before_hears_of_the_run_and_brings_no_data():
    def scenario(stage):
        module = stage.make_module(methods={"validation_step": validation_step})
        hook = telling(stage, "data module", TRANSFER[0])
        data = stage.make_data(methods=hook | {"setup": lambda data, stage: None})
        trainer = stage.make_trainer(max_steps=1)
        trainer.fit(module, datamodule=data)
        before = heard(stage, *LOADERS[:2], TRANSFER[0], "setup")
        stage.calls.clear()
        trainer.validate(module, stage.loader("passed"), verbose=False)
        return len(before), heard(stage, *LOADERS, TRANSFER[0], "setup")

    assert twins(scenario, hears=False)["answer"] == [4, ["data module: setup"]]


def by_hand(module, batch, batch_idx):
    optimizer = module.optimizers()
    optimizer.zero_grad()
    module.manual_backward(loss_of(module, batch))
    optimizer.step()


CLIPS = ("configure_gradient_clipping", "clip_gradients")


@pytest.mark.parametrize(
    ("automatic", "overridden", "called"),
    [
        (True, CLIPS[:1], ["module: configure_gradient_clipping"]),
        (True, CLIPS[1:], ["module: clip_gradients"]),
        (True, CLIPS, ["module: configure_gradient_clipping"]),
        (False, CLIPS, []),
    ],
)
def test_clipping_is_asked_for_at_one_method_and_not_where_steps_are_made_by_hand(automatic, overridden, called):
    def scenario(stage):
        methods = dict.fromkeys(overridden, lambda module, *args, **kwargs: None)
        module = stage.make_module(methods=methods | ({} if automatic else {"training_step": by_hand}))
        module.automatic_optimization = automatic
        stage.make_trainer(max_steps=1).fit(module, stage.loader())
        return heard(stage, *CLIPS)

    assert twins(scenario, hears=False)["answer"] == called


def test_a_callback_hears_of_a_validation_by_no_method_of_training_or_test():
    def scenario(stage):
        trainer = stage.make_trainer(callbacks=[stage.make_callback()])
        trainer.validate(stage.make_module(methods={"validation_step": validation_step}), stage.loader(), verbose=False)
        called = [call["call"].partition("callback: on_")[2] for call in stage.calls]
        return sorted({name.partition("_")[0] for name in called if name})

    assert twins(scenario)["answer"] == ["validation"]

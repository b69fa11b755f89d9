"""What counts as an override: methods with old names, and wrappers that stand around what a base class has."""

import functools
from unittest.mock import Mock

import lightning
import pytest
from tests.side_by_side.twins import BOTH, GUESTS, fit, loss_of, twins

import groundwire_lightning


def test_methods_with_names_of_lightning_1_that_a_module_calls_itself_are_left_to_it():
    def scenario(stage):
        def on_train_epoch_end(module):
            module.on_epoch_end()
            module.on_batch_end([1])

        methods = {
            "on_epoch_end": lambda module: stage.note("module", "on_epoch_end"),
            "on_batch_end": lambda module, numbers: stage.note("module", "on_batch_end"),
            "on_epoch_start": lambda module, first, second: stage.note("module", "on_epoch_start"),
        }
        fit(stage, methods={**BOTH, **methods, "on_train_epoch_end": on_train_epoch_end})

    ours = twins(scenario)
    assert sum(call["call"] == "module: on_epoch_end" for call in ours["calls"]) == 2


def traced(method):
    @functools.wraps(method)
    def wrapper(*args, **kwargs):
        return method(*args, **kwargs)

    return wrapper


WRAPPERS = {
    "wraps": traced,
    "partial": functools.partial,
    "mock": lambda method: Mock(wraps=method),
    "itself": lambda method: method,
}
wrapped = pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)


@pytest.mark.parametrize("place", [groundwire_lightning, GUESTS], ids=["ours", "guests"])
@wrapped
@pytest.mark.parametrize("hook", ["on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer"])
def test_a_wrapper_around_the_transfer_hook_that_a_data_module_inherits_is_no_override(hook, wrap, place):
    def scenario(stage):
        def halved(module, batch, *where):
            return [batch[0] * 0.5, batch[1]]

        module, data = stage.make_module(methods={hook: halved}), stage.make_data()
        setattr(data, hook, wrap(getattr(data, hook)))
        stage.make_trainer(max_epochs=1).fit(module, datamodule=data)

    twins(scenario, hears=False, ours=place)


@wrapped
@pytest.mark.parametrize("hook", ["on_train_start", "on_train_batch_end", "optimizer_step", "on_validation_epoch_end"])
def test_a_wrapper_around_a_hook_that_is_called_anyway_is_called(hook, wrap):
    def scenario(stage):
        module = stage.make_module(methods=BOTH)
        inherited = getattr(module, hook)

        def seen(*args, **kwargs):
            stage.note("module", hook)
            return inherited(*args, **kwargs)

        setattr(module, hook, wrap(seen))
        stage.make_trainer(max_epochs=1).fit(module, stage.loader(), stage.loader("val"))

    ours = twins(scenario, hears=False)
    assert any(call["call"] == f"module: {hook}" for call in ours["calls"])


def test_a_mock_around_what_is_inherited_counts_its_calls():
    def scenario(stage):
        module = stage.make_module(methods=BOTH)
        mocks = {name: Mock(wraps=getattr(module, name)) for name in ("on_train_start", "optimizer_step", "backward")}
        vars(module).update(mocks)
        stage.make_trainer(max_epochs=1).fit(module, stage.loader(), stage.loader("val"))
        return {name: mock.call_count for name, mock in mocks.items()}

    ours = twins(scenario, hears=False)
    assert ours["answer"] == {"on_train_start": 1, "optimizer_step": 7, "backward": 7}


@wrapped
@pytest.mark.parametrize("method", ["training_step", "configure_optimizers"])
def test_what_a_run_cannot_do_without_is_missed_behind_a_wrapper_too(method, wrap):
    def scenario(stage):
        module = stage.make_module()
        base = stage.L.LightningModule
        setattr(module, method, wrap(getattr(base, method).__get__(module)))
        stage.make_trainer().fit(module, stage.loader())

    ours = twins(scenario, hears=False)
    assert ours["answer"] == ["raised", "MisconfigurationException"]


@pytest.mark.parametrize("method", ["training_step", "configure_optimizers", "validation_step"])
def test_another_name_for_the_method_of_the_base_class_is_no_override(method):
    def scenario(stage):
        module = stage.make_module(methods={**BOTH, method: getattr(stage.L.LightningModule, method)})
        stage.make_trainer().fit(module, stage.loader(), stage.loader("val"))

    twins(scenario, hears=False)


@wrapped
def test_is_overridden_answers_as_lightning_does(wrap):
    from lightning.pytorch.utilities import model_helpers

    from groundwire_lightning.guests import is_overridden

    for framework, answer in ((lightning, model_helpers.is_overridden), (groundwire_lightning, is_overridden)):
        module = framework.LightningModule()
        module.on_fit_start = wrap(module.on_fit_start)
        module.on_fit_end = wrap(lambda: None)
        assert not answer("on_fit_start", module)
        assert answer("on_fit_end", module)


ENTRIES = {"fit": "validation", "validate": "validation", "test": "test", "predict": "predict"}


@pytest.mark.parametrize("loaders", [1, 2])
@pytest.mark.parametrize("needs", ["validation_step", "test_step", "predict_step"])
@pytest.mark.parametrize("entry", ENTRIES)
def test_only_what_an_entry_point_calls_is_held_against_its_loaders(entry, needs, loaders):
    def told(module, batch, batch_idx, dataloader_idx):
        return loss_of(module, batch)

    def takes_both(module, batch, batch_idx, dataloader_idx=0):
        return loss_of(module, batch)

    def scenario(stage):
        steps = {f"{phase}_step": takes_both for phase in ("validation", "test", "predict")}
        module = stage.make_module(methods={**steps, needs: told})
        data = [stage.loader("val") for _ in range(loaders)]
        given = (stage.loader(), data) if entry == "fit" else (data,)
        answer = getattr(stage.make_trainer(max_epochs=1), entry)(module, *given)
        return answer if entry != "predict" else len(answer)

    ours = twins(scenario, hears=False)
    refused = loaders == 1 and ENTRIES[entry] in needs
    assert (ours["answer"] == ["raised", "RuntimeError"]) == refused

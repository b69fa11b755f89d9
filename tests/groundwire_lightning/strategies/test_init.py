import pytest

from groundwire_lightning import NotSupportedYetError, strategies
from groundwire_lightning.strategies import DDPStrategy, SingleDeviceStrategy, StrategyRegistry


def test_a_word_stands_for_the_class_that_takes_it():
    assert StrategyRegistry["single_device"] is SingleDeviceStrategy
    words = set(StrategyRegistry.available_strategies()) - {"single_device"}
    assert {"ddp", "ddp_spawn", "ddp_notebook", "ddp_find_unused_parameters_true"} <= words
    assert {StrategyRegistry[word] for word in words} == {DDPStrategy}


def test_a_strategy_of_ones_own_is_not_registered():
    with pytest.raises(NotSupportedYetError, match=r"register\('mine'\).*_create_accelerator"):
        StrategyRegistry.register("mine", DDPStrategy)


@pytest.mark.parametrize("name", ["FSDPStrategy", "DeepSpeedStrategy", "ModelParallelStrategy", "XLAStrategy"])
def test_a_strategy_that_is_not_here_says_what_to_do_instead(name):
    with pytest.raises(NotSupportedYetError, match=name):
        getattr(strategies, name)()


def test_modules_below_are_found_and_others_are_not():
    assert strategies.ddp.DDPStrategy is DDPStrategy
    with pytest.raises(AttributeError, match="no attribute 'dpp'"):
        strategies.dpp  # noqa: B018  # reading it is what is tested

import pytest
from tests.groundwire_lightning.small import Lit, network

import groundwire_lightning as L
from groundwire import DEFAULT_CALLBACKS, GroundwireError, Trainer


class MyTrainer(Trainer):
    def __init__(self, model, loss_func, optimizer, callbacks=(), rate=0.0):
        super().__init__(model, loss_func, optimizer, callbacks=callbacks)
        self.rate = rate


def test_adapt_makes_a_class_of_the_users_and_the_adapter():
    trainer = L.adapt(Lit(), MyTrainer, rate=0.5)
    assert type(trainer).__mro__[1:3] == (MyTrainer, L.LightningAdapter)
    assert type(trainer).__name__ == "LightningMyTrainer"
    assert trainer.rate == 0.5


def test_adapt_without_a_class_is_the_adapter_itself_and_leaves_one_that_has_it():
    class Mine(MyTrainer, L.LightningAdapter):
        pass

    assert type(L.adapt(Lit())) is L.LightningAdapter
    assert type(L.adapt(Lit(), Mine)) is Mine
    assert L.adapt(Lit()).callback_handler.callback_list == [cls.__name__ for cls in DEFAULT_CALLBACKS]


@pytest.mark.parametrize("given", [Lit, Trainer(network(), None, None, callbacks=[]), None])
def test_adapt_takes_trainer_classes_only(given):
    with pytest.raises(GroundwireError, match=r"adapt: trainer_class is a subclass of groundwire\.Trainer, got"):
        L.adapt(Lit(), given)

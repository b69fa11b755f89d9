import inspect

import pytest
from tests.groundwire_lightning.small import Lit, equal, loader, quiet

import groundwire_lightning as L
from groundwire_lightning import NotSupportedYetError

# what people do with the class


def test_a_subclass_may_have_a_train_that_calls_fit_and_attributes_of_its_own():
    class Mine(L.Trainer):
        def __init__(self, batch_size=4, solver=None, **kwargs):
            self.batch_size = batch_size
            self.logging_kwargs = {}
            super().__init__(**kwargs)
            self.solver = solver
            self._solver = self.data_module = None

        def train(self, model, **kwargs):
            return super().fit(model, **kwargs)

    plain, mine = Lit(), Lit()
    quiet().fit(plain, loader())
    trainer = quiet(Mine, batch_size=8, solver="adam")
    trainer.train(mine, train_dataloaders=loader())
    assert equal(plain, mine)
    assert (trainer.batch_size, trainer.solver) == (8, "adam")


def test_a_subclass_may_override_fit():
    class Mine(L.Trainer):
        def fit(self, model, *args, **kwargs):
            self.asked = args
            super().fit(model, *args, **kwargs)
            return self

    trainer = quiet(Mine)
    assert trainer.fit(Lit(), loader()) is trainer
    assert trainer.global_step == 3


def test_arguments_may_come_from_a_dictionary_filtered_by_the_signature():
    config = {"max_epochs": 1, "lr": 0.1, "accelerator": "cpu", "logger": False, "enable_progress_bar": False}
    known = inspect.signature(L.Trainer.__init__).parameters
    trainer = L.Trainer(**{name: value for name, value in config.items() if name in known})
    assert trainer.max_epochs == 1


def test_train_and_evaluate_of_the_core_name_what_to_call():
    with pytest.raises(NotSupportedYetError, match=r"fit\(model"):
        quiet().train()
    with pytest.raises(NotSupportedYetError, match=r"validate\(model"):
        quiet().evaluate()

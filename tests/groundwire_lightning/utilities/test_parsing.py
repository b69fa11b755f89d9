import importlib
import inspect

import lightning.fabric
import lightning.pytorch
import pytest

import groundwire_lightning as L


def test_an_attribute_is_found_where_lightning_looks_for_it():
    from groundwire_lightning.utilities.parsing import lightning_getattr, lightning_hasattr, lightning_setattr

    class Lit(L.LightningModule):
        def __init__(self, batch_size=4):
            super().__init__()
            self.save_hyperparameters()

    module = Lit()
    assert lightning_hasattr(module, "batch_size")
    lightning_setattr(module, "batch_size", 8)
    assert lightning_getattr(module, "batch_size") == module.hparams.batch_size == 8
    with pytest.raises(AttributeError, match="neither Lit nor"):
        lightning_getattr(module, "rate")


@pytest.mark.parametrize("framework", [lightning.pytorch, L])
def test_a_hyper_parameter_of_the_data_module_is_found_too(framework):
    utilities = importlib.import_module(f"{framework.__name__}.utilities.parsing")

    class Data(framework.LightningDataModule):
        def __init__(self, batch_size=4):
            super().__init__()
            self.save_hyperparameters()

    module, trainer = framework.LightningModule(), framework.Trainer(accelerator="cpu", logger=False)
    data = Data()
    module._trainer = trainer if framework is L else type("Has", (), {"datamodule": data})
    if framework is L:
        trainer.datamodule = data
    assert utilities.lightning_getattr(module, "batch_size") == 4
    utilities.lightning_setattr(module, "batch_size", 8)
    assert data.hparams.batch_size == 8


@pytest.mark.parametrize("classes", [(), (dict,)])
@pytest.mark.parametrize("framework", [lightning.pytorch, L])
def test_arguments_of_constructors_are_collected_from_the_innermost_up(framework, classes):
    parsing = importlib.import_module(f"{framework.__name__}.utilities.parsing")

    class Base:
        def __init__(self, depth=1, **rest):
            super().__init__()
            self.collected = collect()

    class Above(Base):
        def __init__(self, width, *more, name="a"):
            super().__init__(depth=3, other=width)

    def collect():
        return parsing.collect_init_args(inspect.currentframe(), [], classes=classes)

    told = [] if classes else [{"depth": 3, "other": 2}, {"width": 2, "name": "a"}]
    assert Above(2, 5).collected == told


@pytest.mark.parametrize("framework", [lightning.pytorch, L])
def test_what_cannot_be_pickled_is_taken_out_with_a_warning(framework):
    parsing = importlib.import_module(f"{framework.__name__}.utilities.parsing")
    hparams = {"rate": 0.1, "made": lambda: None}
    with pytest.warns(UserWarning, match=r"ignore=\['made'\]"):
        parsing.clean_namespace(hparams)
    assert hparams == {"rate": 0.1}

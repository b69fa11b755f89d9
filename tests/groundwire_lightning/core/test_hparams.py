"""What ``save_hyperparameters`` keeps in its many forms."""

import argparse
import copy
import dataclasses
import pickle

import lightning
import pytest
import torch

import groundwire_lightning

FRAMEWORKS = {"lightning": lightning, "groundwire": groundwire_lightning}


@dataclasses.dataclass
class Config:
    width: int = 4
    rates: tuple = (0.1, 0.2)


def bases(framework):
    return framework.LightningModule, framework.LightningDataModule


def everything(base):
    class Net(base):
        def __init__(self, width, rate=0.1, *, name="net"):
            super().__init__()
            self.save_hyperparameters()

    return Net(3, rate=0.2)


def before_super(base):
    class Net(base):
        def __init__(self, width, rate=0.1):
            self.save_hyperparameters()
            super().__init__()

    return Net(3)


def with_rest(base):
    class Net(base):
        def __init__(self, width, *rest, **more):
            super().__init__()
            self.save_hyperparameters()

    return Net(3, 4, 5, rate=0.2, deep={"a": 1})


def with_locals(base):
    class Net(base):
        def __init__(self, width):
            super().__init__()
            twice = width * 2
            width = twice + 1
            self.save_hyperparameters()

    return Net(3)


def some(base):
    class Net(base):
        def __init__(self, width, rate=0.1, name="net"):
            super().__init__()
            self.save_hyperparameters("width", "name")

    return Net(3)


def one(base):
    class Net(base):
        def __init__(self, width, rate=0.1):
            super().__init__()
            self.save_hyperparameters("rate")

    return Net(3)


def without_one(base):
    class Net(base):
        def __init__(self, width, rate=0.1, name="net"):
            super().__init__()
            self.save_hyperparameters(ignore="rate")

    return Net(3)


def without_some(base):
    class Net(base):
        def __init__(self, width, rate=0.1, name="net"):
            super().__init__()
            self.save_hyperparameters(ignore=["rate", "name", "other"])

    return Net(3)


def names_without(base):
    class Net(base):
        def __init__(self, width, rate=0.1, name="net"):
            super().__init__()
            self.save_hyperparameters("width", "rate", ignore=("rate",))

    return Net(3)


def a_dictionary(base):
    class Net(base):
        def __init__(self, conf, rate=0.1):
            super().__init__()
            self.save_hyperparameters(conf)

    return Net({"width": 3, "deep": {"a": [1]}})


def a_namespace(base):
    class Net(base):
        def __init__(self, conf):
            super().__init__()
            self.save_hyperparameters(conf)

    return Net(argparse.Namespace(width=3, rate=0.1))


def a_namespace_as_an_argument(base):
    class Net(base):
        def __init__(self, conf, rate=0.1):
            super().__init__()
            self.save_hyperparameters()

    return Net(argparse.Namespace(width=3))


def something_made_here(base):
    class Net(base):
        def __init__(self, width):
            super().__init__()
            self.save_hyperparameters({"made": width * 2})

    return Net(3)


def a_dataclass_as_an_argument(base):
    class Net(base):
        def __init__(self, config):
            super().__init__()
            self.save_hyperparameters()

    return Net(Config())


def a_dataclass_itself(base):
    class Net(base):
        def __init__(self, config):
            super().__init__()
            self.save_hyperparameters(config)

    return Net(Config())


def a_number_itself(base):
    class Net(base):
        def __init__(self, width):
            super().__init__()
            self.save_hyperparameters(width)

    return Net(3)


def an_empty_dictionary(base):
    class Net(base):
        def __init__(self, conf):
            super().__init__()
            self.save_hyperparameters(conf)

    return Net({})


def an_unknown_name(base):
    class Net(base):
        def __init__(self, width):
            super().__init__()
            self.save_hyperparameters("height")

    return Net(3)


def two_calls(base):
    class Net(base):
        def __init__(self, width, rate=0.1):
            super().__init__()
            self.save_hyperparameters("width")
            self.save_hyperparameters({"more": 1})

    return Net(3)


def in_the_base(base):
    class Parent(base):
        def __init__(self, width, **kwargs):
            super().__init__()
            self.save_hyperparameters()

    class Net(Parent):
        def __init__(self, rate=0.1, **kwargs):
            super().__init__(width=8, **kwargs)

    return Net(rate=0.3, name="net")


def in_the_base_and_again(base):
    class Parent(base):
        def __init__(self, width, depth=1):
            super().__init__()
            self.save_hyperparameters()

    class Net(Parent):
        def __init__(self, width, rate=0.1):
            super().__init__(width * 2)
            self.save_hyperparameters()

    return Net(2)


def in_a_method(base):
    class Net(base):
        def __init__(self, width, rate=0.1):
            super().__init__()
            self.keep()

        def keep(self):
            self.save_hyperparameters()

    return Net(3)


def not_for_a_logger(base):
    class Net(base):
        def __init__(self, width):
            super().__init__()
            self.save_hyperparameters(logger=False)

    return Net(3)


def without_any(base):
    class Net(base):
        def __init__(self):
            super().__init__()
            self.save_hyperparameters()

    return Net()


def never_saved(base):
    class Net(base):
        def __init__(self, width):
            super().__init__()

    return Net(3)


def changed_later(base):
    made = everything(base)
    made.hparams.width = 9
    made.hparams["new"] = [1, 2]
    return made


def changed_inside(base):
    class Net(base):
        def __init__(self, conf):
            super().__init__()
            self.save_hyperparameters()
            self.hparams.conf["a"] = 5

    return Net({"a": 1})


def copied(base):
    return copy.deepcopy(everything(base))


FORMS = (
    everything,
    before_super,
    with_rest,
    with_locals,
    some,
    one,
    without_one,
    without_some,
    names_without,
    a_dictionary,
    a_namespace,
    a_namespace_as_an_argument,
    something_made_here,
    a_dataclass_as_an_argument,
    a_dataclass_itself,
    a_number_itself,
    an_empty_dictionary,
    an_unknown_name,
    two_calls,
    in_the_base,
    in_the_base_and_again,
    in_a_method,
    not_for_a_logger,
    without_any,
    never_saved,
    changed_later,
    changed_inside,
    copied,
)


def kept(form, base):
    try:
        made = form(base)
    except Exception as error:  # noqa: BLE001  # which one it is is compared
        return type(error).__name__
    names = [getattr(made, name, None) for name in ("_hparams_name", "_log_hyperparams")]
    return dict(made.hparams), dict(made.hparams_initial), repr(made.hparams), names


@pytest.mark.parametrize("which", [0, 1], ids=["module", "data module"])
@pytest.mark.parametrize("form", FORMS)
def test_hyperparameters_are_kept_as_lightning_keeps_them(form, which):
    theirs, ours = (kept(form, bases(framework)[which]) for framework in FRAMEWORKS.values())
    assert ours == theirs


def test_hyperparameters_are_attributes_too():
    hparams = everything(groundwire_lightning.LightningModule).hparams
    assert (hparams.width, hparams.rate) == (3, 0.2)
    assert pickle.loads(pickle.dumps(hparams)) == hparams
    with pytest.raises(AttributeError, match="height"):
        hparams.height  # noqa: B018  # reading it raises


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_a_module_among_hyperparameters_is_warned_of(framework):
    class Around(bases(framework)[0]):
        def __init__(self, net):
            super().__init__()
            self.save_hyperparameters()

    with pytest.warns(UserWarning, match=r"net.*save_hyperparameters\(ignore=\['net'\]\)"):
        Around(torch.nn.Linear(1, 1))

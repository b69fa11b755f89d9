"""The classes that a Trainer is made of: few, and a name stands in two of them only where one is meant to extend it."""

import pytest

import groundwire
import groundwire_lightning
from groundwire.tables.hooks import HOOKS

TRAINERS = {groundwire.Trainer: 3, groundwire_lightning.Trainer: 11}

EXTENDED = {
    "groundwire.Trainer": (  # what an adapter is to extend, beside the hooks
        *("hook_maps", "hook_order", "train", "evaluate", "predict", "explain", "save_checkpoint"),
        *("_create_accelerator", "_run", "_new_run", "_known", "_parts", "_wire", "_on_device"),
        *("_before_run", "_after_run", "_clean_up", "_new_eval_dataloader", "_update_loss_tracker"),
        *("_state_within_epoch", "_take_up_within_epoch", "_add_epoch_loss_to_run_history", "__init__"),
        "__setstate__",
    ),
    "groundwire_lightning.LightningAdapter": (  # where Lightning's order differs from the native one
        *("current_epoch", "global_step", "num_training_batches", "num_val_batches"),
        *("gradient_clip_val", "gradient_clip_algorithm", "_accepted", "_announced"),
        *("choose_way", "_nests", "_count_step", "_step", "_clips_before_step"),
    ),
    "groundwire_lightning.core.options.HasOptions": ("_options", "_arguments_in"),
}
"""Names that a class below another one has as well, by the class whose they are."""

OF_EVERY_CLASS = {"__module__", "__doc__", "__annotations__", "__dict__", "__weakref__", "__static_attributes__"}
OF_EVERY_CLASS |= {"__firstlineno__", "__annotate_func__", "__annotations_cache__", "__parameters__"}


def classes_of(trainer: type) -> tuple[type, ...]:
    return trainer.__mro__[:-1]


def names_in_two(trainer: type) -> dict[str, list[str]]:
    """The names that several classes of a Trainer set, and which these are."""
    names = sorted({name for cls in classes_of(trainer) for name in vars(cls)} - OF_EVERY_CLASS)
    owners = {name: [cls.__qualname__ for cls in classes_of(trainer) if name in vars(cls)] for name in names}
    return {name: classes for name, classes in owners.items() if len(classes) > 1}


def not_meant(trainer: type) -> dict[str, list[str]]:
    """Those that are no hook, and that nothing is said of."""
    meant = {*HOOKS, *(name for names in EXTENDED.values() for name in names)}
    return {name: classes for name, classes in names_in_two(trainer).items() if name not in meant}


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_trainer_is_made_of_few_classes(trainer: type) -> None:
    assert len(classes_of(trainer)) <= TRAINERS[trainer]


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_name_stands_in_two_classes_only_where_it_is_meant_to_be_extended(trainer: type) -> None:
    assert not_meant(trainer) == {}


def test_every_name_that_is_meant_to_be_extended_is() -> None:
    extended = names_in_two(groundwire_lightning.Trainer)
    assert [name for names in EXTENDED.values() for name in names if name not in extended] == []


class Below:
    of_one = by_both = "below"

    def optimizer_step(self) -> None: ...


class Above(Below):
    of_other = by_both = "above"

    def optimizer_step(self) -> None: ...


def test_a_name_in_two_classes_is_found() -> None:
    assert not_meant(Above) == {"by_both": ["Above", "Below"]}


def test_one_class_more_is_found() -> None:
    assert (
        len(classes_of(type("OneMore", (groundwire_lightning.Trainer,), {}))) > TRAINERS[groundwire_lightning.Trainer]
    )

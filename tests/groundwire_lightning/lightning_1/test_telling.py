import warnings

from tests.groundwire_lightning.small import lit, loader, quiet

OLD = {"training_epoch_end": lambda self, outputs: None, "on_epoch_end": lambda self: None}


def told_of(trainer, module):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        trainer.fit(module, loader(), loader())
    return [str(each.message) for each in warned if "Lightning 1" in str(each.message)]


def test_the_old_hooks_of_a_class_are_told_in_one_sentence_with_the_new_ones():
    (sentence,) = told_of(quiet(), lit(**OLD))
    assert sentence.startswith("Lit has hooks of Lightning 1, which are called as they were there.")
    assert "training_epoch_end, now: on_train_epoch_end, with a list of your own" in sentence
    assert "on_epoch_end, now: on_train_epoch_end, on_validation_epoch_end" in sentence


def test_a_trainer_tells_once():
    module, trainer = lit(**OLD), quiet()
    assert len(told_of(trainer, module)) == 1
    assert told_of(trainer, module) == []


def test_a_module_without_an_old_name_is_told_nothing():
    assert told_of(quiet(), lit(on_train_epoch_end=lambda self: None)) == []

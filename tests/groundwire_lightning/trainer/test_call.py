from tests.groundwire_lightning.small import lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.trainer.call import (
    _call_callback_hooks,
    _call_lightning_datamodule_hook,
    _call_lightning_module_hook,
)


class Tells(L.Callback):
    def __init__(self):
        self.heard = []

    def on_own(self, trainer, module, word):
        self.heard.append((trainer, module, word))


def test_hooks_that_are_run_by_hand_get_what_they_get_in_a_run():
    callback = Tells()
    module = lit(on_own=lambda self, word: word.upper())
    trainer = quiet(callbacks=[callback])
    trainer.fit(module, loader())
    assert _call_lightning_module_hook(trainer, "on_own", "word") == "WORD"
    assert _call_lightning_module_hook(trainer, "on_own", "word", pl_module=lit(on_own=lambda self, word: 3)) == 3
    _call_callback_hooks(trainer, "on_own", "word")
    assert callback.heard == [(trainer, module, "word")]


def test_a_hook_that_is_not_there_is_not_run():
    trainer = quiet(callbacks=[Tells()])
    trainer.fit(lit(), loader())
    assert _call_lightning_module_hook(trainer, "on_nothing") is None
    assert _call_lightning_datamodule_hook(trainer, "on_own", "word") is None
    _call_callback_hooks(trainer, "on_nothing")


def test_a_data_module_is_asked_too():
    class Data(L.LightningDataModule):
        def train_dataloader(self):
            return loader()

        def on_own(self, word):
            return word * 2

    trainer = quiet()
    trainer.fit(lit(), datamodule=Data())
    assert _call_lightning_datamodule_hook(trainer, "on_own", "ab") == "abab"

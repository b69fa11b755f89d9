from tests.side_by_side.twins import twins

from groundwire_lightning.callbacks import ProgressBar, TQDMProgressBar


def test_several_bars_and_a_bar_that_is_not_wanted_are_refused_as_in_lightning():
    for made, wanted in ((2, True), (1, False)):

        def scenario(stage, made=made, wanted=wanted):
            stage.make_module()
            stage.trainer = stage.make_trainer()
            bars = [stage.callbacks.TQDMProgressBar() for _ in range(made)]
            stage.make_trainer(callbacks=bars, enable_progress_bar=wanted)

        assert twins(scenario, hears=False)["answer"] == ["raised", "MisconfigurationException"]


def test_a_bar_of_todays_base_may_have_a_method_that_lightning_1_had_too():
    class Own(ProgressBar):
        def init_train_tqdm(self, trainer):
            return trainer

    class Old(ProgressBar):
        def init_train_tqdm(self):
            bar = super().init_train_tqdm()
            bar.set_description("mine")
            return bar

    assert Own.__bases__ == (ProgressBar,)
    assert Old.__bases__ == (TQDMProgressBar,)

from tests.side_by_side.twins import twins


def test_several_bars_and_a_bar_that_is_not_wanted_are_refused_as_in_lightning():
    for made, wanted in ((2, True), (1, False)):

        def scenario(stage, made=made, wanted=wanted):
            stage.make_module()
            stage.trainer = stage.make_trainer()
            bars = [stage.callbacks.TQDMProgressBar() for _ in range(made)]
            stage.make_trainer(callbacks=bars, enable_progress_bar=wanted)

        assert twins(scenario, hears=False)["answer"] == ["raised", "MisconfigurationException"]

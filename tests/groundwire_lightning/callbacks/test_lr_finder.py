from tests.groundwire_lightning.test_tuner import RATED, played, what_was_found


def test_a_run_goes_on_with_the_rate_that_was_suggested():
    def scenario(stage):
        module = stage.make_module(methods=RATED)
        finder = stage.callbacks.LearningRateFinder(num_training_steps=20)
        trainer = stage.make_trainer(callbacks=[stage.make_callback(), finder], max_epochs=3)
        trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10))
        order = [type(each).__name__ for each in trainer.callbacks]
        return [what_was_found(finder.optimal_lr), module.lr, order, trainer.global_step]

    played(scenario)

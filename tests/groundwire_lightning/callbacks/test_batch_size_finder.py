import torch
from tests.groundwire_lightning.test_tuner import RATED, forget_trials, loaders, played


def seeded(self):
    torch.manual_seed(3)


def test_a_run_goes_on_with_the_batch_size_that_was_found():
    def scenario(stage):
        module = stage.make_module(methods={**RATED, **loaders(20), "on_train_start": seeded})
        finder = stage.callbacks.BatchSizeFinder()
        stage.make_trainer(callbacks=[finder], max_epochs=2).fit(module)
        tried = [call["call"] for call in stage.calls if "a batch of" in call["call"]]
        forget_trials(stage)
        return [finder.optimal_batch_size, module.batch_size, tried[-8:]]

    played(scenario)

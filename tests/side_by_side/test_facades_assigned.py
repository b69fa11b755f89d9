"""What public code sets and calls on loops, connectors, strategy and optimizers does what it does under Lightning."""

import torch
from tests.side_by_side.twins import BOTH, fit, twins


def test_loaders_are_set_up_while_optimizers_are_configured():
    def scenario(stage):
        def configure_optimizers(module):
            module.trainer.fit_loop.setup_data()
            stage.note("module", "batches", module.trainer.num_training_batches, len(module.trainer.train_dataloader))
            return torch.optim.SGD(module.parameters(), lr=0.1)

        fit(stage, methods={**BOTH, "configure_optimizers": configure_optimizers}, train={"shuffle": True})

    twins(scenario)


def test_optimizers_may_be_set_up_anew_within_a_run():
    def scenario(stage):
        def configure_optimizers(module):
            rate = 0.1 if not module.trainer.current_epoch else 0.01
            optimizer = torch.optim.SGD(module.parameters(), lr=rate)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 2)]

        def on_train_epoch_start(module):
            if module.trainer.current_epoch == 2:
                module.trainer.strategy.setup_optimizers(module.trainer)

        methods = {"configure_optimizers": configure_optimizers, "on_train_epoch_start": on_train_epoch_start}
        fit(stage, methods=methods, max_epochs=4)

    twins(scenario)

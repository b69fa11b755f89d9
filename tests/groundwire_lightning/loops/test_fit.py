from tests.side_by_side.twins import BOTH, fit, loss_of, twins


def test_a_hook_that_loses_the_loss_of_a_batch_ends_no_epoch():
    def training_step(self, batch, batch_idx):
        return None if batch_idx == 2 else loss_of(self, batch)

    twins(lambda stage: fit(stage, methods={**BOTH, "training_step": training_step}))

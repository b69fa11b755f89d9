import torch
from tests.side_by_side.twins import BOTH, fit, loss_of, twins


def test_a_hook_that_loses_the_loss_of_a_batch_ends_no_epoch():
    def training_step(self, batch, batch_idx):
        return None if batch_idx == 2 else loss_of(self, batch)

    twins(lambda stage: fit(stage, methods={**BOTH, "training_step": training_step}))


def test_training_turns_gradients_on_and_leaves_them_on():
    def scenario(stage):
        with torch.no_grad():  # as a generator of predictions does that was not used up
            fit(stage, methods=BOTH)
            return torch.is_grad_enabled()

    twins(scenario)

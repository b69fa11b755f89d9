"""With precision="64-true" what is logged in a step is reduced in 64 bits, whatever its own type is."""

import pytest
import torch
from tests.side_by_side.twins import fit, loss_of, twins


@pytest.mark.parametrize("reduce_fx", ["mean", "sum", "min", "max"])
@pytest.mark.parametrize("kind", ["float32", "number", "int", "float64", "several"])
def test_values_are_averaged_as_under_lightning(kind, reduce_fx):
    def value(loss, batch_idx):
        return {
            "float32": loss.detach().float() / 3,
            "number": 0.1 * (batch_idx + 1),
            "int": batch_idx,
            "float64": loss,
        }[kind]

    def step(module, batch, batch_idx):
        loss = loss_of(module, batch)
        if kind == "several":
            for number in range(3):
                module.log(f"several_{number}", loss.detach().float() / (number + 3), on_step=True, on_epoch=True)
        else:
            module.log("value", value(loss, batch_idx), on_step=True, on_epoch=True, reduce_fx=reduce_fx)
        return loss

    def on_train_batch_end(module, outputs, batch, batch_idx):
        module.log("outside", torch.tensor(0.1), on_epoch=True)
        module.log("outside_number", 0.1 * batch_idx, on_epoch=True)

    methods = {"training_step": step, "validation_step": step, "on_train_batch_end": on_train_batch_end}
    twins(lambda stage: fit(stage, methods=methods, precision="64-true"), hears=False)

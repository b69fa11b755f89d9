"""Modules out of ``torch.compile``, ours and Lightning's."""

import lightning.pytorch
import pytest
import torch
from tests.groundwire_lightning.small import loader, quiet
from tests.groundwire_lightning.test_guests import Steps

import groundwire_lightning as L


@pytest.mark.parametrize("base", [lightning.pytorch.LightningModule, L.LightningModule])
def test_the_steps_of_a_compiled_module_run_compiled(base):
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    kind = type("Net", (Steps, base), {})
    plain, module = kind(), kind()
    quiet().fit(plain, loader(), loader())
    trainer = quiet()
    trainer.fit(torch.compile(module, backend=backend), loader(), loader())
    assert compiled
    assert trainer.lightning_module is module
    assert module.trainer is trainer
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(module.state_dict()[name], value)
    torch._dynamo.reset()

import pytest
import torch
from tests.groundwire_lightning.small import Lit

import groundwire_lightning as L


@pytest.fixture
def exported(monkeypatch):
    """What torch is asked to export; its exporter needs a package of its own."""
    calls = []

    def export(module, args, file, **kwargs):
        calls.append((args, file, kwargs, torch.is_grad_enabled()))
        module.eval()
        return "program"

    monkeypatch.setattr(torch.onnx, "export", export)
    return calls


def test_a_module_is_exported_by_torch_and_keeps_its_modes(exported):
    module = Lit()
    module.net[1].eval()
    modes = [part.training for part in module.modules()]
    inputs = torch.ones(1, 1)
    assert module.to_onnx("net.onnx", inputs, opset_version=18) == "program"
    assert exported == [(inputs, "net.onnx", {"opset_version": 18}, False)]
    assert [part.training for part in module.modules()] == modes


def test_the_example_input_is_what_is_exported_with(exported):
    module = Lit()
    module.example_input_array = torch.zeros(1, 1)
    module.to_onnx()
    assert exported == [(module.example_input_array, None, {}, False)]


def test_without_an_input_there_is_nothing_to_export_with(exported):
    with pytest.raises(L.MisconfigurationException, match=r"Lit\.to_onnx needs an input .* self\.example_input_array"):
        Lit().to_onnx("net.onnx")
    assert exported == []


class Scripted(L.LightningModule):
    def __init__(self, width=4, conf=None):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(width, 2)
        self.drop = torch.nn.Dropout(0.5)

    def forward(self, inputs):
        return self.drop(self.layer(inputs))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", ["script", "trace"])
def test_a_module_becomes_torchscript_in_eval_mode_and_keeps_its_modes(method, tmp_path):
    module, inputs = Scripted(), torch.ones(3, 4)
    made = module.to_torchscript(tmp_path / "module.pt", method, inputs)
    assert (module.training, made.training) == (True, False)
    module.eval()
    for one in (made, torch.jit.load(tmp_path / "module.pt")):
        assert torch.equal(one(inputs), module(inputs))


def test_torchscript_without_a_method_or_an_input_is_refused():
    with pytest.raises(ValueError, match=r"Scripted\.to_torchscript\(method='loud'\): 'script' or 'trace' is due"):
        Scripted().to_torchscript(method="loud")
    with pytest.raises(ValueError, match="needs an input to follow"):
        Scripted().to_torchscript(method="trace")

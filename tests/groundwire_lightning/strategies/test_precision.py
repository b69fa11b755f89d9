"""What ``precision=`` is turned into; the numbers themselves are held against Lightning's side by side."""

import pytest
import torch
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.strategies.precision import (
    DoublePrecision,
    HalfPrecision,
    MixedPrecision,
    Precision,
    checked_precision,
    precision_for,
    unscales,
)

NO_CUDA = pytest.mark.filterwarnings("ignore:torch.cuda.amp.GradScaler is enabled")


@pytest.mark.parametrize(
    ("asked", "device", "kind", "name"),
    [
        (None, "cpu", Precision, "32-true"),
        (32, "cuda", Precision, "32-true"),
        ("bf16", "cpu", MixedPrecision, "bf16-mixed"),
        pytest.param(16, "cuda", MixedPrecision, "16-mixed", marks=NO_CUDA),
        ("16-true", "cpu", HalfPrecision, "16-true"),
        ("bf16-true", "cuda", HalfPrecision, "bf16-true"),
        (64, "cpu", DoublePrecision, "64-true"),
    ],
)
def test_each_precision_is_an_object_of_its_kind(asked, device, kind, name):
    plugin = precision_for(asked, device)
    assert type(plugin) is kind
    assert plugin.precision == name
    assert (plugin.scaler is not None) == (name == "16-mixed")


def test_sixteen_bits_on_a_cpu_are_those_of_bfloat16_and_it_is_said():
    with pytest.warns(UserWarning, match="a CPU has no mixed precision of 16 bits; 'bf16-mixed' is used"):
        assert precision_for("16-mixed", "cpu").precision == "bf16-mixed"


def test_what_needs_more_than_torch_is_refused_with_what_to_take_instead():
    with pytest.raises(L.MisconfigurationException, match=r"transformer_engine.*take 'bf16-mixed'"):
        checked_precision("transformer-engine")


@pytest.mark.parametrize("asked", ["half", [1.5], [16], {}, 1.5, 16.0, True, len], ids=repr)
def test_what_is_no_precision_is_refused_as_in_lightning_with_those_that_there_are(asked):
    with pytest.raises(ValueError, match=r"precision=.*there are '16-mixed', 'bf16-mixed'") as refusal:
        L.Trainer(precision=asked)
    assert not isinstance(refusal.value, TypeError)


def test_in_32_bits_a_step_is_called_itself():
    def step():
        """Nothing."""

    assert Precision().around(step) is step
    assert Precision().within(step) is step
    assert DoublePrecision().around(step) is not step


def test_a_scaler_belongs_to_16_bits():
    with pytest.raises(L.MisconfigurationException, match="needs no scaler"):
        MixedPrecision("bf16-mixed", "cpu", scaler=torch.amp.GradScaler("cpu"))
    with pytest.raises(ValueError, match="'16-mixed' or 'bf16-mixed' is due"):
        MixedPrecision("16-true", "cpu")


def test_fused_optimizers_cannot_be_clipped_for_they_unscale_later():
    parameter = torch.nn.Parameter(torch.ones(1))
    fused = torch.optim.Adam([parameter], fused=True)
    assert unscales(fused)
    with pytest.raises(RuntimeError, match="unscales its gradients itself"):
        MixedPrecision("16-mixed", "cpu").clip_gradients(fused, 1.0)


def test_the_default_type_is_what_it_was_after_an_error():
    class Breaks(Lit):
        def training_step(self, batch, batch_idx):
            raise RuntimeError(str(torch.get_default_dtype()))

    with pytest.raises(RuntimeError, match="float64"):
        quiet(precision="64-true").fit(Breaks(), loader())
    assert torch.get_default_dtype() is torch.float32


def test_a_module_stays_in_the_precision_it_was_trained_in():
    module = Lit()
    quiet(precision="64-true").fit(module, loader())
    assert module.dtype is torch.float64
    assert module.trainer.precision == "64-true"

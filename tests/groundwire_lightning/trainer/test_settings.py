import math
from datetime import timedelta

import pytest
import torch
from tests.groundwire_lightning.small import quiet


@pytest.fixture(autouse=True)
def _backends_as_they_were():
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    yield
    torch.use_deterministic_algorithms(before[0])
    torch.backends.cudnn.benchmark = before[1]


@pytest.mark.parametrize(
    ("asked", "attributes"),
    [
        ({}, {"limit_train_batches": 1.0, "log_every_n_steps": 50, "accumulate_grad_batches": 1}),
        ({}, {"val_check_interval": 1.0, "gradient_clip_algorithm": None}),
        ({"val_check_interval": timedelta(minutes=2)}, {"val_check_interval": 1.0, "_val_check_time_interval": 120.0}),
        ({"overfit_batches": 3}, {"limit_train_batches": 3, "limit_val_batches": 3, "limit_test_batches": 1.0}),
        ({"num_sanity_val_steps": -1}, {"num_sanity_val_steps": math.inf}),
        ({"gradient_clip_algorithm": "value"}, {"gradient_clip_algorithm": "value"}),
        (
            {"fast_dev_run": 2, "max_epochs": 9, "limit_val_batches": 7},
            {"max_steps": 2, "max_epochs": 1, "limit_val_batches": 2, "num_sanity_val_steps": 0},
        ),
    ],
)
def test_an_argument_is_an_attribute_of_the_trainer(asked, attributes):
    trainer = quiet(**({"num_sanity_val_steps": None} | asked))
    assert {name: getattr(trainer, name) for name in attributes} == attributes


@pytest.mark.parametrize(("deterministic", "enabled"), [(True, True), ("warn", True), (False, False)])
def test_deterministic_is_said_to_torch_and_to_cuda(deterministic, enabled, monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    quiet(deterministic=deterministic, benchmark=None)
    assert torch.are_deterministic_algorithms_enabled() is enabled
    assert torch.is_deterministic_algorithms_warn_only_enabled() is (deterministic == "warn")


def test_what_is_left_out_leaves_torch_alone():
    torch.backends.cudnn.benchmark = True
    quiet()
    assert torch.backends.cudnn.benchmark
    quiet(benchmark=False)
    assert not torch.backends.cudnn.benchmark

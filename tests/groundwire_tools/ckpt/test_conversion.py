"""Conversions: there and back nothing is lost, and what is ambiguous or does not fit is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.groundwire_tools.ckpt.files import FORMS, Mine, ckpt, lightning, saved, state_of, weights

from groundwire import Trainer
from groundwire_tools.ckpt.differences import differences


def assert_same(a: Any, b: Any) -> None:
    """Equal to the bit, in the same order."""
    assert differences(a, b) == []
    assert list(a) == list(b)
    for name in a:
        if isinstance(a[name], torch.Tensor):
            assert torch.equal(_bits(a[name]), _bits(b[name]))
        if isinstance(a[name], dict):
            assert_same(a[name], b[name])


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8)


@pytest.mark.parametrize("form", ["lightning", "native", "pytorch-accelerated"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"optimizer_states": [], "lr_schedulers": []},
        {"optimizer_states": [{"state": {}, "param_groups": []}] * 2},
        {"mine": {"a": None}, "groundwire": {"trained_on": "a line"}},
    ],
)
def test_a_whole_checkpoint_comes_back_as_it_was(form: str, more: dict[str, Any], tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ckpt", lightning(**more))
    assert ckpt("convert", path, tmp_path / "b", "--to", form) == 0
    assert ckpt("convert", tmp_path / "b", tmp_path / "c.ckpt", "--to", "lightning") == 0
    assert_same(state_of(path), state_of(tmp_path / "c.ckpt"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("last", FORMS)
def test_weights_come_through_every_two_forms(form: str, last: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ckpt")
    assert ckpt("convert", path, tmp_path / "b", "--to", form, "--strip-prefix", "model.") == 0
    assert ckpt("convert", tmp_path / "b", tmp_path / "c", "--to", last) == 0
    assert ckpt("convert", tmp_path / "c", tmp_path / "d", "--to", "state-dict", "--add-prefix", "model.") == 0
    assert_same(weights(), state_of(tmp_path / "d"))
    tied = state_of(tmp_path / "d")
    assert tied["model.tied"].data_ptr() == tied["model.z.weight"].data_ptr()


@pytest.mark.parametrize("extras", [{}, {"trained_on": "a line", "scaler": None}])
def test_a_native_file_comes_back_from_lightnings_form(extras: dict[str, Any], tmp_path: Path) -> None:
    state = {"model_state_dict": weights(), "optimizer_state_dict": lightning()["optimizer_states"][0], **extras}
    path = saved(tmp_path / "a.pt", state)
    assert ckpt("convert", path, tmp_path / "b.ckpt", "--to", "lightning") == 0
    assert ckpt("convert", tmp_path / "b.ckpt", tmp_path / "c.pt", "--to", "native") == 0
    between = state_of(tmp_path / "b.ckpt")
    assert (between["pytorch-lightning_version"], between["lr_schedulers"]) == ("2.6.6", [])
    assert_same(state, state_of(tmp_path / "c.pt"))


def of_linear() -> tuple[torch.nn.Module, torch.optim.Optimizer, dict[str, Any]]:
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    weights = {f"model.{name}": tensor.clone() for name, tensor in model.state_dict().items()}
    return model, optimizer, lightning(state_dict=weights, optimizer_states=[optimizer.state_dict()], lr_schedulers=[])


def converted(tmp_path: Path, state: dict[str, Any], form: str) -> Path:
    path = saved(tmp_path / "a.ckpt", state)
    assert ckpt("convert", path, tmp_path / "b.pt", "--to", form, "--strip-prefix", "model.") == 0
    return tmp_path / "b.pt"


def test_the_native_trainer_takes_what_was_converted(tmp_path: Path) -> None:
    _, optimizer, state = of_linear()
    path = converted(tmp_path, state, "native")
    model = torch.nn.Linear(2, 1)
    other = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loaded = Trainer(model, torch.nn.MSELoss(), other).load_checkpoint(path)
    assert torch.equal(model.weight, state["state_dict"]["model.weight"])
    assert differences(other.state_dict(), optimizer.state_dict()) == []
    assert loaded["lightning"]["global_step"] == 12


def test_what_pytorch_accelerated_gets_loads_as_it_loads(tmp_path: Path) -> None:
    _, _, state = of_linear()
    loaded = torch.load(converted(tmp_path, state, "pytorch-accelerated"), weights_only=True)
    torch.nn.Linear(2, 1).load_state_dict(loaded["model_state_dict"])
    assert differences(loaded["optimizer_state_dict"], state["optimizer_states"][0]) == []


def averaged_by_callback() -> dict[str, Any]:
    return lightning(
        current_model_state={"w": torch.ones(1)},
        state_dict={"w": torch.zeros(1)},
        averaging_state={"n_averaged": torch.tensor(2)},
    )


def averaged_by_swa() -> dict[str, Any]:
    average = {"n_averaged": 2, "average_model_state": {"w": torch.zeros(1)}}
    return lightning(state_dict={"w": torch.ones(1)}, callbacks={"StochasticWeightAveraging": average})


def averaged_by_ema() -> dict[str, Any]:
    average = {"ema_model": {"module.w": torch.zeros(1)}}
    return {
        "kind": "groundwire training state, 1",
        "model_state_dict": {"w": torch.ones(1)},
        "callbacks": {"ModelEmaCallback": average},
    }


AVERAGED = pytest.mark.parametrize("state", [averaged_by_callback(), averaged_by_swa(), averaged_by_ema()])


@AVERAGED
@pytest.mark.parametrize(("which", "value"), [("--averaged", 0), ("--raw", 1)])
@pytest.mark.parametrize("form", FORMS)
def test_one_of_two_sets_of_weights_is_taken(
    state: dict[str, Any], which: str, value: float, form: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "a.ckpt", state)
    assert ckpt("convert", path, tmp_path / "b", "--to", form, which) == 0
    assert ckpt("convert", tmp_path / "b", tmp_path / "c", "--to", "state-dict") == 0
    assert state_of(tmp_path / "c")["w"].item() == value


@AVERAGED
def test_which_of_two_sets_is_meant_must_be_said(
    state: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / "a.ckpt", state)
    assert ckpt("convert", path, tmp_path / "b", "--to", "safetensors") == 2
    assert "say --averaged or --raw" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_lightnings_form_keeps_both_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path / "a.ckpt", averaged_by_callback())
    assert ckpt("convert", path, tmp_path / "b.ckpt", "--to", "lightning") == 0
    assert_same(state_of(path), state_of(tmp_path / "b.ckpt"))
    assert ckpt("convert", saved(tmp_path / "c.ckpt"), tmp_path / "d", "--to", "native", "--averaged") == 2
    assert "has no averaged weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "prefix", "message"),
    [
        (["a.w", "b.w"], "model.", "no name of a weight"),
        (["model.w", "w"], "model.", "two weights"),
    ],
)
def test_a_prefix_that_does_not_fit_is_refused(
    names: list[str], prefix: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / "a.pt", dict.fromkeys(names, torch.ones(1)))
    assert ckpt("convert", path, tmp_path / "b.pt", "--to", "state-dict", "--strip-prefix", prefix) == 2
    assert message in capsys.readouterr().err


def test_what_a_state_dict_notes_of_modules_is_renamed_with_them(tmp_path: Path) -> None:
    model = torch.nn.ModuleDict({"model": torch.nn.Sequential(torch.nn.BatchNorm1d(2))})
    path = saved(tmp_path / "a.pt", model.state_dict())
    assert ckpt("convert", path, tmp_path / "b.pt", "--to", "state-dict", "--strip-prefix", "model.") == 0
    assert ckpt("convert", tmp_path / "b.pt", tmp_path / "c.pt", "--to", "state-dict", "--add-prefix", "model.") == 0
    notes: Any = state_of(tmp_path / "b.pt")
    assert notes._metadata == model["model"].state_dict()._metadata  # type: ignore[attr-defined]
    back: Any = state_of(tmp_path / "c.pt")
    assert back._metadata["model.0"] == {"version": 2}


def test_what_is_foreign_is_named_and_left_out_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path / "a.ckpt", lightning(hyper_parameters={"width": 8, "nets": [1, Mine()]}))
    line = ("convert", path, tmp_path / "b.ckpt", "--to", "lightning")
    assert ckpt(*line) == 2
    assert "hyper_parameters.nets.1: tests.groundwire_tools.ckpt.files.Mine" in capsys.readouterr().err
    assert ckpt(*line, "--drop-foreign") == 0
    assert state_of(tmp_path / "b.ckpt")["hyper_parameters"] == {"width": 8}
    assert ckpt("convert", path, tmp_path / "b.pt", "--to", "state-dict") == 0  # which holds none of it


def test_a_file_of_lightning_1_becomes_one_of_today(tmp_path: Path) -> None:
    old = {
        "epoch": 2,
        "global_step": 8,
        "pytorch-lightning_version": "1.4.9",
        "state_dict": weights(),
        "optimizer_states": [],
        "lr_schedulers": [],
        "callbacks": {},
    }
    path = saved(tmp_path / "old.ckpt", old)
    assert ckpt("convert", path, tmp_path / "new.ckpt", "--to", "lightning") == 0
    new = state_of(tmp_path / "new.ckpt")
    assert (new["pytorch-lightning_version"], new["legacy_pytorch-lightning_version"]) == ("2.6.6", "1.4.9")
    assert new["loops"]["fit_loop"]["epoch_progress"]["current"]["completed"] == 2
    assert ckpt("diff", path, tmp_path / "new.ckpt", "--weights") == 0


def test_an_old_file_that_lacks_what_such_files_have_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / "old.ckpt", {"pytorch-lightning_version": "1.4.9", "state_dict": weights()})
    assert ckpt("convert", path, tmp_path / "new.ckpt", "--to", "lightning") == 2
    assert "lacks what a file of Lightning 1.4.9 has" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["state-dict", "safetensors"])
def test_a_file_without_weights_gives_no_file_of_weights(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path / "a.ckpt", lightning(state_dict={}))
    assert ckpt("convert", path, tmp_path / "b", "--to", form) == 2
    assert "has no weights" in capsys.readouterr().err

"""Configurations: a text and its findings, a row each."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import check

CONFIGS = {
    "Hydra": ("t:\n  _target_: pytorch_lightning.Trainer\n  gpu: 1", [(3, "GW303")]),
    "Hydra, fine": ("t:\n  _target_: lightning.Trainer\n  _convert_: all\n  max_epochs: ${epochs}", []),
    "Hydra, a class that is not here": ("_target_: lightning.pytorch.loggers.NeptuneLogger", [(1, "GW308")]),
    "Hydra, a path that is not here": ("_target_: pytorch_lightning.lite.LightningLite", [(1, "GW301")]),
    "Hydra, of a list": ("c:\n- _target_: lightning.pytorch.callbacks.Timer\n  durations: 1", [(3, "GW303")]),
    "Hydra, of somebody else": ("_target_: torch.optim.Adam\nlightning: yes", []),
    "a command line": (
        """\
trainer:
  max_epochs: 1
  devices: 2
  callbacks:
  - class_path: lightning.pytorch.callbacks.Timer
    init_args:
      durations: 1
""",
        [(3, "GW102"), (7, "GW303")],
    ),
    "a trainer of somebody else": ("trainer:\n  name: mine\n  power: 3\nlightning: yes", []),
    "a strategy by name": ("trainer:\n  strategy: fsdp\n  max_epochs: 1", [(2, "GW304")]),
    "an alias that leads round": ("a: &a\n  _target_: lightning.Trainer\n  gpu: 1\n  callbacks: *a", [(3, "GW303")]),
    "tags of their own": ("a: !mine\n  _target_: lightning.Trainer\n  gpu: 1", [(3, "GW303")]),
    "several documents": ("a: 1\n---\n_target_: lightning.Trainer\ngpu: 1", [(4, "GW303")]),
    "no YAML": ("lightning: [", [(2, "GW001")]),
    "silenced": ("_target_: lightning.Trainer\ngpu: 1  # groundwire: ignore[GW303]", []),
    "empty": ("# lightning", []),
}


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("suffix", ["yaml", "yml"])
def test_what_is_found_in_a_configuration(name: str, suffix: str, tmp_path: Path) -> None:
    text, expected = CONFIGS[name]
    assert [(one.line, one.code) for one in check(tmp_path, {f"a.{suffix}": text}).findings] == expected

import importlib

import pytest
import torch

TEMPLATES = (
    *(
        None,
        "plain",
        "{epoch}",
        "{epoch:02d}-{step:05d}",
        "{val/acc:.3f}",
        "{a.b}-{a}",
        "{missing:d}",
        "{epoch}{epoch:03d}",
    ),
    *("e{epoch}_v{val_loss:.1e}", "{epoch_test}-{epoch}", "x={val_loss}", "{step:>6}", ""),
)


@pytest.mark.parametrize("inserts", [True, False])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_filled_in_as_lightning_does(template, inserts, tmp_path):
    values = {"epoch": 3, "step": 40, "val/acc": 0.123456, "a.b": 1.5, "a": 2, "val_loss": 0.25, "epoch_test": 9}
    named = []
    for room in ("lightning.pytorch", "groundwire_lightning"):
        made = importlib.import_module(f"{room}.callbacks").ModelCheckpoint(
            tmp_path, filename=template, auto_insert_metric_name=inserts
        )
        metrics = {name: torch.tensor(value) for name, value in values.items()}
        named.append(
            [
                made.format_checkpoint_name(metrics),
                made.format_checkpoint_name(metrics, ver=3),
                made.format_checkpoint_name(metrics, filename="other-{step}", prefix="pre"),
                sorted(metrics),
            ]
        )
    assert named[0] == named[1]

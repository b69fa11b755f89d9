"""How values are kept on their way: in one vector a hook, without a trace of how often they were logged."""

import sys

import numpy as np
import torch
from tests.groundwire_lightning.small import lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.core.self_log import Logging, keep_from_compiling


def test_a_module_within_the_module_logs_too():
    class Part(L.LightningModule):
        def forward(self, loss):
            self.log("of_part", loss)
            return loss

    part = Part()

    def training_step(self, batch, batch_idx):
        return part(self.net(torch.ones(1, 1)).sum())

    module = lit(training_step=training_step)
    module.part = part
    trainer = quiet()
    trainer.fit(module, loader())
    assert "of_part" in trainer.callback_metrics


def test_numbers_of_numpy_are_numbers():
    def training_step(self, batch, batch_idx):
        self.log("single", np.float32(0.25))
        self.log("double", np.float64(0.5), on_epoch=True)
        self.log("whole", np.int64(3))
        return self.net(torch.ones(1, 1)).sum()

    trainer = quiet()
    trainer.fit(lit(training_step=training_step), loader())
    found = trainer.callback_metrics
    assert [found[name].item() for name in ("single", "double", "whole")] == [0.25, 0.5, 3.0]


def test_a_compiled_step_stops_at_log_and_is_not_compiled_anew(monkeypatch):
    monkeypatch.setattr(Logging, "log", Logging.log)  # put back afterwards
    from torch._dynamo import utils

    utils.counters.clear()

    def training_step(self, batch, batch_idx):
        loss = self.net(torch.ones(1, 1)).sum()
        self.log("loss", loss, on_epoch=True)
        self.log("number", float(batch_idx), on_epoch=True)
        return loss * 1.0

    values = []
    for compiles in (False, True):
        torch.manual_seed(0)
        module = lit(training_step=training_step)
        if compiles:
            module.training_step = torch.compile(module.training_step, backend="eager")
        trainer = quiet(max_epochs=2)
        trainer.fit(module, loader())
        values.append({name: value.item() for name, value in trainer.callback_metrics.items()})
    assert values[0] == values[1]
    assert 0 < utils.counters["stats"]["unique_graphs"] < 6


def test_without_compiled_parts_log_is_left_alone():
    before = Logging.log
    keep_from_compiling(lit())
    assert "torch._dynamo" not in sys.modules or Logging.log is before


def test_a_log_of_its_own_is_passed_what_lightning_2_passes():
    class Own(L.LightningModule):
        def log(self, name, value, prog_bar=False, logger=None, on_step=None, on_epoch=None, reduce_fx="mean",
                enable_graph=False, sync_dist=False, sync_dist_group=None, add_dataloader_idx=True, batch_size=None,
                rank_zero_only=False):  # fmt: skip
            self.told = name, value

    module = Own()
    module.log_dict({"loss": 1.0})
    assert module.told == ("loss", 1.0)

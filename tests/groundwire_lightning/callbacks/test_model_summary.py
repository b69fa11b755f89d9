import io

import pytest
import rich
import torch
from tests.side_by_side.twins import BOTH, twins


class Lines:
    """A log that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def info(self, text, *arguments):
        self.lines.append(text % arguments if arguments else text)


@pytest.mark.parametrize("name", ["ModelSummary", "RichModelSummary"])
def test_a_summary_is_shown_when_fitting_begins_as_in_lightning(name, monkeypatch):
    def scenario(stage):
        out, log = io.StringIO(), Lines()
        rich.reconfigure(file=out, width=100)
        monkeypatch.setattr(f"{stage.callbacks.__name__}.model_summary.log", log)
        module = stage.make_module(methods={**BOTH, "forward": lambda self, points: self.layers(points)})
        module.example_input_array = torch.zeros(2, 4)
        callbacks = [getattr(stage.callbacks, name)(max_depth=2), stage.make_callback()]
        stage.make_trainer(callbacks=callbacks, enable_model_summary=True).fit(module, stage.loader("train"))
        return [out.getvalue(), log.lines]

    assert "Trainable params" in str(twins(scenario)["answer"])
    rich.reconfigure()

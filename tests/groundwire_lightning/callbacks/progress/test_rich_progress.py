import io
import re

import pytest
from tests.groundwire_lightning.callbacks.progress.test_tqdm_progress import logs
from tests.side_by_side.twins import BOTH, twins

import groundwire_lightning.callbacks

# the bar and the summary of rich


def shown_by_rich(stage, out):
    """Let rich write into ``out``."""
    return {"console_kwargs": {"file": out, "width": 120, "color_system": None}}


@pytest.mark.parametrize("leave", [False, True])
def test_the_bar_of_rich_shows_what_lightnings_shows(leave):
    def scenario(stage):
        out = io.StringIO()
        bar = stage.callbacks.RichProgressBar(leave=leave, **shown_by_rich(stage, out))
        module = stage.make_module(methods={**BOTH, "training_step": logs})
        stage.make_trainer(callbacks=[bar, stage.make_callback()], enable_progress_bar=True).fit(
            module, stage.loader("train"), stage.loader("val", samples=10)
        )
        # times differ; and so may what stands where a column was cut
        lines = [re.sub(r"\d+:\d\d:\d\d|[\d.]+it/s|━+|╸|╺", "", line).split() for line in out.getvalue().splitlines()]
        return [[word for line in lines for word in line], bar.refresh_rate, bar.is_enabled]

    twins(scenario)


@pytest.mark.parametrize("name", ["RichProgressBar", "RichModelSummary"])
def test_what_needs_rich_says_so_where_it_is_missing(name, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install rich"):
        getattr(groundwire_lightning.callbacks, name)()

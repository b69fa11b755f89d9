import importlib.util

import pytest
import torch

from groundwire import InMemoryRunHistory
from groundwire.errors import GroundwireError
from groundwire.measured.history_views import as_frame, drawn

METRICS = {"train_loss_epoch": [3.0, 2.0, 1.0], "accuracy": [0.5, torch.tensor(0.75)], "name": ["a", "b"]}

needs_matplotlib = pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="matplotlib is an extra")
needs_pandas = pytest.mark.skipif(not importlib.util.find_spec("pandas"), reason="pandas is not installed")


@needs_matplotlib
def test_losses_and_other_metrics_have_a_field_each():
    figure = drawn(METRICS)
    assert [[line.get_label() for line in axes.lines] for axes in figure.axes] == [["train_loss_epoch"], ["accuracy"]]
    assert list(figure.axes[0].lines[0].get_ydata()) == [3.0, 2.0, 1.0]
    assert list(figure.axes[1].lines[0].get_xdata()) == [1, 2]


@needs_matplotlib
def test_a_choice_can_be_drawn_into_a_field_of_ones_own():
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert drawn(METRICS, ["accuracy", "train_loss_epoch"], axes=axes) is axes.figure
    assert len(axes.lines) == 2


@needs_matplotlib
def test_a_history_draws_itself(tmp_path):
    history = InMemoryRunHistory()
    history.update_metric("eval_loss_epoch", 1.0)
    history.plot().savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("names", "said"), [(["train_loss"], "train_loss_epoch"), (["name"], "no numbers"), (["nothing"], "Recorded")]
)
def test_what_cannot_be_drawn_is_named(names, said):
    with pytest.raises(ValueError, match=said):
        drawn(METRICS, names)


@pytest.mark.parametrize("metrics", [{}, {"name": ["a"]}])
def test_nothing_to_draw_is_an_error(metrics):
    with pytest.raises(GroundwireError, match="nothing to draw"):
        drawn(metrics)


@pytest.mark.parametrize(("view", "package"), [(drawn, "matplotlib"), (as_frame, "pandas")])
def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch, view, package):
    import importlib

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(GroundwireError, match=f"needs {package}.*pip install"):
        view(METRICS)


@needs_pandas
def test_a_table_has_a_line_an_epoch():
    frame = as_frame({"loss": [3.0, 2.0, 1.0], "accuracy": [0.5]})
    assert list(frame.index) == [1, 2, 3]
    assert frame["loss"].tolist() == [3.0, 2.0, 1.0]
    assert frame["accuracy"].isna().tolist() == [False, True, True]


@needs_pandas
def test_a_history_without_metrics_is_an_empty_table():
    assert InMemoryRunHistory().to_pandas().empty

"""The report of a comparison as one HTML page: it loads nothing, and its curves are drawn in it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from groundwire.testing import Comparison, Record
from groundwire_tools.compare.report import program_name, reference_name, report_of
from groundwire_tools.compare.sides import OURS
from groundwire_tools.run.program import Program

if TYPE_CHECKING:
    from groundwire_tools.compare.clock import Times

WIDTH, HEIGHT, MARGIN = 520, 180, 8
MOST_POINTS, MOST_CURVES = 500, 40
Curve = list[tuple[float, float]]
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:1120px;margin:2em auto;padding:0 1em;color:#222;background:#fff}
pre{background:#f5f5f5;padding:1em;overflow:auto}
figure{display:inline-block;margin:0 1em 1.5em 0;vertical-align:top}
figcaption small{color:#666}
svg{border:1px solid #ddd}
polyline{fill:none;stroke-width:1.5}
.a{stroke:#c60;stroke-width:4;opacity:.45}.b{stroke:#06c}
.key .a,.key .b{display:inline-block;width:2em;height:.3em;vertical-align:middle}
.key .a{background:#c60}.key .b{background:#06c}
"""


def page_of(program: Program, outcome: Comparison, unsteady: Comparison | None, times: Times | None) -> str:
    """The page.

    Args:
        program: What was run.
        outcome: Lightning's side against ours.
        unsteady: Lightning's side against itself, where it was run twice.
        times: The time a step, where it was asked for.
    """
    name = reference_name(outcome.a)
    title = f"{'Equal' if outcome.is_equal else 'Different'}: {program_name(program)}"
    a, b = curves_of(outcome.a), curves_of(outcome.b)
    figures = [_figure(curve, a.get(curve, []), b.get(curve, [])) for curve in list({**a, **b})[:MOST_CURVES]]
    key = f'<p class="key"><span class="a"></span> {escape(name)} <span class="b"></span> {OURS}</p>'
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>",
            f"<pre>{escape(report_of(program, outcome, unsteady, times))}</pre>",
            *([key, *figures] if figures else []),
            "</body></html>\n",
        ]
    )


def curves_of(record: Record) -> Mapping[str, Curve]:
    """Name of each curve to its points: losses, learning rates, and what went to loggers."""
    curves: defaultdict[str, Curve] = defaultdict(list)
    for event in record.of_kind("loss", "step", "logged"):
        if event["k"] == "loss":
            _add(curves["loss"], event["values"][0])
        elif event["k"] == "step":
            for number, rate in enumerate(event["rates"]):
                _add(curves[f"learning rate, {event['optimizer']} group {number}"], rate)
        else:
            for name, value in event["values"].items():
                _add(curves[f"logged: {name}"], value, event["step"])
    return {name: curve for name, curve in curves.items() if len(curve) > 1}


def _add(curve: Curve, value: object, step: object = None) -> None:
    if isinstance(value, (int, float)) and math.isfinite(value):
        curve.append((float(step) if isinstance(step, (int, float)) else len(curve) + 1.0, float(value)))


def _figure(name: str, a: Curve, b: Curve) -> str:
    (left, right), (low, high) = (_bounds([point[axis] for point in [*a, *b]]) for axis in (0, 1))

    def drawn(curve: Curve, css: str) -> str:
        stride = max(1, len(curve) // MOST_POINTS)
        points = " ".join(
            f"{MARGIN + (x - left) / (right - left) * (WIDTH - 2 * MARGIN):.1f},"
            f"{HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - 2 * MARGIN):.1f}"
            for x, y in curve[::stride]
        )
        return f'<polyline class="{css}" points="{points}"/>'

    shape = f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    about = f"{escape(name)} <small>from {low:.4g} to {high:.4g}</small>"
    return f"<figure><figcaption>{about}</figcaption>{shape}{drawn(a, 'a')}{drawn(b, 'b')}</svg></figure>"


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if low < high else (low - 0.5, high + 0.5)

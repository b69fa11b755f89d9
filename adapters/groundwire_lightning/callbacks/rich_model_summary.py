"""A callback that shows the layers of a model in a table drawn by rich."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.callbacks.model_summary import ModelSummary
from groundwire_lightning.callbacks.progress.rich_progress import has_rich
from groundwire_lightning.utilities.checked import checked, optional, whole
from groundwire_lightning.utilities.console import load_rich
from groundwire_lightning.utilities.model_summary import get_formatted_model_size, get_human_readable_count

COLUMN_STYLES: dict[str, dict[str, Any]] = {
    " ": {"style": "dim"},
    "Name": {"justify": "left", "no_wrap": True},
    "Type": {},
    "Params": {"justify": "right"},
    "Mode": {},
    "FLOPs": {"justify": "right"},
    "In sizes": {"justify": "right", "style": "white"},
    "Out sizes": {"justify": "right", "style": "white"},
}
"""Name of each column to the arguments of ``rich.table.Column``."""


class RichModelSummary(ModelSummary):
    """Shows the layers of the module on the console of rich; otherwise as :class:`ModelSummary`.

    Args:
        max_depth: Layers within layers to go down to; -1 for all, 0 shows nothing.
        **summarize_kwargs: ``header_style``, rich's style of the names above the columns.

    Raises:
        ModuleNotFoundError: rich is not installed.
    """

    @checked(max_depth=optional(whole(-1)))
    def __init__(self, max_depth: int = 1, **summarize_kwargs: Any) -> None:
        if not has_rich():
            raise ModuleNotFoundError(
                "RichModelSummary draws with rich, which is not installed: pip install rich, or use ModelSummary"
            )
        super().__init__(max_depth, **summarize_kwargs)

    @staticmethod
    def summarize(
        summary_data: list[tuple[str, list[str]]],
        total_parameters: int,
        trainable_parameters: int,
        model_size: float,
        total_training_modes: dict[str, int],
        total_flops: int,
        **summarize_kwargs: Any,
    ) -> None:
        """Draw the table; the arguments are those of :meth:`ModelSummary.summarize`."""
        load_rich()
        from rich import get_console
        from rich.table import Table

        layers = Table(header_style=summarize_kwargs.get("header_style", "bold magenta"))
        for name, _ in summary_data:
            layers.add_column(name, **COLUMN_STYLES.get(name, {}))
        for row in zip(*(cells for _, cells in summary_data), strict=True):
            layers.add_row(*row)
        sums = {
            "Trainable params": f"{get_human_readable_count(trainable_parameters):<10}",
            "Non-trainable params": f"{get_human_readable_count(total_parameters - trainable_parameters):<10}",
            "Total params": f"{get_human_readable_count(total_parameters):<10}",
            "Total estimated model params size (MB)": f"{get_formatted_model_size(model_size):<10}",
            "Modules in train mode": str(total_training_modes["train"]),
            "Modules in eval mode": str(total_training_modes["eval"]),
            "Total FLOPs": get_human_readable_count(total_flops),
        }
        below = Table.grid(expand=True)
        below.add_column()
        below.add_column()
        for name, number in sums.items():
            below.add_row(f"[bold]{name}[/]: {number}")
        console = get_console()
        console.print(layers)
        console.print(below)

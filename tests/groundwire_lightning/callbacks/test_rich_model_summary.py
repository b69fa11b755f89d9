import io

import rich
from tests.groundwire_lightning.small import lit, loader, quiet

from groundwire_lightning.callbacks import RichModelSummary


def test_the_table_names_the_layers_and_sums_their_parameters():
    out = io.StringIO()
    rich.reconfigure(file=out, width=100)
    quiet(callbacks=[RichModelSummary(max_depth=2)], enable_model_summary=True).fit(lit(), loader())
    rich.reconfigure()
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert next(line[3:6] for line in lines if "net.0" in line) == ["net.0", "│", "Linear"]
    assert ["Total", "params:", "13"] in lines

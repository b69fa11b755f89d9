"""Import lines are those of the script and those that are needed, sorted as they were."""

from __future__ import annotations

import pytest

from groundwire_tools.eject.writing.imports import with_imports


@pytest.mark.parametrize(
    ("header", "code", "lines"),
    [
        ("", "torch.nn", "import torch"),
        ("import torch\n", "torch.nn; math.ceil(1)", "import math\n\nimport torch"),
        ("import os\n\nimport torch\n", "torch.x; random.seed(1)", "import os\nimport random\n\nimport torch"),
        ("import abc\nfrom os import path\n", "Path(x)", "import abc\nfrom os import path\nfrom pathlib import Path"),
        ("from typing import Optional\n", "x: Any", "from typing import Any, Optional"),
        ("from typing import Any\n", "x: Any", "from typing import Any"),
        ("import numpy\n", "np.random.seed(1)", "import numpy\nimport numpy as np"),
        ("import zlib  # why\n", "random.seed(1)", "import random\nimport zlib  # why"),
        ("from __future__ import annotations\n", "torch.x", "from __future__ import annotations\n\nimport torch"),
        ("# told\nimport os\n", "islice(x)", "# told\nimport os\nfrom itertools import islice"),
    ],
)
def test_what_is_needed_is_put_where_it_sorts(header: str, code: str, lines: str) -> None:
    binds = frozenset({"Any"} if "import Any" in header else {"torch"} if "import torch" in header else ())
    assert with_imports(header, code, binds) == lines


def test_an_import_in_brackets_stays_as_it_is() -> None:
    header = "from a import (\n    b,\n    c,\n)\n"
    assert with_imports(header, "pass", frozenset()) == header.rstrip()

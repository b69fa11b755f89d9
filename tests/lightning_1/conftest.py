"""What the tests of Lightning 1 share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.lightning_1.oracle import FOLDER, Oracle


@pytest.fixture(scope="session")
def lightning_1() -> Iterator[Oracle]:
    """Lightning 1.9.5, in one process for all tests of a worker."""
    if not FOLDER.is_dir():
        pytest.skip(f"Lightning 1.9.5 is not in {FOLDER}; `make test` puts it there")
    oracle = Oracle()
    yield oracle
    oracle.close()

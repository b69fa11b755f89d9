"""Each test runs in a directory of its own: what a run writes where it stands is gone after it."""

import os
import tempfile
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own() -> Iterator[None]:
    before = os.getcwd()  # noqa: PTH109
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        os.chdir(place)
        yield
        os.chdir(before)

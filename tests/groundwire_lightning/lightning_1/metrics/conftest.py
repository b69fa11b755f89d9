from __future__ import annotations

import pytest

from groundwire_lightning.lightning_1.metrics import metric


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric, "_TOLD", set())

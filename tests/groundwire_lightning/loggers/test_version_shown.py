from types import SimpleNamespace

import pytest

from groundwire_lightning.loggers.version_shown import version_shown


@pytest.mark.parametrize(
    ("versions", "shown"),
    [
        ([], {}),
        ([None], {}),
        ([""], {}),
        ([3], {"v_num": 3}),
        (["a-long-one"], {"v_num": "-one"}),
        ([1, 1], {"v_num": "1"}),
        ([1, 2], {"v_num": "1_2"}),
    ],
)
def test_the_versions_of_all_loggers_are_one_value(versions, shown):
    assert version_shown([SimpleNamespace(version=version) for version in versions]) == shown

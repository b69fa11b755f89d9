import subprocess
import sys

import pytest

import groundwire


def test_every_public_name_is_found_and_listed():
    assert dir(groundwire) == sorted(groundwire.__all__)
    for name in groundwire.__all__:
        assert getattr(groundwire, name) is not None, name


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'groundwire' has no attribute 'Trainr'"):
        groundwire.Trainr  # noqa: B018  # reading it is what is tested


def test_importing_groundwire_leaves_torch_alone():
    program = "import sys, groundwire; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

import fsspec
import pytest

from groundwire_lightning.utilities.cloud_io import get_filesystem


@pytest.mark.parametrize(("path", "protocol"), [("memory://a/b", "memory"), ("a/b", "file"), ("file:///a", "file")])
def test_a_path_is_of_the_file_system_that_it_begins_with(path, protocol):
    assert get_filesystem(path) is fsspec.filesystem(protocol)


def test_a_path_may_be_an_object(tmp_path):
    assert get_filesystem(tmp_path).exists(str(tmp_path))

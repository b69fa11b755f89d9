import fsspec
import pytest

from groundwire import CheckpointError
from groundwire.saved import storage


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


@pytest.mark.parametrize(
    ("path", "expected"),
    [("s3://a/b", True), ("memory://a", True), ("/a/b", False), ("file:///a", False), ("a://", True), (5, False)],
)
def test_a_url_is_told_from_a_path(path, expected):
    assert storage.is_url(path) is expected


def test_what_is_written_is_read_listed_copied_and_deleted(memory):
    storage.write_bytes("memory://run/a.pt", b"one")
    storage.copy("memory://run/a.pt", "memory://run/b.pt")
    assert sorted(storage.names("memory://run")) == ["a.pt", "b.pt"]
    assert storage.read_bytes("memory://run/b.pt") == b"one"
    assert storage.modified("memory://run/b.pt") >= storage.modified("memory://run/a.pt") > 0
    storage.remove("memory://run")
    assert storage.names("memory://run") == []
    assert not storage.exists("memory://run/a.pt")
    storage.remove("memory://run")  # there is nothing, which is what was asked for


def test_a_store_without_publishing_gets_the_file_beside_and_then_moved(memory, monkeypatch):
    monkeypatch.setattr(storage, "PUBLISH_AT_ONCE", frozenset())
    storage.write_bytes("memory://run/a.pt", b"old")

    def torn(self, *paths):
        raise OSError("the line is cut")

    monkeypatch.setattr(type(memory), "mv", torn)
    with pytest.raises(CheckpointError, match=r"memory://run/a\.pt cannot be reached: OSError: the line is cut"):
        storage.write_bytes("memory://run/a.pt", b"new")
    assert storage.names("memory://run") == ["a.pt"]
    assert storage.read_bytes("memory://run/a.pt") == b"old"


def test_what_is_not_there_and_who_speaks_with_no_store_are_told_apart(memory):
    with pytest.raises(FileNotFoundError):
        storage.read_bytes("memory://run/none.pt")
    with pytest.raises(CheckpointError, match="nosuch"):
        storage.check_store("nosuch://bucket")


@pytest.mark.parametrize(("url", "scheme"), [("s3://a", "s3"), ("simplecache::gs://a", "gs")])
def test_the_store_of_a_url_is_its_last_scheme(url, scheme):
    assert storage.scheme_of(url) == scheme

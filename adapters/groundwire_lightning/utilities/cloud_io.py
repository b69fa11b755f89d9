"""Access to files that may be on another machine, through fsspec."""

from __future__ import annotations

from typing import Any

__all__ = ["get_filesystem"]


def get_filesystem(path: Any, **kwargs: Any) -> Any:
    """The file system of a path, which may begin with ``s3://`` or the like.

    Args:
        path: A path or a URL.
        **kwargs: Further arguments of fsspec.
    """
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it says nothing about its types

    files, _ = url_to_fs(str(path), **kwargs)
    return files

"""Hyper-parameters in YAML, read without calling what the file names, and without letting it exhaust the reader."""

from __future__ import annotations

from typing import IO, Any

from groundwire import CheckpointError
from groundwire_lightning.checkpoints.reading import UnsafeCheckpointError

_PLAIN_TAGS = ("none", "bool", "str", "unicode", "bytes", "int", "float", "complex", "list", "tuple", "dict")
_PREFIX = "tag:yaml.org,2002:python/"
_LARGEST = 1_000_000
"""Values that a file may hold; one that stands in it as an alias counts each time."""


def read_yaml(file: IO[str], path: Any, trusted: bool) -> dict[str, Any]:
    """Read the values in a file.

    Args:
        file: The open file.
        path: Its path, for messages.
        trusted: Follow tags that name something of Python, as Lightning does.

    Raises:
        UnsafeCheckpointError: There are such tags, and the file is not trusted.
        CheckpointError: It is no YAML, holds no dictionary, or would exhaust who reads it.
    """
    import yaml

    loader = (yaml.FullLoader if trusted else _loader())(file)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}
        _check(node, path, trusted)
        values = loader.construct_document(node)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CheckpointError(f"hparams_file={str(path)!r} cannot be read: {reason[:300]}") from error
    finally:
        loader.dispose()
    if not isinstance(values, dict):
        raise CheckpointError(f"hparams_file={str(path)!r} holds a {type(values).__name__}, not a dictionary")
    return values


def _loader() -> Any:
    """A class of loaders that make plain values alone: none of its methods looks up a name."""
    import yaml

    class Plain(yaml.SafeLoader):  # type: ignore[misc]  # there are no stubs
        """YAML with the tags that ``yaml.dump`` writes for plain values of Python."""

    for kind in _PLAIN_TAGS:
        constructor = "str" if kind == "unicode" else kind
        construct = vars(yaml.constructor.FullConstructor).get(f"construct_python_{constructor}")
        if construct is None:  # a kind that YAML has by itself, under a name of its own
            plain = {"none": "null", "list": "seq", "dict": "map"}.get(kind, kind)
            construct = getattr(yaml.SafeLoader, f"construct_yaml_{plain}")
        Plain.add_constructor(f"{_PREFIX}{kind}", construct)
    return Plain


def _check(root: Any, path: Any, trusted: bool) -> None:
    """Refuse tags that name something, and aliases that make a small file a large one."""
    sizes: dict[int, int | None] = {}

    def size(node: Any) -> int:
        if (known := sizes.get(id(node), 0)) is None:
            raise ValueError("it holds itself")
        if known:
            return known
        _check_tag(node, path, trusted)
        sizes[id(node)] = None  # under way: an alias that leads back here is a circle
        parts = node.value if isinstance(node.value, list) else []
        total = 1 + sum(sum(map(size, part)) if isinstance(part, tuple) else size(part) for part in parts)
        if total > _LARGEST:
            raise ValueError(f"with its aliases it holds more than {_LARGEST} values")
        sizes[id(node)] = total
        return total

    size(root)


def _check_tag(node: Any, path: Any, trusted: bool) -> None:
    tag = str(node.tag)
    if not trusted and tag.startswith(_PREFIX) and tag.removeprefix(_PREFIX) not in _PLAIN_TAGS:
        raise UnsafeCheckpointError(
            f"hparams_file={str(path)!r} names {tag.removeprefix(_PREFIX)} in line {node.start_mark.line + 1}, and "
            "nothing that a file names is looked up. Write a plain value there, or pass the argument; if you trust who "
            "wrote the file, pass weights_only=False"
        )

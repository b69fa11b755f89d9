"""Arguments of ``LightningCLI`` in Lightning 1.5 to 1.9, written as those of today."""

from __future__ import annotations

from typing import Any

from groundwire_lightning.lightning_1.older_arguments import Arguments, Older


def _within(whole: str, name: str) -> Older:
    """An argument that is one of a dictionary of arguments today."""

    def write(others: Arguments, value: Any) -> Arguments:
        return {whole: {**(others.pop(whole, None) or {}), name: value}}

    return Older(f"{whole}={{{name!r}: ...}}", write)


OF_COMMAND_LINES = {
    "save_config_filename": _within("save_config_kwargs", "config_filename"),
    "save_config_overwrite": _within("save_config_kwargs", "overwrite"),
    "save_config_multifile": _within("save_config_kwargs", "multifile"),
    "description": _within("parser_kwargs", "description"),
    "env_prefix": _within("parser_kwargs", "env_prefix"),
    "env_parse": _within("parser_kwargs", "default_env"),
}
"""Argument to what is done with it."""

"""How Sphinx builds these pages: `make docs`."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

project = "groundwire"
release = metadata.version("groundwire")
copyright = "the groundwire contributors"  # noqa: A001  # Sphinx's name

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["**/__pycache__"]
html_theme = "furo"
html_title = f"groundwire {release}"

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature tells them
napoleon_use_ivar = True
python_maximum_signature_line_length = 100


def shortened(app: Any, what: str, name: str, value: Any, options: Any, signature: str | None, returns: Any) -> Any:
    """A signature with the names of classes, and of the tuple that is the default of `callbacks=`."""
    if signature is None:
        return None
    signature = re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", signature)
    return re.sub(r"\(MoveModulesToDeviceCallback, [\w, ]+\)", "DEFAULT_CALLBACKS", signature), returns


def setup(app: Any) -> None:
    app.connect("autodoc-process-signature", shortened)

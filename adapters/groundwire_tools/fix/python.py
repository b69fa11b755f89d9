"""Python, fixed: the check says what each name and call means, and what has another spelling is put into the text."""

from __future__ import annotations

from groundwire_tools.check.files import File
from groundwire_tools.check.follow import Names
from groundwire_tools.fix.arguments import edits_of_calls
from groundwire_tools.fix.dotted import edits_of_names, edits_of_strings
from groundwire_tools.fix.imports import Imports
from groundwire_tools.fix.place import Place, parsed

_ROUNDS = 9
"""More than calls are nested: what lies within an edit waits for the next round."""


def fixed_python(text: str, file: File, names: Names) -> str:
    """A program with the spellings of groundwire.

    Args:
        text: It can be parsed.
        file: Where it stands in its project.
        names: Of that.
    """
    place = Place(text, file, names)
    imports = Imports(place)
    changed = place.text.edited([*imports.edits(), *edits_of_names(imports), *edits_of_strings(place)])
    for _ in range(_ROUNDS):
        if changed != text:
            imports = Imports(Place(changed, file, names))
        text, changed = changed, imports.place.text.edited(edits_of_calls(imports))
        if changed == text:
            break
    parsed(changed)  # nothing else is ever written
    return changed

"""A child process of the tests: runs programs one after the other, and prints what each printed, as JSON.

With ``--eject`` each is written out as a plain program instead, into a file below it; those that are named behind that
word run as well.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path

warnings.simplefilter("ignore")


def ejected(path: Path, words: list[str]) -> str:
    """What the command said about a program, which stands in ``plain/`` afterwards."""
    from groundwire_tools.eject.command import main

    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        main([path.name, "-o", f"plain/{path.name}", "--", *words])
    return told.getvalue()


def printed(path: Path, words: list[str]) -> str:
    """What a program printed, or its error."""
    shown, sys.argv[:] = io.StringIO(), [path.name, *words]
    sys.path[0] = str(Path.cwd())
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(io.StringIO()):
        try:
            runpy.run_path(str(path), run_name="__main__")
        except BaseException:  # noqa: BLE001  # the test shows it
            shown.write(traceback.format_exc())
    return shown.getvalue()


if __name__ == "__main__":
    action = ejected if sys.argv[1] == "--eject" else printed
    files = json.loads(sys.stdin.read())
    also, results = sys.argv[2:], {}
    for name, words in files.items():
        home = Path.cwd()
        os.chdir(Path(name).parent)
        results[name] = action(Path(Path(name).name), words)
        if action is ejected and Path(name).parent.name in also:
            results[name] = printed(Path(Path(name).name), words)
        os.chdir(home)
    print(json.dumps({"results": results, "modules": sorted(sys.modules)}))

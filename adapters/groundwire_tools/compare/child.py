"""One side of a comparison: runs the program in this process and records it.

The file is run by its path, for the interpreter may be one that has no groundwire; of groundwire it then has the files
that are named in the job, which need nothing but torch. Nothing of it waits for torch before the program does.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

LIGHTNING = ("lightning", "pytorch_lightning")
REFUSED, RECORDED, TIMES = "refused.txt", "events.jsonl", "times.txt"
OLDEST_TORCH = (2, 1)


def main(job: dict[str, Any]) -> int:
    """Run the program of a job and return its exit code.

    Args:
        job: ``program`` (kind, name and arguments), ``folder`` (for what is recorded), ``packages`` (name of each
            package to its folder), ``answer_as`` (a version, or None for the real Lightning), ``steps`` and
            ``is_timed``.
    """
    for name, folder in job["packages"].items():
        bring(name, Path(folder))
    from groundwire.testing.patches import WhenImported
    from groundwire_tools.compare.touched import Watch
    from groundwire_tools.run.program import NoProgramError, Program, run

    folder = Path(job["folder"])
    if job["answer_as"] is not None:
        from groundwire_tools.run.answers import install

        install(job["answer_as"])
    elif not any(find_spec(name) for name in LIGHTNING):
        how = "pip install lightning there, name another with --reference-python, or compare --against what was kept"
        return _refuse(folder, f"Lightning is not installed for {sys.executable}: {how}")
    Watch(folder, Path.cwd()).start()
    begun: list[Any] = []
    sys.meta_path.insert(0, WhenImported(["torch"], lambda torch: begun.append(_begin(torch, job))))
    kind, name, arguments = job["program"]
    try:
        code, error = run(Program(kind, name, tuple(arguments)))
    except NoProgramError as reason:
        return _refuse(folder, str(reason))
    for recorder in begun:
        recorder.stop(code, error)
    if not begun:  # it came to its end without torch
        event = {"k": "end", "code": code, "error": None if error is None else type(error).__name__}
        (folder / RECORDED).write_text(json.dumps(event), "utf-8")
    return code


def bring(name: str, folder: Path) -> None:
    """Import a package from its folder, wherever this interpreter looks for packages."""
    spec = spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)


def _refuse(folder: Path, text: str) -> int:
    (folder / REFUSED).write_text(text, "utf-8")
    return 2


def _begin(torch: ModuleType, job: dict[str, Any]) -> Any:
    """A recorder, or a clock, that has begun."""
    folder = Path(job["folder"])
    version = torch.__version__
    if tuple(map(int, version.split(".")[:2])) < OLDEST_TORCH:
        _refuse(folder, f"{sys.executable} has torch {version}, and steps can be recorded from 2.1 on")
        os._exit(2)
    if job["is_timed"]:
        from groundwire_tools.compare.clock import Clock

        clock = Clock((folder / TIMES).open("w", encoding="ascii"), job["steps"])
        clock.start()
        return clock
    from groundwire.testing.recorder import Recorder

    recorder = Recorder((folder / RECORDED).open("w", encoding="utf-8"), str(folder / "weights.pt"), job["steps"])
    recorder.start()
    return recorder


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text("utf-8"))))

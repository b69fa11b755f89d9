"""The program as Python itself would start it: its arguments, search path and ``__main__``, and how it ended."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import NamedTuple
from zipfile import is_zipfile

INTERRUPTED = 130  # 128 and the number of SIGINT, as a shell says it


class NoProgramError(Exception):
    """There is nothing to run; the message is one line."""


class Program(NamedTuple):
    """What is to be run.

    Attributes:
        kind: ``"script"``, ``"-m"``, ``"-c"`` or ``"-"``.
        name: Its path, module or text.
        arguments: The words that are its own.
    """

    kind: str
    name: str
    arguments: tuple[str, ...] = ()


def run(program: Program, full_traceback: bool = False) -> tuple[int, BaseException | None]:
    """Run a program to its end.

    Args:
        program: Which one.
        full_traceback: An error shows our frames as well.

    Returns:
        The exit code that Python would end with, and the error that nothing caught.

    Raises:
        NoProgramError: There is none.
    """
    load = LOADERS[program.kind]
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    try:
        code = load(program, main)
        exec(code, vars(main))  # noqa: S102  # it is what the user asks for
    except SystemExit as stop:
        return _exit_code(stop), None
    except NoProgramError:
        raise
    except BaseException as error:  # noqa: BLE001  # it is told as Python tells it
        trace = error.__traceback__ if full_traceback else of_the_program(error.__traceback__)
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return (INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1), error
    return 0, None


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1


# how each kind begins


def _load_script(program: Program, main: ModuleType) -> CodeType:
    path = Path(program.name).absolute()
    if not path.exists():
        raise NoProgramError(f"there is no {program.name}")
    if path.is_dir() or is_zipfile(path):
        _set_argv(program.name, program, str(path))
        spec = PathFinder.find_spec("__main__", [str(path)])
        return _of_spec(spec, main, f"there is no __main__.py in {program.name}")
    _set_argv(program.name, program, str(path.resolve().parent))
    main.__file__, main.__loader__ = str(path), SourceFileLoader("__main__", str(path))
    try:
        source = path.read_bytes()
    except OSError as error:
        raise NoProgramError(f"{program.name} cannot be read: {error.strerror}") from error
    return compile(source, main.__file__, "exec", dont_inherit=True)


def _load_module(program: Program, main: ModuleType) -> CodeType:
    _set_argv("-m", program, str(Path.cwd()))
    try:
        spec = find_spec(program.name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{program.name}.__main__")
    except ModuleNotFoundError as error:
        if error.name is None or not f"{program.name}.".startswith(f"{error.name}."):
            raise
        spec = None
    code = _of_spec(spec, main, f"there is no module {program.name}, or it is a package without a __main__")
    sys.argv[0] = main.__file__ or program.name
    return code


def _of_spec(spec: ModuleSpec | None, main: ModuleType, lacking: str) -> CodeType:
    if spec is None or not isinstance(spec.loader, InspectLoader):
        raise NoProgramError(lacking)
    code = spec.loader.get_code(spec.name)
    if code is None:
        raise NoProgramError(f"{spec.name} is not written in Python")
    main.__spec__ = spec  # a spawned process finds it by that
    main.__file__, main.__package__, main.__loader__ = spec.origin, spec.parent, spec.loader
    return code


def _load_code(program: Program, main: ModuleType) -> CodeType:
    _set_argv("-c", program, "")
    return compile(program.name, "<string>", "exec", dont_inherit=True)


def _load_stdin(program: Program, main: ModuleType) -> CodeType:
    _set_argv("-", program, "")
    return compile(sys.stdin.read(), "<stdin>", "exec", dont_inherit=True)


def _set_argv(first: str, program: Program, folder: str) -> None:
    sys.argv[:] = [first, *program.arguments]
    if not getattr(sys.flags, "safe_path", False):  # of Python 3.11: nothing stands before the rest
        sys.path[0] = folder


LOADERS: dict[str, Callable[[Program, ModuleType], CodeType]] = {
    "script": _load_script,
    "-m": _load_module,
    "-c": _load_code,
    "-": _load_stdin,
}


# tracebacks

_OURS = (str(Path(__file__).parent), "<frozen importlib", "<frozen runpy")
_OF_NAMES = ("groundwire_lightning/utilities/finder.py", "groundwire_lightning/utilities/lazily.py")


def of_the_program(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this command and of the search for a module."""
    parts = []
    while trace is not None:
        parts.append(trace)
        trace = trace.tb_next
    rest: TracebackType | None = None
    for part in reversed(parts):
        if not _is_ours(part.tb_frame.f_code.co_filename):
            rest = TracebackType(rest, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return rest


def _is_ours(file: str) -> bool:
    return file.startswith(_OURS) or file.endswith(_OF_NAMES)

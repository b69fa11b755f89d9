"""How long `groundwire check` takes: 1,000 files on one core, from the start of the process to the last line.

The files are the project's own programs of Lightning code, copied under other names, so that each is parsed; a
second row has as many files of the standard library, which name nothing of Lightning. Run it with
`python benchmarks/check_time.py`.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = [*(ROOT / "examples").glob("*.py"), *(ROOT / "tests/side_by_side/scripts").glob("*.py")]
COMMAND = "import sys; from groundwire_tools.check.command import main; sys.exit(main(sys.argv[1:]))"


def filled(folder: Path, sources: Iterable[Path], count: int) -> int:
    """Copy files round and round, a folder for each hundred; the number of their lines."""
    lines = 0
    for number, source in enumerate(itertools.islice(itertools.cycle(sources), count)):
        target = folder / f"part_{number // 100}" / f"{source.stem}_{number}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        lines += source.read_bytes().count(b"\n")
    return lines


def seconds(*words: str) -> float:
    """The shortest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", COMMAND, *words, "--exit-zero"], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    count = parser.parse_args().files
    standard = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    print(f"{'groundwire check':<24}{'files':>8}{'lines':>10}{'seconds':>10}")
    print(f"{'--help':<24}{'':>8}{'':>10}{seconds('--help'):>10.2f}")
    for title, sources in (("Lightning in each", PROGRAMS), ("the standard library", standard)):
        with tempfile.TemporaryDirectory() as folder:
            lines = filled(Path(folder), sources, count)
            print(f"{title:<24}{count:>8}{lines:>10}{seconds(folder):>10.2f}")


if __name__ == "__main__":
    main()

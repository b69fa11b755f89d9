"""``python -m groundwire`` is the command line."""

import subprocess
import sys


def test_the_package_runs_as_a_module() -> None:
    ran = subprocess.run([sys.executable, "-m", "groundwire", "--help"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.partition(" COMMAND")[0]) == (0, "usage: groundwire")

"""Lightning 1.9.5 in a process of its own, which runs programs one after another and answers what each of them did.

It lives in a folder beside the environment, never in it: ``make .venv/lightning-1.9.5`` puts it there.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = Path(sys.prefix) / "lightning-1.9.5"


class Oracle:
    """The process; it is started with the first question.

    Args:
        folder: Where Lightning 1.9.5 was installed.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    def ask(self, text: str, name: str, folder: Path) -> dict[str, Any]:
        """What a program does under Lightning 1.9.5; arguments and outcome are those of ``recorded``.

        Raises:
            RuntimeError: The program fails there.
        """
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([text, name, str(folder)]) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or '{"error": "the process ended"}')
        if "error" in answer:
            raise RuntimeError(f"{name} fails under Lightning 1.9.5:\n{answer['error']}")
        return answer  # type: ignore[no-any-return]

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            paths = {"PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)])}
            command = [sys.executable, "-W", "ignore", "-m", "tests.lightning_1.oracle"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process = subprocess.Popen(command, text=True, cwd="/", env={**os.environ, **paths}, **pipes)
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()


def answer_questions() -> None:
    """Answer from standard input to standard output until there are no more questions."""
    import pytorch_lightning
    from tests.lightning_1.recorded import recorded

    assert pytorch_lightning.__version__ == "1.9.5", pytorch_lightning.__file__
    logging.disable(logging.WARNING)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a program prints is no answer
    for line in sys.stdin:
        text, name, folder = json.loads(line)
        try:
            answer = recorded(text, name, Path(folder))
        except BaseException:  # noqa: BLE001  # it is told to who asks
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    answer_questions()

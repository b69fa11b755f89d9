"""What a script reads of a module or a Trainer has to be there in the written program."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.made import plain
from tests.groundwire_tools.eject.variants import program

from groundwire_tools.eject.facts import NotPlainError


@pytest.mark.parametrize(
    ("members", "end", "name"),
    [
        ("def on_fit_end(self):\n    self.logger.info(1)\n", "", r"self\.logger"),
        ("def on_fit_end(self):\n    self.trainer.strategy\n", "", r"self\.trainer\.strategy"),
        ("def on_fit_end(self):\n    super().all_gather(1)\n", "", r"super\(\)\.all_gather"),
        ("", "trainer.save_checkpoint('x')\n", r"trainer\.save_checkpoint"),
        ("", "Model.load_from_checkpoint('x')\n", r"Model\.load_from_checkpoint"),
        ("def on_train_batch_start(self, batch, batch_idx):\n    return -1\n", "", "skips the rest of an epoch"),
    ],
)
def test_what_a_plain_program_does_not_have_is_refused(members: str, end: str, name: str) -> None:
    with pytest.raises(NotPlainError, match=rf"p\.py:\d+: .*{name}"):
        plain(program(members=members, end=end))


def test_names_of_the_programs_own_may_be_called_the_same() -> None:
    members = "def on_fit_end(self):\n    self.logger = []\n    self.logger.append(self.trainer.current_epoch)\n"
    assert "self.logger.append" in plain(program(members=members))

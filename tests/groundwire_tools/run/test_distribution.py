"""What an installed Lightning would say of itself, whoever asks."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from tests.groundwire_tools.run.launched import ABSENT, launched

from groundwire_tools.run import answers
from groundwire_tools.run.distribution import Distribution, and_told, distributions_named

# pip brings the very pkg_resources that setuptools had until it was removed
OLDER = """
from pip._vendor.pkg_resources import (
    DistInfoDistribution, VersionConflict, get_distribution, iter_entry_points, parse_requirements, require,
    working_set,
)
"""
ASKS = """
import pkg_resources as asked
print(asked.get_distribution("lightning").version, asked.get_distribution("pytorch_lightning>=1.9").project_name)
print([one.key for one in asked.require("lightning_fabric>=1.9")][0])
print([str(one) for one in asked.parse_requirements("pytorch-lightning>=1.5")], [*asked.iter_entry_points("x")])
try:
    asked.require("lightning>=2")
except asked.VersionConflict as error:
    print(error.dist.version)
print({one.key for one in asked.working_set} >= {"lightning", "pytorch-lightning", "lightning-fabric"})
print("torch>=" in str(asked.get_distribution("lightning").requires()), "torch" in __import__("sys").modules)
"""
SAID = """1.9.5 pytorch-lightning
lightning-fabric
['pytorch-lightning>=1.5'] []
1.9.5
True
True False
"""


@pytest.mark.parametrize("before", ["", ABSENT])
def test_pkg_resources_knows_of_lightning_whether_it_is_there_or_not(before: str, tmp_path: Path) -> None:
    pytest.importorskip("pip._vendor.pkg_resources", exc_type=ImportError)
    ran = launched(tmp_path, "--as", "1.9.5", "p.py", files={"pkg_resources.py": OLDER, "p.py": ASKS}, before=before)
    assert ran.stdout == SAID, ran.stderr


def test_a_distribution_has_the_files_of_an_installed_one() -> None:
    said = Distribution("pytorch-lightning", "pytorch_lightning", "1.9.5")
    assert (said.version, said.metadata["Name"], said.files) == ("1.9.5", "pytorch-lightning", None)
    assert said.read_text("top_level.txt") == "pytorch_lightning\n"
    assert said.locate_file("groundwire_tools/run/answers.py").samefile(answers.__file__)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("Lightning", ["lightning"]),
        ("lightning_fabric", ["lightning-fabric"]),
        ("pytorch.lightning", ["pytorch-lightning"]),
        ("torch", []),
        (None, ["lightning", "pytorch-lightning", "lightning-fabric"]),
    ],
)
def test_a_name_is_read_as_pip_reads_it(name: str | None, names: list[str]) -> None:
    assert [said.metadata["Name"] for said in distributions_named(name, "2.0")] == names


def test_where_there_is_no_pkg_resources_none_is_told() -> None:
    assert and_told(None, "2.0") is None
    folder = ModuleSpec("pkg_resources", None)
    assert and_told(folder, "2.0") is folder
    assert folder.loader is None

"""Classes of a project: which one a name means."""

from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import check, codes

from groundwire_tools.check.project import Project
from groundwire_tools.check.uses import CALL, Chain, ClassRecord, Scanned, Use

BASE = "import lightning as L\nclass Base(L.LightningModule):\n    def used(self): ...\n"
SUB = "class Lit(Base):\n    def training_epoch_end(self, outputs): ...\n"
PROJECTS = {
    "by its full name": {"pkg/base.py": BASE, "pkg/lit.py": "from pkg.base import Base\n" + SUB},
    "by a relative import": {"pkg/base.py": BASE, "pkg/lit.py": "from .base import Base\n" + SUB},
    "from two folders up": {"pkg/base.py": BASE, "pkg/a/lit.py": "from ..base import Base\n" + SUB},
    "as a module": {"pkg/base.py": BASE, "pkg/lit.py": "import pkg.base as b\n" + SUB.replace("Base", "b.Base")},
    "passed on by the package": {
        "pkg/base.py": BASE,
        "pkg/__init__.py": "from .base import Base",
        "lit.py": "from pkg import Base\n" + SUB,
    },
    "below src": {"src/pkg/base.py": BASE, "src/pkg/lit.py": "from pkg.base import Base\n" + SUB},
    "through a third": {
        "a.py": BASE,
        "b.py": "from a import Base\nclass Mid(Base): ...\n",
        "c.py": "from b import Mid\n" + SUB.replace("Base", "Mid"),
    },
    "with a mixin": {"pkg/base.py": BASE, "pkg/lit.py": "from pkg.base import Base\n" + SUB.replace("Base", "X, Base")},
}


@pytest.mark.parametrize("name", PROJECTS)
def test_classes_are_followed_through_the_files_of_a_project(name: str, tmp_path: Path) -> None:
    assert codes(check(tmp_path, PROJECTS[name])) == ["GW106"]


def project_of(*chains: Chain) -> Project:
    project = Project()
    project.add(Scanned("train.py", classes=[ClassRecord(chain, ()) for chain in chains]))
    return project


@pytest.mark.parametrize(
    ("chain", "meant"),
    [
        (("a", "base", "Lit", CALL, "fit"), (("a", "base", "Lit"), 3)),
        (("base", "Lit"), (("a", "base", "Lit"), 2)),
        (("b", "Lit"), (("b", "other", "Lit"), 2)),
        (("c", "Lit"), None),
        (("Lit",), None),
    ],
)
def test_a_class_is_found_by_its_name_the_end_of_it_or_its_package(chain: Chain, meant: object) -> None:
    here = project_of(("a", "base", "Lit"), ("b", "other", "Lit")).find(chain)
    assert (here and (here[0].chain, here[1])) == meant


def test_a_package_that_has_two_of_a_name_passes_none_on() -> None:
    assert project_of(("a", "b", "Lit"), ("a", "c", "Lit")).find(("a", "Lit")) is None


def test_a_name_that_is_stored_anywhere_is_an_attribute() -> None:
    project = Project()
    project.add(Scanned("train.py", uses=[Use("store", ("t", "mine"), 1, 1), Use("read", ("t", "other"), 2, 1)]))
    assert project.attributes == {"mine"}

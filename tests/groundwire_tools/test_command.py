"""The command: its exit codes, its forms of output, and how little it loads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.groundwire_tools.projects import check, project

from groundwire_tools.check.codes import CODES
from groundwire_tools.check.command import FORMS, main
from groundwire_tools.check.formats import FORMATS

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
CLEAN = "import lightning as L\nL.Trainer(max_epochs=1, accelerator='cpu')"
OTHER = "import lightning as L\nL.Trainer(devices=2)"
BROKEN = "import lightning as L\nL.Trainer(gpus=2)"


@pytest.mark.parametrize(
    ("source", "words", "code"),
    [
        (CLEAN, [], 0),
        (OTHER, [], 1),
        (BROKEN, [], 1),
        ("import lightning\ndef (", [], 1),
        (BROKEN, ["--exit-zero"], 0),
        (BROKEN, ["--fail-under", "50"], 0),
        (BROKEN, ["--fail-under", "90"], 1),
        (OTHER, ["--fail-under", "100"], 0),
        (BROKEN, ["--fail-under", "101"], 2),
        (BROKEN, ["--fail-under", "many"], 2),
        (BROKEN, ["--output-format", "xml"], 2),
        (BROKEN, ["nowhere.py"], 2),
        (BROKEN, ["--help"], 0),
    ],
)
def test_the_exit_code(source: str, words: list[str], code: int, tmp_path: Path) -> None:
    project(tmp_path, {"train.py": source})
    assert main([str(tmp_path), *words]) == code


def test_a_path_is_due(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "PATH" in capsys.readouterr().err


def test_the_text_names_places_and_ends_with_what_it_comes_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, {"train.py": BROKEN, "a.py": CLEAN}))
    main(["train.py", "a.py"])
    assert capsys.readouterr().out == (
        "train.py:2:11: GW303 Trainer(gpus=): Lightning 2 removed it. Instead: accelerator='gpu' and devices=\n"
        "\n"
        "7 uses in 2 files: 5 as they are, 1 through something of ours (GW1xx, --verbose lists them), "
        "1 cannot run (GW3xx).\n"
        "85% of the uses and 50% of the files run.\n"
        "Will it run? No: 1 GW303 no such argument.\n"
    )


def test_what_changes_nothing_is_listed_when_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(project(tmp_path, {"train.py": CLEAN})), "--verbose"]) == 0
    assert ": GW102 Trainer(accelerator=)" in capsys.readouterr().out


@pytest.mark.parametrize(("source", "answer"), [(CLEAN, "yes"), (OTHER, "yes, but"), (BROKEN, "no")])
def test_json_has_a_version_and_all_findings(
    source: str, answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(project(tmp_path, {"train.py": source})), "--output-format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert (document["schema_version"], document["will_it_run"]) == (1, answer)
    (finding,) = document["findings"]
    assert finding["title"] == CODES[finding["code"]].title
    assert (finding["line"], finding["cell"]) == (2, None)


def test_github_is_told_the_worst_first_and_on_one_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"a,b.py": OTHER, "b.py": "\n".join([BROKEN, *["L.Trainer(gpus=2)"] * 11])}
    main([str(project(tmp_path, files)), "--output-format", "github"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines[:13]] == ["::error"] * 12 + ["::warning"]
    assert "a%2Cb.py,line=2,col=11,title=GW203 started by a launcher::Trainer(devices=): 2 asks" in lines[12]


def test_the_page_of_a_step_on_github_has_them_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    words = str(project(tmp_path / "a", {"train.py": "\n".join([BROKEN, *["L.Trainer(gpus=2)"] * 11])}))
    main([words])
    assert page.read_text() == "before\n"
    main([words, "--output-format", "github"])
    text = page.read_text()
    assert text.startswith("before\n### groundwire check")
    assert text.count("**GW303**") == 12


def test_sarif_names_a_rule_for_each_finding(tmp_path: Path) -> None:
    (run,) = json.loads(FORMATS["sarif"](check(tmp_path, {"train.py": BROKEN, "a.py": CLEAN})))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [("GW102", "note"), ("GW303", "error")]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert run["results"][1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 11}


def test_every_form_says_something_of_nothing(tmp_path: Path) -> None:
    report = check(tmp_path, {"a.py": "x = 1"})
    assert set(FORMATS) == set(FORMS)
    assert all(form(report) for form in FORMATS.values())
    assert FORMATS["text"](report) == "No use of Lightning in 1 file."


def loaded_by(*words: str) -> set[str]:
    program = "import sys\nfrom groundwire_tools.check.command import main\nmain(sys.argv[1:])\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return {name.partition(".")[0] for name in ran.stdout.splitlines()[-1].split()}


def test_neither_torch_nor_an_adapter_nor_the_program_is_imported(tmp_path: Path) -> None:
    modules = loaded_by(str(project(tmp_path, {"train_me.py": BROKEN, "a.yaml": "trainer: {max_epochs: 1, gpus: 2}"})))
    assert modules & {"torch", "accelerate", "groundwire_lightning", "lightning", "train_me"} == set()


def test_help_reads_no_table() -> None:
    assert "json" not in loaded_by("--help")


def test_the_command_is_installed_under_its_name() -> None:
    entries = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert entries["groundwire.commands"]["check"] == f"{main.__module__}:main"


def test_the_hook_for_pre_commit_calls_it() -> None:
    import yaml

    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert (hook["id"], hook["entry"], hook["types"]) == ("groundwire-check", "groundwire check", ["python"])


@pytest.mark.parametrize("folder", ["examples", "tests/side_by_side/scripts"])
def test_programs_that_run_here_are_found_to_run(folder: str) -> None:
    report = check_of(ROOT / folder)
    assert report.will_it_run == "yes"
    assert len(report.using_files) > 2


def check_of(folder: Path):
    from groundwire_tools.check.report import checked

    return checked([folder])

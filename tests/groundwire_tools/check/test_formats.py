"""The forms of output: text, JSON, and what GitHub and SARIF read."""

import json
from pathlib import Path

import pytest
from tests.groundwire_tools.check.projects import BROKEN, CLEAN, OTHER, check, project

from groundwire_tools.check.codes import CODES
from groundwire_tools.check.command import FORMS, main
from groundwire_tools.check.formats import FORMATS


def test_the_text_names_places_and_ends_with_what_it_comes_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, {"train.py": BROKEN, "a.py": CLEAN}))
    main(["train.py", "a.py"])
    assert capsys.readouterr().out == (
        "train.py:2:11: GW303 Trainer(gpu=): there is no such argument.\n"
        "\n"
        "7 uses in 2 files: 5 as they are, 1 through something of ours (GW1xx, --verbose lists them), "
        "1 cannot run (GW3xx).\n"
        "85% of the uses and 50% of the files run.\n"
        "Will it run? No: 1 GW303 no such argument.\n"
    )


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
    files = {"a,b.py": OTHER, "b.py": "\n".join([BROKEN, *["L.Trainer(gpu=2)"] * 11])}
    main([str(project(tmp_path, files)), "--output-format", "github"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines[:13]] == ["::error"] * 12 + ["::warning"]
    assert "a%2Cb.py,line=2,col=11,title=GW203 started by a launcher::Trainer(num_nodes=): 2 asks" in lines[12]


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

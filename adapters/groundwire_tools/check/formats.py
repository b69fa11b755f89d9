"""The forms of a report: text, JSON, annotations of GitHub, SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from typing import Any

from groundwire_tools.check.codes import CODES, MEANINGS
from groundwire_tools.check.report import RANK, Finding, Report

SCHEMA_VERSION = 1


def as_text(report: Report, is_verbose: bool = False) -> str:
    """Lines for people: the findings, and what they come to.

    Args:
        report: What is told.
        is_verbose: Findings that change nothing are listed too.
    """
    listed = report.findings if is_verbose else report.problems
    lines = [f"{one.place}: {one.code} {one.text}" for one in listed]
    return "\n".join([*lines, *([""] if lines else []), *_summary(report)])


def _summary(report: Report) -> list[str]:
    lines = [
        f"`{root}` is a package of this project: what is imported from it is not looked at."
        for root in report.own_roots
    ]
    if not report.uses:
        return [*lines, f"No use of Lightning in {_plural(report.files, 'file')}."]
    counts = report.counts
    parts = [f"{counts['']} as they are"] if counts[""] else []
    parts += [f"{counts[start]} {_SAID[start]}" for start in reversed(RANK) if start and counts[start]]
    total = sum(counts.values())
    lines.append(f"{_plural(total, 'use')} in {_plural(len(report.using_files), 'file')}: {', '.join(parts)}.")
    lines.append(
        f"{_floored(report.percent_of_uses)}% of the uses and {_floored(report.percent_of_files)}% of the files run."
    )
    lines.append(f"Will it run? {report.will_it_run.capitalize()}{_why(report)}.")
    return lines


_SAID = {
    "GW1": "through something of ours (GW1xx, --verbose lists them)",
    "GW2": "with another meaning (GW2xx)",
    "GW0": "not readable (GW0xx)",
    "GW3": "cannot run (GW3xx)",
}


def _why(report: Report) -> str:
    if report.will_it_run == "yes":
        return ""
    codes = Counter(finding.code for finding in report.problems)
    worst = sorted(codes, key=lambda code: (RANK.index(code[:3]), code))
    return f": {', '.join(f'{codes[code]} {code} {CODES[code].title}' for code in worst)}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _floored(percent: float) -> int:
    return int(percent)  # 99.9 is not all


def as_json(report: Report) -> str:
    """One object for programs."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "groundwire": metadata.version("groundwire"),
        "will_it_run": report.will_it_run,
        "percent_of_uses": round(report.percent_of_uses, 2),
        "percent_of_files": round(report.percent_of_files, 2),
        "files_looked_at": report.files,
        "files_with_uses": len(report.using_files),
        "uses": {start or "fine": report.counts[start] for start in reversed(RANK)},
        "own_packages": list(report.own_roots),
        "findings": [_as_object(finding) for finding in report.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _as_object(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "title": CODES[finding.code].title,
        "path": finding.path,
        "cell": finding.cell,
        "line": finding.line,
        "column": finding.column,
        "text": finding.text,
    }


def as_github(report: Report) -> str:
    """Annotations, the worst first, for GitHub shows ten of a kind; then the summary."""
    return "\n".join([*map(_annotation, _worst_first(report)), *_summary(report)])


def as_step_summary(report: Report) -> str:
    """Markdown for the page of a step of GitHub, which has room for all."""
    lines = [f"- `{one.place}` **{one.code}** {one.text}" for one in _worst_first(report)]
    return "\n".join(["### groundwire check", "", *_summary(report), "", *lines, ""])


def _worst_first(report: Report) -> list[Finding]:
    return sorted(report.problems, key=lambda one: (one.weight, one.path, one.line))


def _annotation(finding: Finding) -> str:
    title = f"{finding.code} {CODES[finding.code].title}"
    if finding.cell:  # the lines of a cell are not those of the file
        place, text = f"file={_property(finding.path)}", f"cell {finding.cell}, line {finding.line}: {finding.text}"
    else:
        place = f"file={_property(finding.path)},line={finding.line},col={finding.column}"
        text = finding.text
    return f"::{_level(finding)} {place},title={_property(title)}::{_escaped(text)}"


def _level(finding: Finding) -> str:
    return "error" if finding.code[:3] in ("GW0", "GW3") else "warning"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0, which code scanning reads."""
    rules = [
        {
            "id": code.number,
            "name": code.title,
            "shortDescription": {"text": f"{code.title}: {MEANINGS[code.number[:3]]}"},
            "fullDescription": {"text": code.about},
        }
        for code in CODES.values()
    ]
    driver = {"name": "groundwire check", "semanticVersion": metadata.version("groundwire"), "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in report.findings]}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(finding: Finding) -> dict[str, Any]:
    region = {} if finding.cell else {"region": {"startLine": finding.line, "startColumn": finding.column}}
    text = f"cell {finding.cell}, line {finding.line}: {finding.text}" if finding.cell else finding.text
    place = {"artifactLocation": {"uri": finding.path.replace("\\", "/")}, **region}
    return {
        "ruleId": finding.code,
        "ruleIndex": list(CODES).index(finding.code),
        "level": "note" if finding.code.startswith("GW1") else _level(finding),
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
"""Name to form."""

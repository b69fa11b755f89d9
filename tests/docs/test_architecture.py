"""The map of the house is true: places that pages name exist, and a run goes by them in the order that is told."""

from __future__ import annotations

import re

import pytest
from docs import generate, walking

WALKS = {name: [place for place, _ in walk["steps"]] for name, walk in generate.listed("walks").items()}
GLOSSARY = generate.listed("glossary")
README = (walking.ROOT / "README.md").read_text("utf-8")


# walks


@pytest.mark.parametrize("name", WALKS)
def test_a_run_calls_the_places_of_a_walk_in_their_order(name: str) -> None:
    assert list(walking.out_of_order(WALKS[name], walking.walked())) == []


def test_a_call_that_comes_too_early_is_found() -> None:
    first, second = "plan:_run_train_step", "groundwire/loop.py:train_step"
    seen = [walking.call_of(place) for place in (second, first)]
    assert list(walking.out_of_order([first, second], seen)) == [second]
    assert list(walking.out_of_order([second, first], seen)) == []


def test_every_walk_is_on_the_page() -> None:
    page = (generate.FOLDER / "architecture.md").read_text("utf-8")
    assert set(re.findall(r"<!-- generated: walk of (\w+) -->", page)) == set(WALKS)


@pytest.mark.parametrize(
    ("place", "missing"),
    [
        ("groundwire/nowhere.py:train", "there is no groundwire/nowhere.py"),
        ("groundwire/loop.py:trian_step", "defines no trian_step"),
        ("groundwire/tables/plan.py:Plan.puts", "defines no puts"),
        ("groundwire/tables/plan.py:put", "defines no put"),
    ],
)
def test_a_place_that_is_not_there_is_named(place: str, missing: str) -> None:
    with pytest.raises(LookupError, match=re.escape(missing)):
        walking.definition(place)


# words


@pytest.mark.parametrize("word", GLOSSARY)
def test_a_word_is_used_where_it_is_at_home(word: str) -> None:
    home = GLOSSARY[word]["home"]
    source = walking.file_of(home).read_text("utf-8")
    if ":" in home:
        node = walking.definition(home)
        source = "\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])
    plain = re.sub(r" \(.*\)|`", "", word)
    spelled = plain.replace("-", "[-_]?")  # stand-in, stand_in, StandIn
    assert re.search(spelled, home + source, re.IGNORECASE), f"{home} does not speak of {plain!r}"


# the files that are told to read


def test_the_files_of_the_readme_are_there() -> None:
    rows = re.findall(r"^\| ([^|]*`) \|", README.split("## Where to read")[1], re.MULTILINE)
    paths = [path for row in rows for path in re.findall(r"`([^`]+)`", row)]
    assert len(paths) > 10
    roots = walking.ROOT, walking.file_of("groundwire_lightning")
    assert [path for path in paths if not any((root / path).exists() for root in roots)] == []


def test_every_room_says_what_it_is() -> None:
    rows = [line for package in generate.listed("rooms") for line in generate.rooms(package).splitlines()[2:]]
    assert [row for row in rows if not re.fullmatch(r"\| `\w+(?:/|\.py)` \| [A-Z`].{20,}\. \|", row)] == []

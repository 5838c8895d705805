"""The page about performance names what can be measured, and shows pictures that are there."""

from __future__ import annotations

import re

from bench.subjects import SUBJECTS
from tests.docs.blocks import DOCS, blocks

PAGE = DOCS / "performance.md"
TEXT = PAGE.read_text(encoding="utf-8")
NAMES = {subject.name for subject in SUBJECTS}


def test_its_commands_measure_what_there_is() -> None:
    commands = [line for block in blocks(PAGE) for line in block.code.splitlines()]
    assert all(re.match(r"\$ make bench( ARGS=\"[^\"]+\")? +# ", line) for line in commands), commands
    assert set(re.findall(r"--only (\w+)", TEXT)) <= NAMES


def test_every_subject_but_that_of_the_stores_is_said_to_be_measured_somehow() -> None:
    _, _, how = TEXT.partition("## What was measured, and how")
    assert NAMES & set(re.findall(r"`(\w+)`", how)) >= {"flow", "stages", "mounted", "peers", "growth", "real"}


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([\w.-]+)\)", TEXT)
    assert pictures
    assert [name for name in pictures if not (DOCS / name).is_file()] == []

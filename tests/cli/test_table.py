"""The demo's table: aligned, never folded, and whole where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from webhook_kit.cli.demo import Answer, Row
from webhook_kit.cli.table import broken_promises, natural_width, table, telling

from .conftest import Invoke

OK = '{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
SHORTENED = "Bodies are shortened to fit; --json has every byte."


def shown(rows: Sequence[Row], width: int, *, colours: bool = False) -> list[str]:
    """Return the lines on a screen of this width."""
    console = Console(width=width, file=StringIO(), color_system="standard" if colours else None)
    with console.capture() as captured:
        console.print(table(rows, width))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("width", [80, 100, 140, 200, 300])
def test_every_delivery_has_one_line_that_fits(width: int, rows: list[Row]) -> None:
    lines = shown(rows, width)
    vendors = list(dict.fromkeys(row.planned.vendor for row in rows))
    assert max(map(len, lines)) <= width
    assert [line for line in lines if line in vendors] == vendors
    # Two lines of headings, and an empty one between vendors
    assert len([line for line in lines if line]) == 2 + len(vendors) + len(rows)
    assert lines.count("") == len(vendors) - 1


@pytest.mark.parametrize("width", [80, 140])
def test_columns_are_aligned_over_all_vendors(width: int, rows: list[Row]) -> None:
    lines = shown(rows, width)
    start = lines[0].index("outcome")
    assert {line[start - 1] for line in lines[2:] if len(line) > start} == {" "}
    assert {line[start : start + 9] for line in lines if "twin" in line} == {"in_flight", "processed"}


def test_a_narrow_screen_shows_what_the_bodies_say(rows: list[Row]) -> None:
    text = "\n".join(shown(rows, 80))
    assert "401 Missing signature unauthenticated" in text
    assert OK not in text


def test_a_wide_screen_shows_whole_bodies(rows: list[Row]) -> None:
    assert f"200 {OK} " in "\n".join(shown(rows, 140))


def test_where_there_is_room_nothing_is_cut(rows: list[Row]) -> None:
    text = "\n".join(shown(rows, natural_width(table(rows, None))))
    assert "…" not in text
    for row in rows:
        assert row.answer.body.decode() in text


def test_a_terminal_gets_colours_by_status(rows: list[Row]) -> None:
    lines = {line.partition("\x1b")[0].strip(): line for line in shown(rows[-14:], 100, colours=True)}
    assert "\x1b[32m200 success" in lines["UserJoinLeave by shape"]
    assert "\x1b[33m401 Invalid signature" in lines["wrong token"]
    assert "\x1b[35m500 Internal error" in lines["a handler fails"]


def test_a_delivery_without_an_answer_is_marked(rows: list[Row]) -> None:
    silent = replace(rows[0], answer=Answer(None, b"no answer (ReadTimeout)"), outcomes=(), saw=())
    lines = shown([silent], 120)
    assert [part.strip() for part in lines[-1].split("  ") if part] == [
        f"✗ {silent.planned.name}",
        "✗ --- no answer (ReadTimeout)",
        "✗ none",
        "✗ -",
    ]


def test_only_the_cells_that_broke_their_promise_are_explained(rows: list[Row]) -> None:
    changed = replace(rows[0], saw=("something else",))
    assert [text.plain for text in broken_promises([rows[1], changed])] == [
        f"{changed.planned.vendor}: {changed.planned.name}",
        f"  saw       something else\n  promised  {', '.join(changed.planned.promise.saw)}",
    ]


def test_a_pipe_gets_whole_lines_without_colours_or_spaces_at_their_ends(invoke: Invoke) -> None:
    output = invoke("demo").stdout
    assert f"200 {OK}" in output
    assert SHORTENED not in output
    assert "\x1b" not in output
    assert output.splitlines() == [line.rstrip() for line in output.splitlines()]


def test_a_pipe_with_a_width_keeps_to_it(invoke: Invoke) -> None:
    lines = invoke("demo", COLUMNS="80").stdout.splitlines()
    assert max(map(len, lines)) == 80
    assert lines[-2] == SHORTENED


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (OK, "OK"),
        ('{"ActionStatus":"FAIL","ErrorInfo":"Wrong application","ErrorCode":403}', "Wrong application"),
        ('{"status":"success"}', "success"),
        ("success", "success"),
        ('{"code":0}', '{"code":0}'),
        ("[]", "[]"),
        ("", ""),
    ],
)
def test_a_body_is_shortened_to_what_it_says(body: str, said: str) -> None:
    assert telling(body) == said

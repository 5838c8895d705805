"""Instants in their units, and enums that stay open."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel

from webhook_kit.fields import MILLISECONDS_FROM, Instant, Milliseconds, OpenEnum, Seconds, instant


class Status(OpenEnum):
    """What a vendor documents: text, and a number as its digits."""

    OFFLINE = "Offline"
    ONLINE = "Online"
    SECOND = "2"


class Reading(BaseModel):
    status: Status | None = None
    unclear: Instant | None = None
    seconds: Seconds | None = None
    milliseconds: Milliseconds | None = None


class TestOpenEnum:
    """Values that a vendor documents, and every other one."""

    def test_a_known_value_is_its_member(self) -> None:
        assert Status("Offline") is Status.OFFLINE
        assert Status.OFFLINE.known

    def test_an_unknown_value_is_kept(self) -> None:
        status = Status("Sleeping")
        assert isinstance(status, Status)
        assert (status, status.value, str(status), f"{status}") == ("Sleeping",) * 4
        assert not status.known

    def test_a_value_that_is_spelled_like_a_members_name_is_unknown(self) -> None:
        status = Status("OFFLINE")
        assert not status.known
        assert status != Status.OFFLINE
        assert repr(status) == "<Status.unknown: 'OFFLINE'>"

    def test_a_number_is_read_as_its_digits(self) -> None:
        assert Status(2) is Status.SECOND
        assert Status(3) == "3"

    @pytest.mark.parametrize("value", [True, None, 2.0, b"Offline", ["Offline"], {}])
    def test_nothing_else_is_a_value(self, value: object) -> None:
        with pytest.raises(ValueError, match="is not a valid Status"):
            Status(value)

    def test_members_and_unknown_ones_compare_as_their_text(self) -> None:
        assert Status.OFFLINE == "Offline"
        assert Status("Sleeping") == Status("Sleeping")
        assert {Status("Sleeping"), Status.OFFLINE} == {"Sleeping", "Offline"}
        assert {"Offline": 1}[Status.OFFLINE] == 1

    def test_unknown_values_are_not_remembered(self) -> None:
        for number in range(100):
            Status(f"value {number}")
        assert list(Status) == [Status.OFFLINE, Status.ONLINE, Status.SECOND]
        assert sorted(Status._value2member_map_) == ["2", "Offline", "Online"]

    def test_the_repr_names_the_member(self) -> None:
        assert repr(Status.OFFLINE) == "<Status.OFFLINE: 'Offline'>"
        assert repr(Status("x" * 1000)) == f"<Status.unknown: '{'x' * 200}'>"

    @pytest.mark.parametrize("status", [Status.OFFLINE, Status("Sleeping"), Status("OFFLINE")])
    def test_it_can_be_copied_and_pickled(self, status: Status) -> None:
        for other in (copy.copy(status), copy.deepcopy(status), pickle.loads(pickle.dumps(status))):
            assert (type(other), other, other.known) == (Status, status, status.known)

    @pytest.mark.parametrize(
        ("wire", "status"), [('"Online"', "Online"), ('"Sleeping"', "Sleeping"), ("2", "2"), ("5", "5"), ('""', "")]
    )
    def test_a_model_reads_and_writes_it(self, wire: str, status: str) -> None:
        reading = Reading.model_validate_json(f'{{"status":{wire}}}')
        assert isinstance(reading.status, Status)
        assert reading.status == status
        assert reading.model_dump(mode="json")["status"] == status

    @pytest.mark.parametrize("wire", ["true", "1.5", "NaN", "[]", "{}"])
    def test_a_model_refuses_what_is_neither_text_nor_a_whole_number(self, wire: str) -> None:
        with pytest.raises(ValueError, match="status"):
            Reading.model_validate_json(f'{{"status":{wire}}}')

    @given(some.text())
    def test_every_text_is_kept(self, text: str) -> None:
        assert (Status(text), Status(text).known) == (text, text in {"Offline", "Online", "2"})


AT = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
AT_SECONDS = 1_790_000_000


class TestInstant:
    """Numbers, digits and ISO 8601 text as aware datetimes."""

    @pytest.mark.parametrize(
        "value",
        [
            AT_SECONDS,
            float(AT_SECONDS),
            str(AT_SECONDS),
            f" {AT_SECONDS} ",
            AT_SECONDS * 1000,
            f"{AT_SECONDS}000",
            "2026-09-21T14:13:20Z",
            "2026-09-21T14:13:20",
            "2026-09-21 14:13:20",
            "2026-09-21T16:13:20+02:00",
            "20260921T141320Z",
            AT,
            AT.replace(tzinfo=None),
        ],
    )
    def test_it_is_read(self, value: object) -> None:
        moment = instant(value)
        assert moment == AT
        assert moment.utcoffset() is not None

    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            (MILLISECONDS_FROM - 1, datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
            (MILLISECONDS_FROM, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
            (-MILLISECONDS_FROM, datetime(1966, 10, 31, 14, 13, 20, tzinfo=UTC)),
            (0, datetime(1970, 1, 1, tzinfo=UTC)),
            (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ],
    )
    def test_at_least_1e11_is_milliseconds(self, number: int, expected: datetime) -> None:
        assert instant(number) == instant(float(number)) == expected

    def test_a_stated_unit_wins(self) -> None:
        assert instant(MILLISECONDS_FROM + 1, per_second=1) == datetime(5138, 11, 16, 9, 46, 41, tzinfo=UTC)
        assert instant("1500", per_second=1000) == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
        assert instant("2026-09-21T14:13:20Z", per_second=1000) == AT

    def test_an_offset_is_kept(self) -> None:
        assert instant("2026-09-21T16:13:20+02:00").tzinfo == timezone(timedelta(hours=2))

    @pytest.mark.parametrize(
        "value",
        [
            True,
            False,
            None,
            "",
            " ",
            "soon",
            "1.79e9",
            "-5",
            "１７９０００００００",
            "²",
            b"1790000000",
            [],
            {},
            float("nan"),
            float("inf"),
            1e300,
            10**400,
            "9" * 5000,
            "\ud800",
            "2026-13-01",
            "2026-02-30T00:00:00Z",
        ],
    )
    def test_everything_else_is_a_value_error(self, value: object) -> None:
        with pytest.raises(ValueError):  # noqa: PT011  # of whatever text: a model turns it into drift
            instant(value)

    @given(some.text() | some.integers() | some.floats() | some.none() | some.booleans())
    def test_nothing_leaves_it_but_an_aware_datetime_or_a_value_error(self, value: object) -> None:
        for per_second in (None, 1, 1000):
            try:
                moment = instant(value, per_second=per_second)
            except ValueError:
                continue
            assert moment.tzinfo is not None

    def test_the_three_types_differ_in_their_unit(self) -> None:
        wire = '{"unclear":1790000000000,"seconds":"1790000000","milliseconds":5}'
        reading = Reading.model_validate_json(wire)
        assert (reading.unclear, reading.seconds) == (AT, AT)
        assert reading.milliseconds == datetime(1970, 1, 1, 0, 0, 0, 5000, tzinfo=UTC)

"""Days: read, shifted, ranged, and resolved from DataWorks' scheduling expressions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.domain import ds as days
from pairec_cli.domain.ds import DsRange, parse_ds, ranges, resolve_parameters, shift
from pairec_cli.domain.errors import InvalidInput

DATES = st.dates(date(1990, 1, 1), date(2100, 12, 31))


@given(DATES)
def test_both_ways_to_write_a_day_are_one_day(day: date) -> None:
    assert parse_ds(day.strftime("%Y%m%d")) == parse_ds(day.isoformat()) == days.from_date(day)
    assert days.to_date(days.from_date(day)) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026013",
        "202601310",
        "20260230",
        "2026-1-31",
        "26-01-31",
        "yesterday",
        "２０２６０１３１",
        " 20260131",
    ],
)
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a day") as caught:
        parse_ds(text)
    assert caught.value.hint == "write days as YYYYMMDD, for example 20260131"


@given(DATES, st.integers(-400, 400))
def test_shift_counts_calendar_days(day: date, by: int) -> None:
    assert shift(days.from_date(day), by) == days.from_date(day + timedelta(days=by))


def test_shift_over_the_ends_of_months_and_years() -> None:
    assert [shift("20240228", 1), shift("20240301", -1), shift("20251231", 1)] == [
        "20240229",
        "20240229",
        "20260101",
    ]


def test_a_day_begins_at_midnight_of_its_time_zone() -> None:
    assert days.unix_start("20260131") == int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
    assert days.unix_start("20260131", "Asia/Shanghai") == days.unix_start("20260131") - 8 * 3600
    # 2026-03-29 is the day of 23 hours in Berlin
    assert (
        days.unix_start("20260330", "Europe/Berlin") - days.unix_start("20260329", "Europe/Berlin") == 82_800
    )


def test_unknown_zones_are_refused() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd"):
        with pytest.raises(InvalidInput, match="unknown time zone"):
            days.zone(name)


def test_yesterday_and_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # the test's clock
            return datetime(2026, 1, 31, 20, tzinfo=UTC).astimezone(tz)  # type: ignore[arg-type]  # a tzinfo

    monkeypatch.setattr(days, "datetime", Noon)
    assert (days.today(), days.yesterday()) == ("20260131", "20260130")
    assert days.yesterday("Asia/Shanghai") == "20260131"  # there it is already the first of February
    assert days.refuse_future("20260130") == "20260130"
    with pytest.raises(InvalidInput, match="20260131 is not over yet; the last complete day is 20260130"):
        days.refuse_future("20260131")
    assert days.refuse_future("20260131", "Asia/Shanghai") == "20260131"


def test_a_range_holds_both_ends() -> None:
    span = DsRange("20260130", "20260202")
    assert list(span) == ["20260130", "20260131", "20260201", "20260202"]
    assert len(span) == 4 and "20260131" in span and "20260203" not in span and 20260131 not in span
    assert str(span) == "20260130..20260202" and str(DsRange("20260130", "20260130")) == "20260130"
    assert DsRange.ending("20260202", 4) == span
    assert len(DsRange("20260202", "20260201")) == 0 and list(DsRange("20260202", "20260201")) == []


@given(st.sets(st.integers(0, 60), max_size=30))
def test_ranges_hold_the_days_and_nothing_else(offsets: set[int]) -> None:
    given_days = [shift("20260115", offset) for offset in offsets]
    found = ranges(given_days)
    assert [day for span in found for day in span] == sorted(given_days)
    assert all(shift(left.last, 1) < right.first for left, right in pairwise(found))


def test_scheduling_parameters() -> None:
    parameters = {
        "bizdate": "$[yyyymmdd-1]",
        "bizdate_100": "$[yyyymmdd-101]",
        "day": "$[yyyymmdd]",
        "c": "x",
    }
    assert resolve_parameters(parameters, "20260131") == {
        "bizdate": "20260131",
        "bizdate_100": "20251023",
        "day": "20260201",
        "c": "x",
    }
    assert resolve_parameters({}, "20260131") == {"bizdate": "20260131"}
    assert days.schedule_offset("$[yyyymmdd+2]") == 2 and days.schedule_offset("$[yyyy-mm-dd]") is None

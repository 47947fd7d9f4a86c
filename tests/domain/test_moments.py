"""Moments in every layout, against the standard library where it can read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairec_cli.domain.moments import nanoseconds

NOON = 1_704_153_600_000_000_000  # 2024-01-02T00:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-02", 0),
        ("2024-01-02 08:30", 30_600),
        ("2024-01-02 8:30:15", 30_615),
        ("2024-01-02 08:30:15.25", 30_615.25),
        ("2024-01-02T08:30:15Z", 30_615),
        ("2024-01-02T08:30:15+08:00", 1_815),
        ("2024-01-02 08:30:15-01:00", 34_215),
        ("2024-01-02T08Z", 28_800),
        ("2024-01-02T08+0800", 0),
        ("2024-01-02T08:30+0800", 1_800),
        ("2024-01-02T08:30:15.5-0030", 32_415.5),
        ("Tue Jan  2 08:30:15 2024", 30_615),
        ("Tue Jan  2 08:30:15 UTC 2024", 30_615),
        ("Tue Jan  2 08:30:15 GMT+8 2024", 1_815),
        ("tue jan 02 08:30:15 +0100 2024", 27_015),
    ],
)
def test_layouts(text: str, seconds: float) -> None:
    assert nanoseconds(text) == NOON + int(seconds * 1_000_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nope",
        "2024-1-2",
        "2024-02-30",
        "2024-01-02T08:30",
        "2024-01-02 24:00",
        "2024-01-02 08:60",
        "2024-01-02 08:30:60",
        "2024-01-02T08:30+08:00",
        "Tue Foo  2 08:30:15 2024",
        "Tue Jan 2 08:30:15 +0100 2024",
        "0000-01-01",
        "13:00PM",
        "2024-01-02\n",
    ],
)
def test_texts_in_no_layout(text: str) -> None:
    assert nanoseconds(text) is None


def test_a_clock_alone_is_of_the_year_nought() -> None:
    first, later = nanoseconds("12:04AM"), nanoseconds("3:04PM")
    ancient = nanoseconds("0001-01-01")
    assert first is not None and later is not None and ancient is not None
    assert later - first == 15 * 3_600 * 10**9
    assert ancient - first == (366 * 86_400 - 240) * 10**9


@given(
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda d: d.replace(microsecond=0)),
    st.integers(-14 * 60, 14 * 60),
)
def test_every_moment_with_a_zone(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    since = zoned - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (since.days * 86_400 + since.seconds) * 10**9
    year, rest = f"{moment.year:04}", moment.strftime("-%m-%d")
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    offset = f"{sign}{size // 60:02}:{size % 60:02}"
    assert nanoseconds(f"{year}{rest} {moment:%H:%M:%S}{offset}") == expected
    assert nanoseconds(f"{year}{rest}T{moment:%H:%M:%S}{offset}") == expected
    assert nanoseconds(f"{year}{rest}T{moment:%H:%M:%S}{offset.replace(':', '')}") == expected

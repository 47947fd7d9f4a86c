"""Days. A `ds` is a `YYYYMMDD` string; a bizdate is the day whose data a run processes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from pairec_cli.domain.errors import InvalidInput

_SCHEDULE = re.compile(r"^\$\[yyyymmdd(?:([+-])(\d+))?\]$")


def parse_ds(text: str) -> str:
    """`text` as a ds. Accepts `YYYYMMDD` and `YYYY-MM-DD`; raises InvalidInput for anything else."""
    digits = text.replace("-", "") if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else text
    try:
        if not re.fullmatch(r"[0-9]{8}", digits):
            raise ValueError
        to_date(digits)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is not a day", hint="write days as YYYYMMDD, for example 20260131"
        ) from None
    return digits


def to_date(ds: str) -> date:
    return date(int(ds[:4]), int(ds[4:6]), int(ds[6:8]))


def from_date(day: date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"  # strftime drops the zeros of early years


def shift(ds: str, days: int) -> str:
    """The ds `days` later (earlier when negative)."""
    return from_date(to_date(ds) + timedelta(days=days))


def today(timezone: str = "UTC") -> str:
    return from_date(datetime.now(zone(timezone)).date())


def yesterday(timezone: str = "UTC") -> str:
    """The default bizdate: the last day that is over in the instance's time zone."""
    return shift(today(timezone), -1)


def zone(timezone: str) -> tzinfo:
    """The named zone; raises InvalidInput for an unknown name."""
    if timezone == "UTC":
        return UTC
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            f"unknown time zone {timezone!r}", hint="use an IANA name such as Asia/Shanghai"
        ) from None


def unix_start(ds: str, timezone: str = "UTC") -> int:
    """Unix seconds at which day `ds` begins in the time zone."""
    day = to_date(ds)
    return int(datetime(day.year, day.month, day.day, tzinfo=zone(timezone)).timestamp())


def refuse_future(ds: str, timezone: str = "UTC") -> str:
    """`ds` unless its day has not ended yet; raises InvalidInput then."""
    last = yesterday(timezone)
    if ds > last:
        raise InvalidInput(
            f"{ds} is not over yet; the last complete day is {last}",
            hint=f"use --ds {last} or an earlier day",
        )
    return ds


@dataclass(frozen=True, order=True)
class DsRange:
    """Days from `first` to `last`, both included."""

    first: str
    last: str

    @classmethod
    def ending(cls, last: str, days: int) -> DsRange:
        return cls(shift(last, 1 - days), last)

    def __iter__(self) -> Iterator[str]:
        day, end = to_date(self.first), to_date(self.last)
        while day <= end:
            yield from_date(day)
            day += timedelta(days=1)

    def __len__(self) -> int:
        return max(0, (to_date(self.last) - to_date(self.first)).days + 1)

    def __contains__(self, ds: object) -> bool:
        return isinstance(ds, str) and self.first <= ds <= self.last

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first}..{self.last}"


def ranges(days: list[str]) -> list[DsRange]:
    """Consecutive days joined into ranges, for messages."""
    found: list[DsRange] = []
    for ds in sorted(set(days)):
        if found and shift(found[-1].last, 1) == ds:
            found[-1] = DsRange(found[-1].first, ds)
        else:
            found.append(DsRange(ds, ds))
    return found


def schedule_offset(expression: str) -> int | None:
    """Days between the scheduled day and a DataWorks expression: `$[yyyymmdd-1]` → -1; None for constants."""
    match = _SCHEDULE.match(expression.strip())
    if not match:
        return None
    sign, days = match.groups()
    return int(f"{sign}{days}") if days else 0


def resolve_parameters(parameters: dict[str, str], ds: str) -> dict[str, str]:
    """Scheduling parameters of a node as values for the run whose bizdate is `ds`.

    A run with bizdate T is scheduled on T+1, so `$[yyyymmdd-1]` is T (DataWorks, "scheduling parameters").
    """
    values = {"bizdate": ds}
    for name, expression in parameters.items():
        offset = schedule_offset(expression)
        values[name] = expression if offset is None else shift(ds, 1 + offset)
    return values

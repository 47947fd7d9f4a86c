"""Texts that name a moment, in the fourteen layouts that PAI-Rec's engine tries (Go's time.Parse)."""

from __future__ import annotations

import re
from datetime import date

_DAY = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_HOUR, _MINUTE = r"(?P<hour>\d\d?)", r":(?P<minute>\d\d)"
_SECOND = r":(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?"
_CLOCK = _HOUR + _MINUTE + _SECOND
_NAMED = r"[A-Za-z]{3} +(?P<named>[A-Za-z]{3}) +"
_YEAR = r" +(?P<year>\d{4})"
_LAYOUTS = [
    re.compile(layout, re.ASCII)
    for layout in (
        rf"{_DAY}(?: +{_HOUR}{_MINUTE}(?:{_SECOND})?)?",
        rf"{_DAY} +{_CLOCK}(?P<offset>[+-]\d\d:\d\d)",
        rf"{_DAY}T{_CLOCK}(?:Z|(?P<offset>[+-]\d\d:\d\d))",
        rf"{_DAY}T{_HOUR}(?:{_MINUTE}(?:{_SECOND})?)?(?:Z|(?P<offset>[+-]\d{{4}}))",
        rf"{_NAMED}(?P<day>\d\d?) +{_CLOCK}(?: +(?:[A-Z]{{3,4}}|GMT(?P<gmt>[+-]\d+)))?{_YEAR}",
        rf"{_NAMED}(?P<day>\d\d) +{_CLOCK} +(?P<offset>[+-]\d{{4}}){_YEAR}",
        r"(?P<half>1[0-2]|0?\d):(?P<minute>\d\d)(?P<noon>[AP])M",
    )
]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = date(1970, 1, 1).toordinal()
_YEAR_ZERO = -365
"""The ordinal of 1 January of year 0, where Go puts a clock without a day."""


def nanoseconds(text: str) -> int | None:
    """Nanoseconds since 1970 of a text such as `2024-01-02 15:04`, None for a text in no layout. Without a
    zone it is UTC."""
    for layout in _LAYOUTS:
        if found := layout.fullmatch(text):
            return _moment(found.groupdict())
    return None


def _moment(parts: dict[str, str | None]) -> int | None:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if parts.get("noon"):
        hour = int(parts["half"] or 0) % 12 + (12 if parts["noon"] == "P" else 0)
    day = _day(parts)
    if day is None or hour > 23 or minute > 59 or second > 59:
        return None
    seconds = day * 86_400 + hour * 3_600 + minute * 60 + second - _offset(parts)
    return seconds * 1_000_000_000 + int((parts.get("fraction") or "")[:9].ljust(9, "0"))


def _day(parts: dict[str, str | None]) -> int | None:
    """Days since 1970, None for a day that the calendar does not have."""
    if parts.get("year") is None:
        return _YEAR_ZERO - _EPOCH
    name = (parts.get("named") or "").lower()
    if name and name not in _MONTHS:
        return None
    month = _MONTHS.index(name) + 1 if name else int(parts["month"] or 0)
    try:
        return date(int(parts["year"] or 0), month, int(parts["day"] or 0)).toordinal() - _EPOCH
    except ValueError:
        return None


def _offset(parts: dict[str, str | None]) -> int:
    """Seconds east of UTC."""
    if gmt := parts.get("gmt"):
        return int(gmt) * 3_600
    text = (parts.get("offset") or "").replace(":", "")
    if not text:
        return 0
    seconds = int(text[1:3]) * 3_600 + int(text[3:5]) * 60
    return -seconds if text[0] == "-" else seconds

"""IANA time zones by name, and wall times in them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dateutil.tz import resolve_imaginary

from taskflow_core.domain.errors import FieldError


@cache
def _names() -> frozenset[str]:
    # What the machine's zone database calls itself is no zone a person lives in.
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


def zone(name: str, field: str = "timezone") -> ZoneInfo:
    """The zone called `name`, for example "Europe/Berlin". Raises FieldError for what the IANA database lacks."""
    if name not in _names():
        message = f"{name[:64]!r} is not an IANA time zone; give one like 'Europe/Berlin' or 'UTC'"
        raise FieldError(field, message, "UNKNOWN_TIME_ZONE")
    return ZoneInfo(name)


def instant(wall: datetime, tz: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in `tz` show the naive `wall` time.

    A time that clocks skip moves forward by the length of the gap; one that comes twice is the first of the two.
    """
    first = wall.replace(tzinfo=tz, fold=0)
    offset = first.utcoffset()
    if offset is not None and offset == first.replace(fold=1).utcoffset():
        # Neither skipped nor twice (PEP 495): so nearly always, and ten times as fast as to find out what else.
        return (wall - offset).replace(tzinfo=UTC)
    return resolve_imaginary(first).astimezone(UTC)


def day_start(day: date, tz: ZoneInfo) -> datetime:
    """The instant, in UTC, at which `day` begins in `tz`."""
    return instant(datetime.combine(day, time.min), tz)


def day_end(day: date, tz: ZoneInfo) -> datetime:
    """The instant, in UTC, at which the day after `day` begins in `tz`."""
    return day_start(day + timedelta(days=1), tz)

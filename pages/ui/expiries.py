"""Expiries as people write them and as the account file keeps them: ISO 8601 in UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from risk_core.portfolio.fields import parse_instant

SETTLEMENT_HOUR = 8
"""Futures and options of the crypto venues settle at 08:00 UTC."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*(?:UTC|Z)?", re.IGNORECASE)
_VENUE = re.compile(r"(\d{1,2})([A-Z]{3})(\d{2}|\d{4})", re.IGNORECASE)


def iso(moment: datetime) -> str:
    """`2026-12-25T08:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read(text: str) -> str:
    """What was typed, as the account file writes it; unchanged where it is no time: the file's own rule refuses it."""
    text = text.strip()
    if parse_instant(text):
        return text
    parts = _parts(text)
    try:
        return iso(datetime(*parts, tzinfo=UTC)) if parts else text
    except ValueError:
        return text


def _parts(text: str) -> tuple[int, int, int, int, int, int] | None:
    if found := _DAY.fullmatch(text):
        year, month, day, hour, minute, second = found.groups()
        return int(year), int(month), int(day), int(hour or SETTLEMENT_HOUR), int(minute or 0), int(second or 0)
    if (found := _VENUE.fullmatch(text)) and found[2].upper() in _MONTHS:
        return int(found[3]) % 100 + 2000, _MONTHS.index(found[2].upper()) + 1, int(found[1]), SETTLEMENT_HOUR, 0, 0
    return None


def shown(text: str) -> str:
    """`2026-12-25 08:00`; seconds only where there are any; text that is no time stays as it is."""
    moment = parse_instant(text)
    if moment is None:
        return text
    seconds = f":{moment:%S}" if moment.second or moment.microsecond else ""
    fraction = f"{moment.microsecond / 1e6:.6f}"[1:].rstrip("0") if moment.microsecond else ""
    return f"{moment:%Y-%m-%d %H:%M}{seconds}{fraction}"


def venue_name(text: str) -> str:
    """`25DEC26`, as venues name their contracts."""
    moment = parse_instant(text)
    return f"{moment.day}{_MONTHS[moment.month - 1]}{moment:%y}" if moment else text


def of_market(document: Mapping[str, Any], underlying: str) -> list[str]:
    """Expiries the market block quotes for an underlying after `as_of`, ascending, each instant once."""
    now, block = parse_instant(document["as_of"]), document["market"]["underlyings"][underlying]
    points = block.get("volatility")
    rows = [*block.get("forwards", ()), *(points if isinstance(points, list) else ())]
    found = {parse_instant(row["expiry"]): row["expiry"] for row in rows}
    return [found[moment] for moment in sorted(moment for moment in found if moment and now and moment > now)]


def choices(document: Mapping[str, Any], underlying: str) -> list[str]:
    """Expiries to offer: the market's, else 30 and 60 days ahead at 08:00 UTC."""
    quoted = of_market(document, underlying)
    return quoted or [ahead(document["as_of"], days) for days in (30, 60)]


def ahead(start: str, days: int) -> str:
    """08:00 UTC, `days` days after the day of `start`."""
    moment = parse_instant(start)
    if moment is None:
        raise ValueError(start)
    day = moment + timedelta(days=days)
    return iso(day.replace(hour=SETTLEMENT_HOUR, minute=0, second=0, microsecond=0))


def usual(document: Mapping[str, Any], underlying: str, at_least: float = 14.0) -> str:
    """The first expiry offered that is `at_least` days away, else the last one."""
    now, offered = parse_instant(document["as_of"]), choices(document, underlying)
    far = [text for text in offered if (parse_instant(text) - now).total_seconds() >= at_least * 86_400]  # type: ignore[operator]
    return (far or offered[-1:])[0]


def after(document: Mapping[str, Any], underlying: str, expiry: str) -> str:
    """The next expiry offered after `expiry`, else 30 days later."""
    near = parse_instant(expiry)
    later = [text for text in choices(document, underlying) if (parse_instant(text) or near) > near]  # type: ignore[operator]
    return later[0] if later else ahead(expiry, 30)

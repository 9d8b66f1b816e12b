"""Numbers and sentences as people of this field write them: proper minus, `none` in words, requirements rounded up."""

from __future__ import annotations

import math
import re

from risk_core.margin.pools import is_pool

MINUS = "−"
NONE = "none"
MISSING = "—"
SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""
FAR = 9.0
"""Relative rises beyond it, tenfold prices, are told in words."""
LINKED, JOINER = re.compile(r"://|www(?=\.)|@", re.IGNORECASE), "\u2060"
"""What markdown makes links of even when escaped, and the invisible letter that stops it."""
NEAR = 1e-6
"""Amounts below this are noise of the arithmetic: they are 0, and no reason to round away."""


def escape(text: str) -> str:
    """A name typed by a user, safe inside markdown: no mark-up, and no address that would become a link."""
    apart = LINKED.sub(lambda found: found[0] + JOINER, text)
    return "".join("\\" + letter if letter in "\\`*_{}[]()<>#+-.!|~:$^=&\"'" else letter for letter in apart)


def _signed(text: str, *, plus: bool = False) -> str:
    if text.startswith("-"):
        body = text[1:]
        return MINUS + body if any(digit in "123456789" for digit in body) else body
    return "+" + text if plus and any(digit in "123456789" for digit in text) else text


def money(amount: float, rounding: str = "half", *, plus: bool = False) -> str:
    """Dollars with thousands separators and two decimals; four significant figures below 1.

    rounding: `half`, `up` for requirements, `down` for buffers and sizes.
    """
    if NEAR < abs(amount) < 1 and rounding == "half":
        return _signed(_plain(amount, 4), plus=plus)
    return _signed(f"{rounded(amount, rounding):,.2f}", plus=plus)


def rounded(amount: float, rounding: str = "half") -> float:
    """The amount that `money` shows, in whole cents."""
    cents = amount * 100.0
    if rounding == "up":
        return math.ceil(cents - NEAR) / 100.0
    return (math.floor(cents + NEAR) if rounding == "down" else round(cents)) / 100.0


def change(new: float, old: float, rounding: str = "half") -> str:
    """The difference of two amounts as they are shown, signed."""
    if rounding == "half" and max(abs(new), abs(old)) < 1:
        return money(new - old, plus=True)
    return money(round(rounded(new, rounding) - rounded(old, rounding), 2), "up", plus=True)


def _plain(value: float, figures: int) -> str:
    """`figures` significant figures, never scientific."""
    places = max(0, figures - 1 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{places}f}"


def compact(amount: float) -> str:
    """Short form for charts: 950, 12.3k, 4.56M."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return _signed(f"{amount / size:.3g}{letter}")
    return _signed(f"{amount:.0f}")


def price(value: float) -> str:
    """A price: whole dollars from 10,000, one decimal from 1,000, two from 1, four significant figures below."""
    if 0 < abs(value) < 1:
        return _signed(_plain(value, 4))
    return _signed(f"{value:,.{0 if value >= 10_000 else 1 if value >= 1_000 else 2}f}")


def size(quantity: float) -> str:
    """A position's quantity with its sign, to six figures."""
    return f"{quantity:+,.6g}".replace("-", MINUS)


def percent(share: float, *, plus: bool = False, places: int = 1) -> str:
    """A share as percent, one decimal, none from 1,000 %."""
    return _signed(f"{share * 100:,.{places if abs(share) < 10 else 0}f}", plus=plus) + f"{SPACE}%"


def move(relative: float) -> str:
    """A relative move with its sign: +9.0 %, −22.3 %; in words where no market goes."""
    return "more than tenfold" if relative > FAR else percent(relative, plus=True)


def sigmas(count: float | None, *, far: bool = False) -> str:
    """A distance in daily standard deviations with its sign; empty when the market gives no volatility.

    Beyond 10 that is all that is said, unless far: then whole ones.
    """
    if count is None:
        return ""
    if far and abs(count) > 10:
        return _signed(f"{count:,.0f}", plus=True) + f"{SPACE}σ"
    return f">{SPACE}10{SPACE}σ" if abs(count) > 10 else _signed(f"{count:,.1f}", plus=True) + f"{SPACE}σ"


def used(share: float | None) -> str:
    """Maintenance used; over everything when there is no equity left."""
    if share is None:
        return "no equity left"
    return percent(share) if share < 100 else f"over 10,000{SPACE}%"


def days(count: float) -> str:
    """A number of days in words."""
    return f"{count:g} day" if count == 1 else f"{count:g} days"


def listed(names: list[str]) -> str:
    """A, B and C."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1] if names else ""


def counted(buckets: list[str], one: str = "", which: str = "") -> str:
    """Legs and wallets by their ids, as numbers of them: leg, 2 legs, wallet and 3 legs.

    one: before a single one; which: before every kind.
    """
    wallets = sum(is_pool(who) for who in buckets)
    counts = ((wallets, "wallet"), (len(buckets) - wallets, "leg"))
    return listed([one + which + kind if count == 1 else f"{count} {which}{kind}s" for count, kind in counts if count])

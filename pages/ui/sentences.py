"""What the levels say, as plain sentences: text, to be escaped where it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pages.ui import words
from pages.ui.axis import Axis
from pages.ui.levels import Level, Standing
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID, is_pool, named


@dataclass(frozen=True, slots=True)
class Scene:
    """What a walk moves, for sentences. daily: its daily volatility or None; legs: label of each leg by id.

    coins: how many underlyings the account has. missing: called only where it is told, dollars by which pledges
    exceed the collateral when every leg is isolated, else 0. what_if: whether the price stands where a what-if put it.
    """

    axis: Axis
    daily: float | None
    legs: Mapping[str, str]
    coins: int = 1
    missing: Callable[[], float] = float
    what_if: bool = False

    @property
    def prices(self) -> str:
        """The moving price in words."""
        return self.axis.name if self.axis.unit is None else f"{self.axis.name} price"

    @property
    def moving(self) -> str:
        """What moves, as a condition."""
        if self.axis.unit is None:
            return "if all prices move together"
        return f"if {self.axis.name} moves" + (" alone" if self.coins > 1 else "")

    @property
    def now(self) -> str:
        """When the figures hold."""
        return "in this what-if" if self.what_if else "now"

    def far(self, factor: float) -> str:
        """Distance of a level with price and daily sigmas, in brackets."""
        parts = [] if self.axis.unit is None else [f"{words.price(factor * self.axis.unit)}{words.SPACE}USD"]
        if self.daily:
            parts.append(words.sigmas(math.log(factor / self.axis.here) / self.daily))
        return f" ({', '.join(parts)})" if parts else ""

    def move(self, factor: float) -> str:
        """The move from where the price stands to a factor, signed."""
        return words.move(factor / self.axis.here - 1.0)


def sentence(one: Standing, scene: Scene) -> str:
    """Where this mode liquidates, nearest level first."""
    if one.gone:
        return _gone(one, scene)
    if any(level.who != POOL_ID for level in (*one.down, *one.up)):
        return _split(one, scene)
    return _pooled(one, scene)


def _pooled(one: Standing, scene: Scene) -> str:
    found = [level for level in one.nearest if level.factor / one.here - 1.0 <= words.FAR]
    if not found:
        return "No fall and no rise up to tenfold liquidates it." if one.nearest else \
            f"No {scene.prices} liquidates it."
    if len(found) == 2:
        near, far = (f"a {'fall' if level.factor < one.here else 'rise'} of up to {_size(level, one)}"
                     f"{scene.far(level.factor)}" for level in found)
        return f"Survives {near} and {far}.{_again(one, scene)}"
    level = found[0]
    down = level.factor < one.here
    other = "rise" if down else "fall"
    return (f"Survives a {'fall' if down else 'rise'} of up to {_size(level, one)}{scene.far(level.factor)}; "
            f"no {other}{' up to tenfold' if len(one.nearest) > 1 else ''} liquidates it.{_again(one, scene)}")


def _size(level: Level, one: Standing) -> str:
    return words.percent(abs(level.factor / one.here - 1.0))


def _split(one: Standing, scene: Scene) -> str:
    ways = [_closing(level, one, scene) for level in one.nearest]
    parts = "leg" if MODES[one.mode].splits else "wallet"
    missing = "" if one.down and one.up else f"; no {'fall' if not one.down else 'rise'} closes a {parts}"
    text = "; ".join(ways) + missing + "."
    return text[:1].upper() + text[1:] + _again(one, scene)


def _closing(level: Level, one: Standing, scene: Scene) -> str:
    """What happens at a level of a pool or leg."""
    at = f"{scene.move(level.factor)}{scene.far(level.factor)}"
    if is_pool(level.who) and one.mode == "isolated":
        side = "below" if level.factor < one.here else "above"
        return f"the coins left in {_who(level.who, scene)} no longer cover the pledges {side} {at}"
    return f"{_who(level.who, scene)} is closed at {at}"


def _who(who: str, scene: Scene) -> str:
    return f"the {named(who)}" if is_pool(who) else f"{scene.legs.get(who, 'leg')} “{who}”"


def _gone(one: Standing, scene: Scene) -> str:
    if _split_gone(one):
        return " ".join(part for part in (_legs(one, scene), _unpledged(one, scene)) if part)
    text, around = f"Is liquidated {scene.now}", one.around
    if around is None:
        return text + "."
    ways = []
    if around[1] < math.inf:
        ways.append(f"above {scene.move(around[1])}{scene.far(around[1])}")
    if around[0] > 0:
        ways.append(f"below {scene.move(around[0])}{scene.far(around[0])}")
    return f"{text}; it would survive {' or '.join(ways)}." if ways else f"{text}, at any {scene.prices}."


def _split_gone(one: Standing) -> bool:
    """True where single legs or wallets are told apart."""
    return one.mode == "isolated" or any(who != POOL_ID for who in (
        *one.gone, *(level.who for level in (*one.down, *one.up))))


def _unpledged(one: Standing, scene: Scene) -> str:
    """Pledges that the collateral does not cover, where every leg has its own."""
    if one.mode != "isolated" or not any(is_pool(who) for who in one.gone):
        return ""
    missing = scene.missing()
    amount = f" by {words.money(missing, 'up')} USD" if missing else ""
    if scene.what_if:
        return f"Pledges exceed the collateral{amount} {scene.now}."
    return f"Pledges exceed the collateral{amount}: these positions could not all be opened isolated."


def _legs(one: Standing, scene: Scene) -> str:
    """The legs and wallets liquidated where the price stands; of a mode with a pool of legs the pool too."""
    gone = [who for who in one.gone if not is_pool(who) or one.mode != "isolated"]
    if not gone:
        return ""
    names = [_who(who, scene) for who in gone]
    rest = "legs" if MODES[one.mode].splits else "wallets"
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more {rest}"]
    text = words.listed(shown)
    return f"{text[:1].upper()}{text[1:]} {'is' if len(names) == 1 else 'are'} liquidated {scene.now}."


def _again(one: Standing, scene: Scene) -> str:
    """A dead span that ends again: the account is alive beyond it."""
    notes = []
    for low, high in one.dead:
        if high <= one.here and low > 0:
            notes.append(f"below {scene.move(low)}")
        if low >= one.here and high < math.inf:
            notes.append(f"above {scene.move(high)}")
    if not notes:
        return ""
    what = "a range" if len(one.dead) == 1 else f"{len(one.dead)} ranges"
    return f" Not one price but {what}: alive again {words.listed(notes[:2])}."

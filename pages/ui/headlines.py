"""The sentence above the picture: which modes give way first, which last, and what has to move for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pages.ui import words
from pages.ui.levels import Standing
from pages.ui.nearest import nearest
from pages.ui.sentences import Scene
from risk_core.margin.compare import Comparison
from risk_core.margin.models import MODES
from risk_core.margin.pools import POOL_ID, is_pool


def headline(stand: Mapping[str, Standing], scene: Scene) -> str:
    """Which modes give way first and which last longest; modes that tie are all named."""
    order = sorted(stand.values(), key=lambda one: one.reach)
    first, last = _tied(order, order[0]), _tied(order, order[-1])
    if math.isinf(order[0].reach):
        where = MODES[order[0].mode].title if len(order) == 1 else "any mode"
        return f"No move of the {scene.prices} liquidates anything in {where}."
    if len(order) == 1 and order[0].reach > 0.0:
        return f"{_titles(order)} gives way at {_at(order[0], scene)} {scene.moving}."
    if len(first) == len(order) and order[0].reach > 0.0:
        return f"All modes give way at the same level, {_at(order[0], scene)} {scene.moving}."
    if len(first) == len(order) and all(_whole(one) for one in order):
        return "Liquidated now in every mode." if not scene.what_if else "Liquidated in every mode in this what-if."
    opening = _fallen(first, scene) if order[0].reach == 0.0 else \
        f"{_titles(first)} give{_s(first)} way first, at {_at(order[0], scene)} {scene.moving}."
    last = last if math.isinf(order[-1].reach) else [one for one in order if _is_far(one)] or last
    return opening if order[-1].reach == 0.0 else f"{opening} {_longest(last, scene, named=order[0].reach > 0.0)}"


def _tied(order: Sequence[Standing], with_: Standing) -> list[Standing]:
    return [one for one in order if one.reach == with_.reach or math.isclose(one.reach, with_.reach, rel_tol=1e-6)]


def _is_far(one: Standing) -> bool:
    """True where only a rise beyond tenfold liquidates it."""
    return bool(one.nearest) and not one.gone and one.nearest[0].factor / one.here - 1.0 > words.FAR


def _titles(modes: Sequence[Standing]) -> str:
    return words.listed([MODES[one.mode].title for one in modes])


def _s(modes: Sequence[Standing]) -> str:
    return "s" if len(modes) == 1 else ""


def _at(one: Standing, scene: Scene) -> str:
    return scene.move(one.nearest[0].factor)


def _whole(one: Standing) -> bool:
    """True where the account itself is liquidated, and not a leg of several."""
    return POOL_ID in one.gone and one.mode != "isolated"


def _closed(one: Standing) -> list[str]:
    """Legs and wallets that are closed; wallets that hold no more than free collateral are none."""
    return [who for who in one.gone if not is_pool(who) or (who != POOL_ID and one.mode != "isolated")]


def _fallen(modes: Sequence[Standing], scene: Scene) -> str:
    """Modes that are liquidated, and those that have closed legs."""
    whole, parts = [one for one in modes if _whole(one)], [one for one in modes if not _whole(one)]
    said = [f"{_titles(whole)} {'is' if len(whole) == 1 else 'are'} liquidated {scene.now}."] if whole else []
    for one in parts:
        closed = _closed(one)
        what = f"has closed {words.counted(closed, one='1 ')}" if closed else "pledges more than there is"
        said.append(f"{MODES[one.mode].title} {what} {scene.now}.")
    return " ".join(said)


def _longest(modes: Sequence[Standing], scene: Scene, *, named: bool) -> str:
    if math.isinf(modes[0].reach):
        return f"{_titles(modes)} never do{'es' if len(modes) == 1 else ''}."
    if _is_far(modes[0]):
        return f"{_titles(modes)} last{_s(modes)} through any fall and any rise up to tenfold."
    condition = "" if named else f" {scene.moving}"
    return f"{_titles(modes)} last{_s(modes)} longest, to {_at(modes[0], scene)}{condition}."


def alone(of: Comparison, modes: Sequence[str], names: Sequence[str]) -> str:
    """The nearest level with one price moving and the others still; empty for one coin or without a level."""
    alive = [name for name in modes if not of.modes[name].buckets_liquidated]
    found = [(name, level) for name in alive if (level := nearest(of.modes[name], of)) is not None]
    if len(names) < 2 or not found:
        return ""
    _, first = min(found, key=lambda one: one[1].reach)
    tied = [MODES[name].title for name, level in found
            if level.underlying == first.underlying and math.isclose(level.price, first.price, rel_tol=1e-6)]
    return f"Nearest with one coin alone: {words.listed(tied)} at {first.underlying} {words.move(first.relative)}."

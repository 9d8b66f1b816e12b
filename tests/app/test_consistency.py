"""The picture, the table and the sentences of a what-if say the same, however the account got there."""

import math

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from pages.ui import controls, state, words
from pages.ui.axis import Axis
from pages.ui.cached import LADDER
from pages.ui.headlines import headline
from pages.ui.levels import Level, Standing, standings
from pages.ui.sentences import Scene, sentence
from risk_core.margin.compare import compare
from risk_core.margin.curves import walk
from risk_core.margin.pledges import pinned
from risk_core.margin.pools import POOL_ID
from risk_core.portfolio.account_file import read
from risk_core.portfolio.whatif import move
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))
MOVES = [
    state.Controls(together=-12.0),
    state.Controls(together=7.0, volatility=30.0),
    state.Controls(volatility=-25.0, days=7.0),
    state.Controls(together=3.0, days=21.0),
]


def opened(file):
    account = read(file.read_text("utf-8"))
    return account, load.resolve(account.rules)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_pledges_written_down_change_no_figure(file):
    account, rules = opened(file)
    one, other = compare(account, rules), compare(pinned(account, rules), rules)
    for name, mode in one.modes.items():
        assert mode.head == other.modes[name].head
        assert mode.liquidation == other.modes[name].liquidation


@pytest.mark.parametrize("moves", MOVES, ids=repr)
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_picture_passes_through_the_table(file, moves):
    account, rules = opened(file)
    moved = move(pinned(account, rules), moves.what_if)
    table, along = compare(moved, rules), walk(moved, rules, moved.underlyings, np.array([1.0]))
    for name, mode in table.modes.items():
        curve = along.curves[name]
        for told, drawn in ((mode.head.equity, curve.equity), (mode.head.initial_margin, curve.initial),
                            (mode.head.maintenance_margin, curve.maintenance)):
            assert math.isclose(told, float(drawn[0]), rel_tol=1e-9, abs_tol=1e-6)
        stand = standings(along, 1.0)[name]
        assert sorted(stand.gone) == sorted(mode.buckets_liquidated)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_levels_stay_where_they_are_when_only_that_price_moves(file):
    account, rules = opened(file)
    for name in controls.held_underlyings(account):
        there = state.Controls(prices=((name, 6.0),)).what_if
        one, other = compare(account, rules), compare(move(pinned(account, rules), there), rules)
        for mode in one.modes:
            a, b = (found.modes[mode].liquidation[name].regions for found in (one, other))
            assert len(a) == len(b)
            for left, right in zip((end for span in a for end in span), (end for span in b for end in span), strict=True):
                assert (left is None) == (right is None)
                assert left is None or math.isclose(left, right, rel_tol=1e-7)


@pytest.mark.parametrize("here", [0.3, 0.85, 1.0, 1.02, 1.6, 3.0])
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_every_mode_gets_one_sentence_anywhere(file, here):
    account, rules = opened(file)
    name = controls.held_underlyings(account)[0]
    scene = Scene(Axis(name, account.market.underlyings[name].price, here), 0.03, {})
    stand = standings(walk(account, rules, [name], LADDER), here)
    assert headline(stand, scene).endswith(".")
    for one in stand.values():
        text = sentence(one, scene)
        assert text.endswith(".") and text[0].isupper() and "nan" not in text and "inf" not in text


def standing(mode="cross", dead=(), down=(), up=(), gone=()):
    return Standing(mode, 1.0, dead, tuple(Level(mode, POOL_ID, f) for f in down),
                    tuple(Level(mode, POOL_ID, f) for f in up), gone)


SCENE = Scene(Axis("BTC", 100_000.0, 1.0), None, {"perp": "BTC perpetual"})


@pytest.mark.parametrize(("one", "expected"), [
    (standing(), "No BTC price liquidates it."),
    (standing(dead=((0.0, 0.78),), down=(0.78,)),
     "Survives a fall of up to 22.0 % (78,000 USD); no rise liquidates it."),
    (standing(dead=((0.0, 0.6), (1.1, math.inf)), down=(0.6,), up=(1.1,)),
     "Survives a rise of up to 10.0 % (110,000 USD) and a fall of up to 40.0 % (60,000 USD)."),
    (standing(dead=((0.7, 0.8),), down=(0.8,)),
     "Survives a fall of up to 20.0 % (80,000 USD); no rise liquidates it."
     " Not one price but a range: alive again below −30.0 %."),
    (standing(dead=((0.0, math.inf),), gone=(POOL_ID,)), "Is liquidated now, at any BTC price."),
    (standing(dead=((0.0, 1.05),), gone=(POOL_ID,)),
     "Is liquidated now; it would survive above +5.0 % (105,000 USD)."),
    (Standing("isolated", 1.0, ((0.0, 0.97),), (Level("isolated", "perp", 0.97),), (), ()),
     "BTC perpetual “perp” is closed at −3.0 % (97,000 USD); no rise closes a leg."),
    (Standing("isolated", 1.0, ((0.0, 1.2),), (), (), ("perp",)), "BTC perpetual “perp” is liquidated now."),
])
def test_sentences(one, expected):
    assert sentence(one, SCENE).replace(words.SPACE, " ") == expected

"""Names of structures: each well-known one under its name, whatever the order of legs; nothing is named twice."""

import random
import time

import pytest

from db.samples import SAMPLES, slug
from risk_core.portfolio.account_file import read, read_document
from risk_core.portfolio.structures import LARGEST, structures
from tests.core.books import DAY, coin, document, future, option, perpetual

TWO = {"BTC": {"price": 100.0, "volatility": 0.6}, "ETH": {"price": 10.0, "volatility": 0.8}}
FAR = {"seconds": 60 * DAY}

CASES = {
    "long straddle": [option("call", 100, 2), option("put", 100, 2)],
    "short straddle": [option("call", 100, -2), option("put", 100, -2)],
    "long strangle": [option("put", 90, 1), option("call", 110, 1)],
    "short strangle": [option("put", 90, -1), option("call", 110, -1)],
    "short guts": [option("call", 90, -1), option("put", 110, -1)],
    "bull call spread": [option("call", 100, 1), option("call", 110, -1)],
    "bear call spread": [option("call", 100, -1), option("call", 110, 1)],
    "bull put spread": [option("put", 90, 1), option("put", 100, -1)],
    "bear put spread": [option("put", 90, -1), option("put", 100, 1)],
    "long risk reversal": [option("put", 90, -1), option("call", 110, 1)],
    "short risk reversal": [option("put", 90, 1), option("call", 110, -1)],
    "long synthetic future": [option("call", 100, 1), option("put", 100, -1)],
    "call ratio spread": [option("call", 100, 1), option("call", 110, -2)],
    "long call calendar": [option("call", 100, -1), option("call", 100, 1, **FAR)],
    "short put diagonal": [option("put", 100, 1), option("put", 90, -1, **FAR)],
    "long call butterfly": [option("call", 90, 1), option("call", 100, -2), option("call", 110, 1)],
    "short put butterfly": [option("put", 90, -1), option("put", 100, 2), option("put", 110, -1)],
    "long call broken-wing butterfly": [option("call", 90, 1), option("call", 100, -2), option("call", 120, 1)],
    "iron condor": [option("put", 80, 1), option("put", 90, -1), option("call", 110, -1), option("call", 120, 1)],
    "reverse iron condor": [option("put", 80, -1), option("put", 90, 1), option("call", 110, 1), option("call", 120, -1)],
    "iron butterfly": [option("put", 80, 1), option("put", 100, -1), option("call", 100, -1), option("call", 120, 1)],
    "long call condor": [option("call", 80, 1), option("call", 90, -1), option("call", 110, -1), option("call", 120, 1)],
    "long box": [option("call", 90, 1), option("put", 90, -1), option("call", 110, -1), option("put", 110, 1)],
    "collar": [perpetual(1, 100), option("put", 90, 1), option("call", 110, -1)],
    "short collar": [perpetual(-1, 100), option("put", 90, -1), option("call", 110, 1)],
    "covered call": [future(1, 100), option("call", 110, -1)],
    "protective put": [perpetual(1, 100), option("put", 90, 1)],
    "protective call": [perpetual(-1, 100), option("call", 110, 1)],
    "covered put": [perpetual(-1, 100), option("put", 90, -1)],
    "perpetual against future": [perpetual(1, 100), future(-1, 101)],
    "futures calendar": [future(1, 100), future(-1, 101, **FAR)],
    "funding carry": [perpetual(1, 100), perpetual(-100, 100, settlement="inverse")],
    "delta-neutral pair": [perpetual(1, 100), perpetual(-10, 10, "ETH")],
    "long–short pair": [perpetual(1, 100), perpetual(-10.6, 10, "ETH")],
}


def found(legs, collateral=1_000):
    return structures(read_document(document(legs, collateral, TWO)))


@pytest.mark.parametrize("name", CASES)
def test_each_by_its_name_whatever_the_order(name):
    for seed in range(4):
        legs = random.Random(seed).sample(CASES[name], len(CASES[name]))
        (one,) = found(legs)
        assert one.name == name
        assert one.legs == tuple(f"p{i}" for i in range(len(legs)))


@pytest.mark.parametrize(("legs", "coins", "name"), [
    ([future(-3, 101)], 3, "cash and carry"),
    ([perpetual(-300, 100, settlement="inverse")], 3, "funding carry"),
    ([option("call", 110, -2, settlement="inverse")], 5, "covered call"),
    ([option("put", 90, 1), option("call", 110, -1)], 1, "collar"),
    ([perpetual(-350, 100, settlement="inverse"), perpetual(2, 100)], 1.5, "funding carry"),
])
def test_coins_held_as_collateral_count(legs, coins, name):
    assert [one.name for one in found(legs, [coin("BTC", coins)])] == [name]


def test_coins_cover_only_as_much_as_there_is():
    calls = [option("call", strike, -2) for strike in (110, 120)]
    assert [one.legs for one in found(calls, [coin("BTC", 3)])] == [("p0",)]
    assert [one.legs for one in found(calls, [coin("BTC", 4)])] == [("p0",), ("p1",)]


@pytest.mark.parametrize("legs", [
    [],
    [perpetual(1, 100)],
    [perpetual(1, 100), perpetual(1, 101)],
    [option("call", 100, 1), option("call", 100, 1)],
    [option("call", 100, 1), option("put", 100, 1, **FAR)],
    [option("call", 100, 1), option("put", 100, 1, underlying="ETH")],
    [option("call", 100, 1), option("put", 100, 1, settlement="inverse")],
    [perpetual(1, 100), perpetual(-20, 10, "ETH")],
    [option("call", 100, 1), option("put", 100, 1, enabled=False)],
])
def test_what_is_no_structure_has_no_name(legs):
    assert found(legs) == ()


def test_the_words_say_coin_expiry_strikes_and_size():
    (one,) = found([option("put", 90, -1.5), option("call", 110, -1.5)])
    assert one.words == "BTC 2026-12-20, 90 / 110, × 1.5"
    (one,) = found([perpetual(1, 100), future(-1, 101)])
    assert one.words == "long 1 BTC perpetual, short 1 BTC 2026-12-25"


def test_several_structures_in_one_book_share_no_leg():
    legs = [*CASES["iron condor"], *CASES["long call calendar"], perpetual(5, 10, "ETH")]
    one, other = found(legs)
    assert (one.name, other.name) == ("iron condor", "long call calendar")
    assert not set(one.legs) & set(other.legs)


SAMPLE_NAMES = {
    "hedged-perpetual": ["perpetual against future"], "max-leverage-long": [], "collar": ["collar"],
    "cash-and-carry": ["cash and carry"], "short-strangle": ["short strangle"], "iron-condor": ["iron condor"],
    "covered-call": ["covered call"], "btc-eth-pair": ["delta-neutral pair"], "calendar": ["long call calendar"],
    "funding-carry": ["funding carry"], "long-alt-short-btc": ["long–short pair"],
    "near-expiry-butterfly": ["iron butterfly"],
}


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.margin.json")), ids=slug)
def test_samples_are_recognised(file):
    names = [one.name for one in structures(read(file.read_text("utf-8")))]
    assert names == SAMPLE_NAMES.get(slug(file).partition("-")[2] if slug(file)[0].isdigit() else slug(file), names)


def test_a_large_book_is_searched_in_time_and_a_larger_one_not_at_all():
    draw = random.Random(1)
    legs = [option(draw.choice(["call", "put"]), draw.choice(range(50, 150, 5)), draw.choice([-1, 1, 2])) for _ in range(LARGEST // 2)]
    legs += [perpetual(draw.choice([-1, 1, -3]), 100, draw.choice(["BTC", "ETH"])) for _ in range(LARGEST // 2)]
    account = read_document(document(legs, 10_000, TWO))
    start = time.process_time()
    one = structures(account)
    assert time.process_time() - start < 1.0
    used = [name for structure in one for name in structure.legs]
    assert len(used) == len(set(used))
    assert structures(read_document(document([*legs, perpetual(1, 100)], 10_000, TWO))) == ()

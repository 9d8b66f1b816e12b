"""A wallet for every settlement coin: each pool is an account by itself, and what one coin loses no other coin pays."""

import json
import math

import pytest

from risk_core import output
from risk_core.__main__ import main
from risk_core.errors import Refused
from risk_core.liquidation.frontier import two_prices
from risk_core.liquidation.partial import partial
from risk_core.liquidation.triggers import triggers
from risk_core.margin.compare import compare
from risk_core.margin.curves import walk
from risk_core.margin.formulas.figures import HEAD, LEG, LEVEL, of
from risk_core.margin.formulas.subject import subject
from risk_core.margin.formulas.wallets import WALLET_HEAD
from risk_core.margin.pools import POOL_ID, WALLET, is_pool, named
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.accounts import random_account
from tests.core.books import changed, coin, document, option, perpetual, scale, with_more

WALLETS = {"collateral": {"pools": "settlement coin"}}
ONE = {"collateral": {"pools": "one"}}
RULES = ("generic", "htx-style", "deribit-style", "kucoin-style", "bybit-classic-style")
DOLLARS = {"USD", "USDT", "USDC"}
KEPT = ("binance-coin-style", "bitmex-style", "bybit-classic-style", "deribit-style", "htx-style", "kucoin-style")
SUMS = ("equity", "initial_margin", "maintenance_margin", "buffer", "available")
BTC, USD = WALLET + "BTC", WALLET + "USD"


def settled(row):
    return row["underlying"] if row["settlement"] == "inverse" and row["underlying"] not in DOLLARS else "USD"


def wallet_of(asset):
    return "USD" if asset in DOLLARS else asset


def split(doc):
    """The account taken apart by hand, one account a coin."""
    orders = doc.get("orders", [])
    coins = {settled(row) for row in doc["positions"] + orders if row.get("enabled", True)}
    coins |= {wallet_of(row["asset"]) for row in doc["collateral"]}
    return {one: {**doc, "positions": [row for row in doc["positions"] if settled(row) == one],
                  "collateral": [row for row in doc["collateral"] if wallet_of(row["asset"]) == one],
                  **({"orders": [row for row in orders if settled(row) == one]} if orders else {})} for one in coins or {"USD"}}


def under(doc, rules, override=WALLETS, modes=("as_held", "isolated", "cross")):
    return compare(read_document(doc), load.resolve({"base": rules, "override": override}), modes)


def same(ours, theirs, slack):
    """Whether two JSON values are the same, numbers within `slack` dollars or 1e-8 of themselves."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key], slack) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(same(*pair, slack) for pair in zip(ours, theirs, strict=True))
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-8, abs_tol=slack)
    return ours == theirs


def check_split(doc, rules):
    whole, slack = under(doc, rules), 1e-9 * scale(doc)
    parts = {one: under(part, rules, ONE) for one, part in split(doc).items()}
    only = WALLET + next(iter(parts))
    for name, mode in whole.modes.items():
        found = {one: output.comparison(part, "")["modes"][name] for one, part in parts.items()}
        told = output.comparison(whole, "")["modes"][name]
        for wallet in told.get("pools", ()):
            alone = found[wallet["coin"]]
            pool = alone.get("pool", alone)
            assert all(same(wallet[key], pool[key], slack) for key in SUMS)
            regions = {name: level["regions"] for name, level in wallet["liquidation"].items()}
            if name == "cross":
                assert same(regions, {u: level["regions"] for u, level in alone["liquidation"].items()}, slack)
        legs = {leg["id"]: leg for alone in found.values() for leg in alone["positions"]}
        assert all(same(leg, legs[leg["id"]], slack) for leg in told["positions"])
        for key in SUMS:
            assert same(told[key], math.fsum(alone[key] for alone in found.values()), slack)
        gone = {WALLET + one if is_pool(who) else who for one, part in parts.items()
                for who in part.modes[name].buckets_liquidated}
        assert {who or only for who in mode.buckets_liquidated} == gone


@pytest.mark.parametrize("seed", range(60))
def test_an_account_split_by_hand_has_the_figures_of_its_wallets(seed):
    doc = random_account(seed)
    for rules in RULES[seed % 5::5]:
        try:
            whole = under(doc, rules)
        except Refused:
            continue
        if whole.modes:
            check_split(doc, rules)


def book(btc=0.05, eth=100.0, usdt=5_000.0, **more):
    """Coin contracts on BTC and ETH and a linear one, with a balance of each coin."""
    return document([
        perpetual(10_000.0, 25_000.0, settlement="inverse", id="coin", leverage=10),
        perpetual(-20_000.0, 2_000.0, "ETH", settlement="inverse", id="ether", leverage=5),
        perpetual(0.5, 25_000.0, id="linear", leverage=5),
    ], [coin("BTC", btc), coin("ETH", eth), coin("USDT", usdt)],
        {"BTC": {"price": 25_000.0, "volatility": 0.6}, "ETH": {"price": 2_000.0, "volatility": 0.7}},
        assets={"USDT": 1.0}, **more)


def test_the_level_of_a_coin_contract_is_the_venues_formula_whatever_other_coins_are_there():
    """Binance COIN-M: P = N (s + r) ÷ (wallet + N ÷ E), margin shared inside one coin only. FAQ ceccfcfb…"""
    level = 10_000.0 * 1.004 / (0.05 + 10_000.0 / 25_000.0)
    for eth in (100.0, 12.0):
        mode = under(book(eth=eth), "binance-coin-style", {}).modes["cross"]
        assert mode.wallets[0].liquidation["BTC"].below == pytest.approx(level, rel=1e-12)
        assert mode.positions[0].liquidation_price == pytest.approx(level, rel=1e-12)
    pooled = under(book(), "binance-coin-style", ONE).modes["cross"]
    assert pooled.liquidation["BTC"].below is None or pooled.liquidation["BTC"].below < 0.8 * level


def test_a_wallet_without_its_coin_is_liquidated_though_the_account_is_rich():
    mode = under(book(btc=0.0), "htx-style", {}).modes["cross"]
    assert mode.head.buffer > 100_000.0 and mode.buckets_liquidated == (BTC,)
    assert mode.worst_bucket.who == BTC and mode.worst_used is None and named(BTC) == "BTC wallet"
    assert mode.liquidation["BTC"].now and not mode.liquidation["ETH"].now


def test_the_account_along_a_price_is_the_union_of_its_wallets_and_the_worst_is_told():
    mode = under(book(), "binance-coin-style", {}).modes["cross"]
    assert [wallet.name for wallet in mode.wallets] == ["BTC wallet", "ETH wallet", "USD wallet"]
    levels = [wallet.liquidation["BTC"].below for wallet in mode.wallets if "BTC" in wallet.liquidation]
    assert mode.liquidation["BTC"].below == max(one for one in levels if one is not None)
    used = {wallet.who: wallet.figures.maintenance_used for wallet in mode.wallets}
    assert mode.worst_used == max(used.values()) and used[mode.worst_bucket.who] == mode.worst_used


@pytest.mark.parametrize("rules", KEPT)
def test_these_rulebooks_keep_a_wallet_for_each_coin(rules):
    told = load.load(rules)
    assert told.rules.collateral.pools == "settlement coin" and told.parameters["collateral.pools"].source
    assert "dollars of any kind are one wallet" in " ".join(told.limits).lower()


def test_rulebooks_with_one_pool_tell_of_no_wallets():
    told = output.comparison(under(book(), "generic", {}), "")["modes"]
    assert all("pools" not in mode for mode in told.values())
    assert json.dumps(told, ensure_ascii=False).count("wallet") == 0


def test_scenarios_are_of_one_pool():
    reason = under(book(), "generic", modes=("portfolio",)).unavailable["portfolio"]
    assert "BTC wallet and ETH wallet and USD wallet" in reason
    one = document([perpetual(1.0, 25_000.0)], [coin("USDT", 9_000.0)], assets={"USDT": 1.0})
    pooled, apart = (under(one, "generic", rules, ("portfolio",)).modes["portfolio"] for rules in (ONE, WALLETS))
    assert apart.head == pooled.head and apart.liquidation == pooled.liquidation


def test_orders_ask_initial_margin_of_the_wallet_they_settle_in():
    orders = [{"id": "o1", "kind": "perpetual", "underlying": "BTC", "settlement": "inverse", "quantity": 5_000.0,
               "price": 24_000.0, "leverage": 10},
              {"id": "o2", "kind": "perpetual", "underlying": "ETH", "settlement": "linear", "quantity": 3.0,
               "price": 1_900.0, "leverage": 5}]
    doc = {**book(), "orders": orders}
    check_split(doc, "htx-style")
    check_split(with_more(doc, [option("put", 24_000.0, -1.0, settlement="inverse", id="c")]), "generic")
    plain, ordered = (under(one, "generic").modes["cross"] for one in (book(), doc))
    more = [after.figures.initial_margin - before.figures.initial_margin
            for before, after in zip(plain.wallets, ordered.wallets, strict=True)]
    assert more[0] > 0 and more[1] == 0 and more[2] > 0
    assert math.fsum(more) == pytest.approx(ordered.orders)


@pytest.mark.parametrize("rules", ["binance-coin-style", "bybit-classic-style", "htx-style", "kucoin-style", "generic"])
def test_formulas_of_wallets_come_to_their_figures(rules):
    doc = book()
    doc = changed(doc, positions=[*doc["positions"], perpetual(
        4_000.0, 24_000.0, settlement="inverse", id="alone", mode="isolated", isolated_margin=900.0)])
    result = under(doc, rules)
    for name, mode in result.modes.items():
        about = subject(result, name)
        asked = [of(about, figure) for figure in HEAD]
        asked += [of(about, figure, leg.id) for figure in LEG for leg in mode.positions]
        asked += [of(about, figure, underlying=u) for figure in LEVEL for u in mode.liquidation]
        for wallet in mode.wallets:
            asked += [of(about, figure, who=wallet.who) for figure in WALLET_HEAD]
            asked += [of(about, figure, underlying=u, who=wallet.who) for figure in LEVEL
                      for u in wallet.liquidation]
        assert not [one.title for one in asked if not one.agrees]


def test_a_wallet_below_maintenance_is_closed_by_itself_and_pays_in_its_coin():
    account = read_document(book(btc=0.001))
    rules = load.load("binance-coin-style")
    steps = partial(account, rules, "cross")
    assert [step.who for step in steps] == [BTC]
    after = {row["asset"]: row["amount"] for row in steps[-1].account.document["collateral"]}
    assert after["ETH"] == 100.0 and after["USDT"] == 5_000.0 and "USD" not in after
    assert {row["id"] for row in steps[-1].account.document["positions"]} == {"ether", "linear"}
    alone = partial(read_document(split(book(btc=0.001))["BTC"]),
                    load.resolve({"base": rules.name, "override": ONE}), "cross")
    assert [step.who for step in alone] == [POOL_ID]
    for ours, theirs in zip(steps, alone, strict=True):
        assert [ours.fee, ours.insurance] == pytest.approx([theirs.fee, theirs.insurance])
        assert ours.after.equity == pytest.approx(theirs.after.equity)


def test_every_wallet_below_maintenance_is_closed_even_where_one_ends_empty():
    steps = partial(read_document(book(btc=0.0, eth=0.0, usdt=-10.0)), load.load("binance-coin-style"), "cross")
    assert [step.who for step in steps] == [BTC, WALLET + "ETH", USD]


def test_walks_maps_and_triggers_name_the_wallets():
    account, rules = read_document(book()), load.load("binance-coin-style")
    found = triggers(account, rules, ["cross"])
    assert {(one.who, one.underlying) for one in found} == {(BTC, "BTC"), (WALLET + "ETH", "ETH"), (USD, "BTC")}
    lines = walk(account, rules, ("BTC",), [0.5, 1.0, 2.0], ["cross"]).levels["cross"]
    assert [line.who for line in lines] == [BTC, WALLET + "ETH", USD]
    level = next(one for one in found if one.who == BTC).liquidation.below / 25_000.0
    least = two_prices(account, rules, ("BTC", "ETH"), [level * 0.999, level * 1.001], [1.0], ["cross"]).least["cross"]
    assert least[0, 0] < 0 < least[0, 1]


def test_an_idle_wallet_does_not_cap_the_buffer_of_a_map():
    held = [coin("BTC", 1.0), coin("ETH", 100.0), coin("USDT", 9e4), coin("SOL", 1e-9)]
    market = {**book()["market"], "assets": {"USDT": 1.0, "SOL": 100.0}}
    account, rules = read_document(changed(book(), collateral=held, market=market)), load.load("binance-coin-style")
    least = two_prices(account, rules, ("BTC", "ETH"), [1.0], [1.0], ["cross"]).least["cross"]
    wallets = compare(account, rules).modes["cross"].wallets
    assert least[0, 0] == pytest.approx(min(wallet.figures.buffer for wallet in wallets if wallet.positions))


def test_options_settled_in_coin_belong_to_the_coin():
    doc = document([option("call", 26_000.0, -1.0, settlement="inverse", id="c"), option("put", 24_000.0, -1.0, id="p")],
                   [coin("BTC", 0.4), coin("USDC", 9_000.0)], assets={"USDC": 1.0})
    mode = under(doc, "deribit-style", {}).modes["cross"]
    assert [(wallet.coin, wallet.positions) for wallet in mode.wallets] == [("BTC", ("c",)), ("USD", ("p",))]


def test_the_command_line_tells_every_wallet(tmp_path, capsys):
    file = tmp_path / "book.margin.json"
    file.write_text(json.dumps({**book(), "rules": "binance-coin-style"}), "utf-8")
    assert main(["evaluate", str(file), "--modes", "cross"]) == 0
    told = capsys.readouterr().out
    buffer = under(book(), "binance-coin-style", {}).modes["cross"].wallets[0].figures.buffer
    assert "Cross, BTC wallet: equity" in told and f"buffer {buffer:,.2f}" in told and "Cross, USD wallet" in told

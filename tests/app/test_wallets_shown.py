"""Wallets by name on every page where there are several, and every pressed figure of theirs with its formula."""

import html
import json
import re

import pytest

from pages.ui import cached, liquidation_board, liquidation_table, view, wallet_table
from pages.ui.comparison_table import closed, table, worst_used
from pages.ui.formula_link import read as spot
from pages.ui.headlines import headline
from pages.ui.sentences import sentence
from pages.ui.strip import strip
from risk_core.margin.formulas.figures import of
from risk_core.margin.formulas.subject import subject
from risk_core.portfolio.account_file import read_document
from tests.app.views import of_document
from tests.core.books import coin, document, perpetual

OWN = iter(range(1_000))


def book(btc=0.05, rules="binance-coin-style"):
    legs = [perpetual(10_000.0, 25_000.0, settlement="inverse", id="coin", leverage=10),
            perpetual(-20_000.0, 2_000.0, "ETH", settlement="inverse", id="ether", leverage=5),
            perpetual(0.5, 25_000.0, id="linear", leverage=5)]
    prices = {"BTC": {"price": 25_000.0, "volatility": 0.6}, "ETH": {"price": 2_000.0, "volatility": 0.7}}
    doc = document(legs, [coin("BTC", btc), coin("ETH", 20.0), coin("USDT", 5_000.0)], prices, rules,
                   assets={"USDT": 1.0})
    return read_document(doc).document


def text(shown):
    return html.unescape(re.sub(r"<[^>]+>", " ", shown)).replace("\u00a0", " ")


def test_every_wallet_has_a_row_and_its_figures_their_formulas():
    one = of_document(book())
    shown = wallet_table.table(one)
    assert all(f"{name} wallet" in text(shown) for name in ("BTC", "ETH", "USD"))
    spots = [spot(html.unescape(found)) for found in re.findall(r'data-formula="([^"]*)"', shown)]
    assert len(spots) >= 5 * 3 * len(one.modes) and all(found is not None and "wallet" in found.said for found in spots)
    about = {name: subject(one.after, name) for name in one.modes}
    for found in spots:
        assert of(about[found.mode], found.figure, underlying=found.underlying, who=found.who).agrees


def test_one_pool_needs_no_wallets():
    one = of_document(book(rules="generic"))
    assert wallet_table.table(one) == "" and "wallet" not in text(strip(one)) + sentences(one)


def sentences(one):
    walked = view.walked(one, "BTC")
    told = [sentence(stand, walked.scene) for stand in walked.stand.values()]
    return " ".join([headline(walked.stand, walked.scene), *told])


def test_the_worst_wallet_is_named():
    one = of_document(book())
    mode = one.after.modes["cross"]
    used = {wallet.name: wallet.figures.maintenance_used for wallet in mode.wallets}
    assert worst_used(mode) == (max(used.values()), max(used, key=used.get))
    assert "BTC wallet" in text(strip(one)) and "BTC wallet is closed at" in sentences(one)
    rows = liquidation_table.rows(one, cached.triggered(one.question, one.modes), ())
    labels = liquidation_board.leg_labels(one)
    assert {"BTC wallet", "ETH wallet", "USD wallet"} <= {liquidation_table.who(row.trigger, labels)[0] for row in rows}
    assert b"BTC wallet" in liquidation_table.csv(rows, labels)


def test_a_wallet_that_is_gone_is_told_though_the_sums_are_fine():
    one = of_document(book(btc=0.0))
    mode = one.after.modes["cross"]
    assert mode.head.buffer > 0 and closed(mode).startswith("worst: BTC wallet")
    assert "the closed wallet" in closed(mode) and "no equity" in text(strip(one))
    assert "The BTC wallet is liquidated now." in sentences(one)
    rows = liquidation_table.rows(one, cached.triggered(one.question, ("cross",)), ())
    assert liquidation_board.first(rows) == "Liquidated now: the BTC wallet in Cross mode."
    assert "BTC wallet" in text(table(one))


@pytest.mark.parametrize("page", ["compare.py", "liquidation.py"])
def test_the_pages_open_with_several_wallets(page, open_app, store):
    name = f"Wallets {next(OWN)}"
    made = store.save_new(read_document(book() | {"name": name}), name)
    at = open_app(page, account=made.id)
    assert not at.exception
    shown = " ".join(one.proto.body for one in at.get("html"))
    assert "BTC wallet" in shown and "\x1f" not in shown and json.dumps("\x1f")[1:-1] in html.unescape(shown)

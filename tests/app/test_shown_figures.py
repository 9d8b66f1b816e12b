"""What is shown adds up, ties are named, Greeks have their totals, older prices are told."""

import math
from pathlib import Path

import pytest

from db.samples import SAMPLES, sample_id, slug
from pages.ui import cents, controls, greeks, older, why, words
from pages.ui.axis import Axis
from pages.ui.headlines import headline
from pages.ui.levels import Level, Standing
from pages.ui.sentences import Scene, sentence
from risk_core.margin.compare import compare
from risk_core.margin.pools import POOL_ID
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load
from risk_core.valuation.sensitivities import sensitivities
from tests.conftest import NIGHTLY

FILES = sorted(SAMPLES.glob("*.margin.json"))


def together(amounts):
    return round(math.fsum(amounts), 2)


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_what_is_shown_adds_up(file):
    account = read(file.read_text("utf-8"))
    for mode in compare(account, load.resolve(account.rules)).modes.values():
        whole = words.rounded(mode.head.maintenance_margin, "up")
        assert together(cents.shared([part.amount for part in mode.components], whole)) == whole
        reached = 0.0
        for step in cents.stairs(mode.steps):
            reached = step.amount if step.is_total and not reached else reached
            if step.is_total:
                assert round(reached, 2) == round(step.amount, 2)
            else:
                reached += step.amount


@pytest.mark.parametrize("name", ["deribit-pm", "okx-pm", "derive-pm2", "span", "reg-t"])
def test_parts_of_the_legs_and_what_is_not_in_proportion_add_up(name):
    account = read((SAMPLES / "03-collar.margin.json").read_text("utf-8"))
    mode = compare(account, load.load(name), ["portfolio"]).modes["portfolio"]
    parts = math.fsum([*(share.euler for share in mode.shares), mode.unshared])
    assert math.isclose(parts, mode.head.maintenance_margin, rel_tol=1e-9)
    table = why._shares(mode)
    assert ("Not in proportion" in table) == (abs(mode.unshared) >= 0.005)
    assert words.money(mode.head.maintenance_margin, "up") in table


def test_a_difference_is_that_of_the_shown_figures():
    assert words.change(10.001, 5.0, "up") == "+5.01"
    assert words.change(5.0, 10.001, "up") == words.MINUS + "5.01"


def test_far_levels_are_told_in_words():
    assert words.move(82.61) == "more than tenfold"
    assert words.sigmas(-30.0).replace(words.SPACE, " ") == "> 10 σ"


def stand(mode, factor=None, gone=()):
    up = (Level(mode, "leg", factor),) if factor else ()
    return Standing(mode, 1.0, ((factor, math.inf),) if factor else (), (), up, gone)


def told(scene, *modes):
    return headline({one.mode: one for one in modes}, scene).replace(words.SPACE, " ")


BTC = Scene(Axis("BTC", 100_000.0, 1.0), None, {}, coins=2)


def test_modes_that_tie_are_all_named():
    four = stand("as_held", 1.031), stand("isolated", 1.031), stand("cross"), stand("portfolio")
    assert told(BTC, *four) == ("As held and Isolated give way first, at +3.1 % if BTC moves alone. "
                                "Cross and Portfolio never do.")
    dead = stand("cross", gone=(POOL_ID,)), stand("portfolio", gone=(POOL_ID,)), stand("isolated", 1.1)
    assert told(Scene(Axis("all prices", None, 1.0), None, {}, 2), *dead).startswith(
        "Cross and Portfolio are liquidated now.")
    assert "2 legs in this what-if" in told(Scene(Axis("BTC", 1.0, 1.0), None, {}, what_if=True),
                                            stand("isolated", gone=("a", "b")), stand("cross"))


def test_one_mode_alone_is_named():
    assert told(BTC, stand("cross", 0.8)) == "Cross gives way at −20.0 % if BTC moves alone."
    assert told(BTC, stand("cross")) == "No move of the BTC price liquidates anything in Cross."


def test_pledges_that_nothing_covers():
    one = Standing("isolated", 1.0, ((0.0, math.inf),), (), (), (POOL_ID,))
    scene = Scene(Axis("BTC", 100_000.0, 1.0), None, {}, missing=lambda: 114_296.0)
    assert sentence(one, scene).replace(words.SPACE, " ") == (
        "Pledges exceed the collateral by 114,296.00 USD: these positions could not all be opened isolated.")


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_greeks_of_every_leg_and_underlying(file):
    account = read(file.read_text("utf-8"))
    table = greeks.table(account)
    assert table.count("<tbody>") == 1 and all(f">{name}<" in table for name in account.book.ids)
    assert table.count(">All ") == len({account.instruments.underlying[at] for at in account.book.instrument})
    terms = {}
    for at in account.book.instrument:
        if account.instruments.is_option[at]:
            terms.setdefault(account.instruments.underlying[at], set()).add(account.instruments.keys[at].expiry)
    assert table.count("not added: several expiries") == sum(len(expiries) > 1 for expiries in terms.values())
    for owner in set(account.instruments.underlying[account.book.instrument]):
        own = sensitivities(account).normalised_vega[account.instruments.underlying[account.book.instrument] == owner]
        assert f"<td>{words.money(math.fsum(own))}</td>" in table


def test_older_prices_are_named():
    assert older.prices(("BTC", "SOL")) == "SOL price of 20 January 2026"
    assert older.prices(("BTC", "ETH")) == ""


@pytest.mark.parametrize(("page", "file"), [
    (page, file) for i, page in enumerate((None, "liquidation.py", "portfolio.py")) for j, file in enumerate(FILES)
    if NIGHTLY or (i + j) % 3 == 0], ids=lambda one: slug(one) if isinstance(one, Path) else one)
def test_every_page_says_which_demo_price_is_older(open_app, page, file):
    at = open_app(page, account=sample_id(file))
    said = [one.proto.body for one in at.get("html")]
    held = "SOL" in controls.held_underlyings(read(file.read_text("utf-8")))
    badge = any("ms-badge demo" in body and "SOL price of 20 January 2026</span>" in body for body in said)
    strip = any("ms-strip" in body and "SOL of 20 Jan</b>" in body for body in said if "<style" not in body)
    assert badge == strip == held

"""Every figure of Compare and Liquidation opens its formula: each button names a figure there is, and is that figure."""

import html
import re

import pytest

from db.samples import SAMPLES, sample_id, slug
from pages.ui import formula_link, formula_numbers, formula_opener, formula_panel, words
from pages.ui.controls import price_key
from pages.ui.formula_link import Spot
from risk_core.margin.compare import compare
from risk_core.margin.formulas.figures import formula
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))
BUTTON = re.compile(r'<button type="button" class="figure" data-formula="([^"]*)">(.*?)</button>', re.DOTALL)
from tests.conftest import NIGHTLY


def bodies(at):
    return " ".join(one.proto.body for one in at.get("html"))


def buttons(at):
    """Every spot on the page with the text of its button."""
    return [(formula_link.read(html.unescape(spot)), html.unescape(re.sub(r"<[^>]+>", " ", shown)))
            for spot, shown in BUTTON.findall(bodies(at))]


def opened(at, spot):
    """The page after the press of a figure, as its listener reports it."""
    at.session_state[formula_opener.ASKED] = spot
    return at.run()


@pytest.mark.parametrize(("page", "file"), [
    (page, file) for i, page in enumerate((None, "liquidation.py")) for j, file in enumerate(FILES)
    if NIGHTLY or (i + j) % 2], ids=lambda one: "compare" if one is None else one if isinstance(one, str) else slug(one))
def test_every_button_is_the_figure_its_formula_comes_to(open_app, page, file):
    account = read(file.read_text("utf-8"))
    result = compare(account, load.resolve(account.rules))
    found = buttons(open_app(page, account=sample_id(file)))
    assert len(found) >= (15 if page is None else 2)
    for spot, shown in found:
        one = formula(result, spot.mode, spot.figure, spot.leg, underlying=spot.underlying, who=spot.who)
        assert one.agrees
        if one.result is not None:
            figure = formula_numbers.result(spot.figure, one).replace(f"{words.SPACE}USD", "")
            assert figure in shown, (spot, shown, figure)
        assert spot.said in shown


def test_a_pressed_figure_opens_with_formula_numbers_and_sources(open_app):
    at = open_app(account=sample_id(FILES[0]))
    assert 'class="ms formula"' not in bodies(at)
    text = bodies(opened(at, Spot("cross", "available")))
    assert not at.exception
    plain = html.unescape(re.sub(r"<[^>]+>", " ", text))
    for part in ("available = equity − initial margin", "positions[0].entry_price", "tiers.steps", "2026-11-20"):
        assert part in plain, part
    assert f"rulebooks?account={sample_id(FILES[0])}&amp;rulebook.search=tiers.steps" in text
    assert 'class="ms formula"' not in bodies(at.run())


def test_the_formula_is_that_of_the_what_if(open_app):
    at = open_app(**{"account": sample_id(FILES[0]), price_key("BTC"): "−10 %"})
    told = html.unescape(bodies(opened(at, Spot("cross", "unrealised_pnl", "perp"))))
    assert formula_panel.MOVED in told and "69,356.70" in told


def test_a_formula_that_does_not_come_to_the_figure_is_not_shown(open_app, monkeypatch):
    at = open_app(account=sample_id(FILES[0]))
    monkeypatch.setattr("risk_core.margin.formulas.formula.Formula.agrees", property(lambda _: False))
    opened(at, Spot("cross", "buffer"))
    assert 'class="ms formula"' not in bodies(at)
    assert any("cannot be shown" in one.value for one in at.error)


def test_a_link_to_a_parameter_finds_it(open_app):
    at = open_app("rulebooks.py", **{formula_opener.SEARCH: "tiers.steps"})
    assert at.text_input(key=formula_opener.SEARCH).value == "tiers.steps"
    assert "tiers.steps" in bodies(at) and "portfolio.moves" not in bodies(at)


@pytest.mark.parametrize("text", [
    None, 7, "", "{", "[]", "null", "{}", '{"mode": "cross"}', '{"mode": "cross", "figure": "colour"}',
    '{"mode": "moon", "figure": "buffer"}', '{"mode": "cross", "figure": "buffer", "leg": 7}',
    '{"mode": "cross", "figure": "buffer", "more": "x"}', '{"mode": ["cross"], "figure": "buffer"}',
])
def test_a_report_that_is_no_figure_is_ignored(text):
    assert formula_link.read(text) is None


@pytest.mark.parametrize("spot", [
    Spot("cross", "buffer"), Spot("as_held", "pledged", '"<b>|é'), Spot("isolated", "liquidation_price", None, "BTC", ""),
])
def test_a_spot_comes_back_as_it_was(spot):
    ((text, shown),) = BUTTON.findall(formula_link.opens("1", spot))
    assert formula_link.read(html.unescape(text)) == spot
    assert "<b>" not in shown


@pytest.mark.parametrize(("value", "unit", "written"), [
    (0.025, "share", "2.5\u00a0%"), (-0.16, "share", "−16\u00a0%"), (5e-06, "per unit", "0.000005"), (-4.0, "BTC", "−4"),
    (1234567.891, "USD", "1,234,567.89"), (35000.0, "USDT", "35,000"), (float("nan"), "USD", "—"), (0.0, "share", "0\u00a0%"),
])
def test_numbers_as_people_write_them(value, unit, written):
    assert formula_numbers.write(value, unit) == written

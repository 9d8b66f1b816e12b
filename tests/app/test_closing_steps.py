"""What a liquidation closes is on the page when asked for, step by step, in the words and figures of the core."""

import re
from html import unescape

import pytest

from db.samples import SAMPLES, sample_id
from pages.ui import closing_steps, comparison_table, controls, words
from risk_core.liquidation.played import played
from risk_core.margin.compare import compare
from risk_core.margin.ratios import RATIOS, ratio
from risk_core.portfolio.account_file import read
from risk_core.rulebooks import load

FILE = next(SAMPLES.glob("02-*.margin.json"))
ACCOUNT = read(FILE.read_text("utf-8"))


def texts(html):
    return unescape(re.sub(r"<[^>]+>", " ", html))


def shown(at):
    return texts(" ".join(one.proto.body for one in at.get("html")))


@pytest.mark.parametrize("rules", ["generic", "deribit-style", "derive-style"])
def test_every_step_is_told_with_what_is_closed_fee_and_margin(rules):
    for one in played(ACCOUNT, load.load(rules)):
        told = texts(closing_steps.part(one))
        for step in one.steps:
            assert words.money(step.fee, "up") in told and words.money(step.after.equity, "down") in told
            assert words.money(step.after.maintenance_margin, "up") in told
            assert all(leg.id in told and words.price(leg.mark) in told for leg in step.closed)
        assert f"{len(one.steps)} step" in told


def test_the_table_opens_on_demand(open_app):
    at = open_app("liquidation.py", account=sample_id(FILE))
    assert "Maintenance margin after" not in shown(at)
    at.toggle(key=closing_steps.CHOICE).set_value(True).run()
    assert not at.exception and not at.error
    assert "Maintenance margin after" in shown(at) and "in fees" in shown(at)


@pytest.mark.parametrize("form", RATIOS)
def test_the_displayed_ratio_says_its_direction_and_where_it_liquidates(form):
    book = load.override(load.load("generic"), {"display.ratio": form})
    found = compare(ACCOUNT, book)

    class Seen:
        after = before = found
        has_before = False

    told = texts(comparison_table._displayed(Seen, "cross"))
    rises = ratio(book.rules).rises
    assert ("rising = worse" in told) == rises and ("falling = worse" in told) == (not rises)
    assert comparison_table.displayed(found, "cross") in told and form in told


def test_the_ratio_of_the_rulebook_in_force_is_beside_maintenance_used(open_app):
    at = open_app(account=sample_id(FILE))
    at.selectbox(key=controls.RULES).set_value("okx-style").run()
    assert not at.exception
    assert "equity ÷ maintenance; liquidated at 100\u00a0%, falling = worse" in shown(at)

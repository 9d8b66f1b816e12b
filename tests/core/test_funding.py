"""Funding that is accrued and not settled: equity where the rulebook says so, and never price profit."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_core.liquidation.partial import partial
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.portfolio.whatif import WhatIf, move
from risk_core.rulebooks import load
from tests.core import strategies as some
from tests.core.books import cash, changed, coin, document, future, held, now, perpetual, put
from tests.core.order_books import results

FUNDED = [perpetual(2.0, 95.0, unsettled_funding=12.5), perpetual(-40.0, 100.0, settlement="inverse", unsettled_funding=-2.0),
          future(-1.0, 101.0), put(90.0, -1.0)]


def settled(doc):
    """The account with its funding paid into cash."""
    paid = math.fsum(row.get("unsettled_funding", 0.0) for row in doc["positions"])
    legs = [{key: value for key, value in row.items() if key != "unsettled_funding"} for row in doc["positions"]]
    return changed(doc, positions=legs, collateral=[*doc["collateral"], cash(paid)])


def figures(doc, modes=("cross", "portfolio")):
    return {name: (got.head, got.liquidation, [leg.unrealised_pnl for leg in got.positions])
            for name, got in results(doc, modes).items()}


def test_funding_that_counts_at_once_is_cash_in_the_pool_and_no_price_profit():
    doc = document(FUNDED, [cash(300.0), coin("BTC", 0.1)])
    for mode, (head, levels, profit) in figures(doc).items():
        paid, levels_paid, profit_paid = figures(settled(doc))[mode]
        assert head.equity == pytest.approx(paid.equity, rel=1e-12) and profit == profit_paid
        assert head.maintenance_margin == paid.maintenance_margin
        for name, level in levels.items():
            assert [end for region in level.regions for end in region] == pytest.approx(
                [end for region in levels_paid[name].regions for end in region], rel=1e-9)


def test_funding_that_counts_when_settled_is_no_equity():
    rules = {"base": "generic", "override": {"futures": {"funding": "when settled"}}}
    doc = document(FUNDED, 300.0, rules=rules)
    bare = changed(settled(doc), collateral=doc["collateral"])
    assert figures(doc) == figures(bare)
    once = figures(changed(doc, rules="generic"))
    assert all(once[mode][0].equity - figures(doc)[mode][0].equity == pytest.approx(10.5) for mode in once)


def test_funding_stays_with_its_isolated_leg():
    doc = document([perpetual(2.0, 100.0, mode="isolated", isolated_margin=20.0, unsettled_funding=5.0)], 100.0)
    got = results(doc, ["as_held"])["as_held"]
    assert got.positions[0].equity == pytest.approx(25.0) and got.pool.equity == pytest.approx(80.0)
    assert got.positions[0].unrealised_pnl == 0.0


def test_what_expires_and_what_is_scaled_takes_its_funding_along():
    account = read_document(document([future(1.0, 100.0, unsettled_funding=7.0)], 0.0))
    gone = move(account, WhatIf(days=35.0)).document
    assert gone["positions"] == [] and gone["collateral"][-1] == {"asset": "USD", "amount": 7.0}
    assert move(account, WhatIf(size=2.0)).document["positions"][0]["unsettled_funding"] == 14.0


@pytest.mark.parametrize(("funding", "back"), [("counts at once", 4.0), ("when settled", 0.0)])
def test_closing_realises_the_funding_that_counted(funding, back):
    rules = {"base": "generic", "override": {"futures": {"funding": funding}}}
    doc = document([perpetual(10.0, 110.0, unsettled_funding=4.0)], 105.0, rules=rules)
    (step,) = partial(read_document(doc), load.resolve(rules), "cross")
    assert step.after.equity == pytest.approx(105.0 - 100.0 + back) and step.account.document["positions"] == []


@given(doc=some.conventions().flatmap(lambda rules: some.accounts(rules=rules, apart=True)), paid=st.floats(-1e6, 1e6))
def test_funding_moves_equity_by_itself_under_every_convention(doc, paid):
    funded = copy.deepcopy(doc)
    plain = [row for row in funded["positions"] if row["kind"] != "option"]
    if not plain:
        return
    plain[0]["unsettled_funding"] = paid
    for mode in MODES:
        (equity, *asked), (equity_before, *asked_before) = now(funded, mode), now(doc, mode)
        holding = held(doc, mode)
        gains = np.abs(holding.nets.profit_const).sum() + np.abs(holding.nets.profit_slope).sum()
        slack = 1e-12 * (abs(paid) + gains + holding.size + holding.pledge.sum())
        assert math.isclose(equity - equity_before, paid, rel_tol=0.0, abs_tol=slack), mode
        assert asked == asked_before

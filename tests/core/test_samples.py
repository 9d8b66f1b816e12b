"""Laws on real books: every sample account under every shipped rulebook, so that a data file cannot break a law unseen."""

import json
import math

import numpy as np
import pytest

from risk_core import output
from risk_core.liquidation.lines import Question
from risk_core.liquidation.variants import below_zero
from risk_core.margin.models import MODES
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core import brute
from tests.core.books import (
    PLAIN,
    POOLED,
    cash,
    changed,
    close,
    compared,
    covers,
    defined,
    direction,
    held,
    maintenance,
    met,
    now,
    regions,
    same_levels,
    scale,
    times,
    with_legs,
    with_more,
)
from tests.core.test_against_oracle import check

SAMPLES = {path.name.removesuffix(".margin.json"): json.loads(path.read_text("utf-8"))
           for path in sorted((ROOT / "db/samples").glob("*.margin.json"))}
CASES = met(SAMPLES, each=1)


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case))
def sample(request):
    name, rules = request.param
    return changed(SAMPLES[name], rules=rules)


def test_there_are_samples():
    assert len(SAMPLES) >= 12


@pytest.mark.parametrize("name", SAMPLES)
def test_E5_samples_are_the_oracles(name):
    check(json.loads(json.dumps(output.comparison(compared(SAMPLES[name]), name)))["modes"], SAMPLES[name])


def test_E11_validators(sample):
    for got in compared(sample).modes.values():
        head, tolerance = got.head, 1e-12 * scale(sample)
        assert 0.0 <= head.maintenance_margin <= head.initial_margin + tolerance and math.isfinite(head.equity)
        assert close(math.fsum(part.amount for part in got.components), head.maintenance_margin, tolerance)
        for level in got.liquidation.values():
            ends = [end for region in level.regions for end in region if end is not None]
            assert ends == sorted(ends) and all(end > 0 for end in ends)


def test_A3_reversed(sample):
    turned = changed(sample, positions=sample["positions"][::-1], collateral=sample["collateral"][::-1])
    before, after = compared(sample).modes, compared(turned).modes
    assert all(before[mode].head == after[mode].head and before[mode].liquidation == after[mode].liquidation for mode in before)


def test_A4_every_leg_split_in_three(sample):
    parts = [leg | {"quantity": leg["quantity"] * share} for leg in sample["positions"] for share in (0.5, 0.25, 0.25)]
    split = with_legs(sample, parts)
    for mode in defined(sample, POOLED):
        assert all(close(x, y, 1e-12 * scale(sample)) for x, y in zip(now(sample, mode), now(split, mode), strict=True))
        assert same_levels(regions(sample, mode), regions(split, mode))


def test_L4_L5_against_the_dense_walk(sample):
    asked = [Question(held(sample, mode), 0, direction(held(sample, mode), [name]))
             for mode in defined(sample, ("as_held", "cross", "portfolio")) for name in held(sample, mode).account.underlyings]
    for question, found in zip(asked, below_zero(asked), strict=True):
        brute.check(question.holding, 0, question.beta, found, nodes=1_500)
        assert np.all(brute.residuals(question.holding, 0, question.beta, found) <= 1e-9)


def test_L7_cash_shrinks_every_region(sample):
    richer = with_more(sample, collateral=[cash(0.01 * scale(sample))])
    for mode in defined(sample, MODES):
        before, after = regions(sample, mode), regions(richer, mode)
        assert all(covers(before[name], after[name]) for name in before)


def grows(rules):
    """Whether charges grow faster than size, or collateral slower: steps, thresholds, fixed amounts taken off, slices."""
    of = rules.addons
    sized = of and (of.minimum_steps or of.delta_shock or of.concentration or of.liquidity_scale or any(row.slope for row in of.liquidity))
    sliced = rules.collateral.slices or rules.collateral.size_factors
    return bool(sized or sliced or rules.portfolio and rules.portfolio.extended_dampener)


def test_L10_portfolio_levels_do_not_depend_on_size(sample):
    """Not where tiers or thresholds make margin grow faster than the book (F8): the larger book is then liquidated
    wherever the smaller one is.
    """
    if load.load(sample["rules"]).rules.whole in {"ratio", "sensitivities"}:
        pytest.skip("margin of this rulebook grows faster than the book")
    for _ in defined(sample, ["portfolio"]):
        before, after = regions(sample, "portfolio"), regions(times(sample, 7.0), "portfolio")
        if grows(load.resolve(sample["rules"]).rules):
            assert all(covers(after[name], before[name], slack=1e-6) for name in before)
        else:
            assert same_levels(before, after, rel=1e-7)


@pytest.mark.parametrize("name", SAMPLES)
def test_S4_plain_PM_is_at_most_the_sum_of_the_legs_alone(name):
    sample = changed(SAMPLES[name], rules=PLAIN)
    alone = [maintenance(changed(sample, positions=[leg]), "portfolio") for leg in sample["positions"]]
    assert maintenance(sample, "portfolio") <= math.fsum(alone) + 1e-12 * scale(sample)

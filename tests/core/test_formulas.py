"""Every figure is its formula: worked out from its terms, and read back from its text, it is the figure shown."""

import json
import math
import re
from itertools import chain, islice

import pytest
from hypothesis import given, settings

from risk_core.errors import Refused, Unsettled
from risk_core.margin.compare import compare
from risk_core.margin.formulas.figures import HEAD, LEG, LEVEL, formula, of
from risk_core.margin.formulas.nodes import number, over, plus, times, worked
from risk_core.margin.formulas.subject import subject
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from tests.conftest import ROOT
from tests.core import strategies as some
from tests.core.books import call, changed, coin, document, future, met, perpetual, put, scale, single_rate
from tests.core.option_conventions import CONVENTIONS, rules

SAMPLES = {path.name.removesuffix(".margin.json"): json.loads(path.read_text("utf-8"))
           for path in sorted((ROOT / "db/samples").glob("*.margin.json"))}
few = settings(max_examples=max(settings.default.max_examples // 25, 1))


def compared(doc):
    account = read_document(doc)
    return compare(account, load.resolve(account.rules))


def asked(result, mode):
    """Every figure of a mode that has a formula."""
    of_one, along = subject(result, mode), result.modes[mode].liquidation
    for figure in HEAD:
        yield of(of_one, figure)
    for figure, leg in ((figure, leg) for figure in LEG for leg in result.account.book.ids):
        yield of(of_one, figure, leg)
    for figure, u in ((figure, u) for figure in LEVEL for u in along):
        yield of(of_one, figure, underlying=u)


def every(doc):
    """Every formula of every mode of an account; nothing where its levels are not offered."""
    try:
        result = compared(doc)
    except Unsettled:
        return []
    return list(chain.from_iterable(asked(result, mode) for mode in result.modes))


def rise(one):
    """How fast the figure of a solved price follows its dollars: 1 ÷ the divisor of the whole."""
    bottom = one.of.of[-1] if one.symbol == "P" and one.balance is None and getattr(one.of, "sign", "") == "÷" else None
    return 1.0 if bottom is None else 1.0 / abs(worked(bottom))


def check(one, size):
    if one.of is None:
        assert one.limits and one.result is None
        return
    got = worked(one.of)
    if one.balance is not None:
        assert math.isclose(got, worked(one.balance), rel_tol=1e-9, abs_tol=1e-9 * size), one
    elif one.result is not None:
        slack = 1e-11 * size * rise(one) if one.unit == "USD" else 0.0
        assert math.isclose(got, one.result, rel_tol=1e-9, abs_tol=slack), (one.title, one.symbolic, got, one.result)


@pytest.mark.no_cover
@pytest.mark.parametrize("book", load.names())
def test_a_formula_worked_out_is_the_figure_shown(book):
    """Every mode and figure of the first two samples each shipped rulebook meets and has figures of."""
    checked = 0
    met_by = (changed(SAMPLES[name], rules=book) for name, _ in met(SAMPLES, book, each=4))
    for doc, found in islice(((doc, found) for doc in met_by if (found := every(doc))), 2):
        for one in found:
            check(one, scale(doc))
            assert one.agrees, one.title
            checked += one.of is not None
    assert checked > 20


@few
@given(doc=some.conventions().flatmap(lambda rules: some.accounts(rules=rules, apart=True)))
def test_under_every_convention_of_tiers_fees_and_pledges(doc):
    for one in every(doc):
        check(one, scale(doc))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_under_every_convention_of_options(name):
    legs = [call(110.0, -3.0), put(90.0, -2.0), put(120.0, -1.0), call(105.0, 1.0), call(130.0, 2.0, seconds=5_000_000),
            perpetual(2.0, 99.0)]
    doc = document(legs, 500.0, {"BTC": {"price": 100.0, "volatility": 0.6}}, rules=rules(**CONVENTIONS[name]))
    for one in every(doc):
        check(one, scale(doc))


# Text ----------------------------------------------------------------------------------------------------------------

def read_back(text):
    """The value of a formula's text. Only letters of `max` and `min`, digits and operators are let through."""
    plain = text.replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")
    assert not re.sub(r"max|min|e[-+]?\d|[\d.+*/(), -]", "", plain), text
    return eval(plain, {"__builtins__": {}, "max": max, "min": min})  # noqa: S307 - checked in the line above


def full(value, unit):
    return repr(float(value))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_text_with_numbers_comes_to_the_figure(name):
    """The formula and every line of it, as written, with full digits."""
    size = scale(SAMPLES[name])
    for one in every(SAMPLES[name]):
        for line in one.lines(full):
            assert math.isclose(read_back(line.numeric), line.result, rel_tol=1e-9, abs_tol=1e-12 * size), line
        if one.of is not None and one.balance is None and one.result is not None:
            text = one.numeric(full).removeprefix(f"{one.symbol} = ")
            assert math.isclose(read_back(text), one.result, rel_tol=1e-9, abs_tol=1e-11 * size * rise(one)), text


def test_brackets_stand_where_they_are_needed():
    a, b = number(7.0), number(2.0)
    from risk_core.margin.formulas.formula import exact, numbers
    from risk_core.margin.formulas.nodes import minus

    trees = [times(plus(a, b), b), minus(a, minus(a, b)), over(a, times(a, b)), minus(a, number(-2.0)),
             times(number(-2.0), a), over(over(a, b), b), minus(plus(a, b), b)]
    for tree in trees:
        assert math.isclose(read_back(numbers(tree, exact)), worked(tree)), numbers(tree, exact)
    assert numbers(minus(plus(a, b), b), exact) == "7 + 2 − 2"


# Sources -------------------------------------------------------------------------------------------------------------

def at_path(doc, path):
    """The value at a path of an account file, such as `positions[0].quantity`."""
    for part in re.findall(r"[^.\[\]]+", path):
        doc = doc[int(part)] if part.isdigit() else doc[part]
    return doc


def holds(value, wanted):
    """Whether a parameter's value, a number or a table, holds a number."""
    if isinstance(value, dict):
        return any(holds(one, wanted) for one in value.values())
    if isinstance(value, list | tuple):
        return any(holds(one, wanted) for one in value)
    return isinstance(value, int | float) and math.isclose(value, wanted)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_number_is_what_its_source_says(name):
    """A field of the account file, or a parameter of the rulebook with its source and date."""
    doc = SAMPLES[name]
    book = compared(doc).rulebook
    for term in {term for one in every(doc) for term in one.terms}:
        if term.origin.kind == "rulebook":
            known = book.parameters[term.origin.where]
            assert (term.origin.source, term.origin.date) == (known.source, known.date.isoformat())
            assert holds(known.value, term.value) or (term.value == 1.0 and "1 where none is given" in known.meaning), term
        elif term.origin.kind == "account" and (found := at_path(doc, term.origin.where)) is not None:
            if isinstance(found, list):
                assert any(holds(list(row.values()), term.value) for row in found), term
            else:
                assert abs(found) == abs(term.value) or term.name == "s", term
        else:
            assert term.origin.where, term


# Closed forms --------------------------------------------------------------------------------------------------------

def level_of(legs, mode="isolated", cash=0.0, **sections):
    doc = document(legs, cash, {"BTC": {"price": 100.0}}, rules={"base": "generic", "override": sections})
    return formula(compared(doc), mode, "liquidation_price", "p0")


ONE_TIER = single_rate(0.1, 0.02)["override"]["tiers"]


@pytest.mark.parametrize("side", (1, -1), ids=("long", "short"))
def test_a_linear_contract_is_LIN_LIQ_and_LIN_FIX(side):
    legs = [perpetual(side * 2.0, 100.0, isolated_margin=30.0)]
    moving, fixed = level_of(legs, tiers=ONE_TIER), level_of(legs, tiers={**ONE_TIER, "maintenance_at": "entry"})
    assert moving.symbolic == "P = (q × E − M) ÷ (|q| × (s − r))"
    assert worked(moving.of) == pytest.approx((side * 200.0 - 30.0) / (2.0 * (side - 0.02)), rel=1e-12)
    assert fixed.symbolic == "P = (q × E + MM − M) ÷ (|q| × s)"
    assert worked(fixed.of) == pytest.approx(100.0 - side * (30.0 - 4.0) / 2.0, rel=1e-12)


@pytest.mark.parametrize("side", (1, -1), ids=("long", "short"))
def test_an_inverse_contract_is_INV_LIQ(side):
    legs = [perpetual(side * 1000.0, 100.0, settlement="inverse", isolated_margin=200.0)]
    one = level_of(legs, tiers=ONE_TIER, futures={"pledge": "coin"})
    assert one.symbolic == "P = |q| × (s + r) ÷ (q ÷ E + pledge)"
    assert worked(one.of) == pytest.approx(1000.0 * (side + 0.02) / (2.0 + side * 10.0), rel=1e-12)


def test_the_tier_and_the_fee_are_those_at_the_trigger():
    tiers = {"steps": [{"from": 0, "initial": 0.1, "maintenance": 0.02}, {"from": 150, "initial": 0.2, "maintenance": 0.05}]}
    one = level_of([perpetual(-2.0, 60.0, isolated_margin=90.0)], tiers=tiers,
                   fees={"closing_rate": 0.001, "closing_on": "tested price"})
    assert one.symbolic == "P = (q × E − D − M) ÷ (|q| × (s − r − f))"
    by_name = {term.name: term.value for term in one.terms}
    assert (by_name["r"], by_name["f"], by_name["D"]) == (0.05, 0.001, pytest.approx(150 * 0.03))
    assert one.result == pytest.approx((-120.0 - 4.5 - 90.0) / (2.0 * (-1 - 0.051)), rel=1e-12)


def test_what_cannot_be_solved_says_both_sides_at_the_price():
    doc = document([put(90.0, -2.0), perpetual(1.0, 100.0)], 60.0, {"BTC": {"price": 100.0, "volatility": 0.6}})
    result = compared(doc)
    for mode, sides in (("cross", "maintenance margin at P"), ("portfolio", "maintenance margin at P")):
        one = formula(result, mode, "liquidation_price", underlying="BTC")
        assert one.symbolic == f"equity at P = {sides}"
        assert one.result == result.modes[mode].liquidation["BTC"].nearest
        assert worked(one.of) == pytest.approx(worked(one.balance), rel=1e-9)


def test_a_price_on_its_tick_says_which_way_it_was_rounded():
    exact = level_of([perpetual(2.0, 100.0, isolated_margin=30.0)], tiers=ONE_TIER)
    one = level_of([perpetual(2.0, 100.0, isolated_margin=30.0)], tiers=ONE_TIER,
                   futures={"rounding": "against the trader", "ticks": {"BTC": 0.5}})
    assert one.symbolic == "P = up to the tick(exact price, tick)"
    assert worked(one.of) == one.result == math.ceil(exact.result / 0.5) * 0.5


@pytest.mark.parametrize("convention", ("shared by value", "maintenance still"))
@pytest.mark.parametrize("settlement", ("linear", "inverse"))
def test_a_price_under_another_assumption_of_the_pool(convention, settlement):
    legs = [perpetual(3.0, 98.0), perpetual(-150.0, 101.0, settlement=settlement), future(1.0, 99.0), call(120.0, -0.5)]
    doc = document(legs, 400.0, {"BTC": {"price": 100.0, "volatility": 0.6}},
                   rules={"base": "generic", "override": {"futures": {"cross_price": convention}}})
    found = [one for one in every(doc) if one.of is not None and convention in " ".join(one.limits)]
    assert found
    for one in found:
        check(one, scale(doc))


# What has no formula -------------------------------------------------------------------------------------------------

def test_where_there_is_no_figure_the_reason_is_told():
    result = compared(document([call(120.0, 2.0), perpetual(1.0, 100.0)], 1000.0, {"BTC": {"price": 100.0, "volatility": 0.6}}))
    together = formula(result, "portfolio", "maintenance_margin", "p0")
    none = formula(result, "cross", "liquidation_price", underlying="BTC")
    assert (together.of, none.of, none.result) == (None, None, None)
    assert "together" in together.limits[0] and none.limits[0].startswith("None: the buffer")
    gone = compared(document([perpetual(10.0, 100.0)], 1.0, {"BTC": {"price": 100.0}}))
    assert "liquidated at the present price" in formula(gone, "cross", "liquidation_price", underlying="BTC").limits[0]


@pytest.mark.parametrize(("asked_for", "more", "rule"), [
    (("nowhere", "buffer"), {}, "is not a margin mode"), (("cross", "colour"), {}, "has no formula here"),
    (("cross", "buffer", "p0"), {}, "has no formula here"), (("cross", "pledged", "p9"), {}, "is not the id"),
    (("cross", "liquidation_price"), {"underlying": "ETH"}, "is not the underlying"),
])
def test_what_is_not_there_is_refused(asked_for, more, rule):
    result = compared(document([perpetual(1.0, 100.0)], 1000.0, {"BTC": {"price": 100.0}}))
    with pytest.raises(Refused, match=rule):
        formula(result, *asked_for, **more)


def test_balances_with_slices_sizes_loans_and_deposits():
    collateral = {"slices": [{"asset": "USDT", "from": 0, "haircut": 0.0}, {"asset": "USDT", "from": 50, "haircut": 0.2}],
                  "borrow_weights": {"ETH": 1.1}, "size_factors": {"ETH": 0.2, "BTC": 0.9}, "deposits": {"BTC": 200.0},
                  "deposit_starts": {"BTC": 150.0}, "initial_haircuts": {"BTC": 0.1}}
    doc = document([perpetual(1.0, 90.0)], 0.0, {"BTC": {"price": 100.0}, "ETH": {"price": 50.0}},
                   rules={"base": "generic", "override": {"collateral": collateral, "futures": {"profit": "losses only"}}})
    doc["collateral"] = [coin("BTC", 5.0), coin("ETH", -1.0), coin("USDT", 120.0)]
    doc["market"]["assets"] = {"USDT": 1.0}
    found = every(doc)
    for one in found:
        check(one, scale(doc))
    text = " ".join(line.symbolic for one in found for line in one.lines())
    for word in ("slice ×", "borrow weight", "size factor", "deposits", "further haircut", "gain"):
        assert word in text or word in " ".join(term.name for one in found for term in one.terms), word

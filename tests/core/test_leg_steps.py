"""A figure opened to the legs: the parts of each step, a leg that is 1 % larger, and what lies between two rows."""

import copy
import math

import numpy as np
import pytest

from db.samples import SAMPLES, slug
from risk_core.margin import leg_steps as opened
from risk_core.margin.leg_steps import MORE, between_rows, increments, leg_steps
from risk_core.margin.rulebook_table import Asked, under
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))
BOOKS = ("generic", "historical-var", "simm", "delta-floor")
PROPORTIONAL = ("generic", "historical-var", "expected-shortfall", "greeks", "delta-floor")
"""Rulebooks whose figures grow in proportion with the book, so that nothing of a step is left over (Euler's theorem)."""


def asked(file, name):
    return under(read(file.read_text("utf-8")), load.load(name))


@pytest.mark.parametrize("name", PROPORTIONAL)
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_legs_of_a_step_add_up_to_it(file, name):
    one = asked(file, name)
    steps = leg_steps(one)
    assert [step.step for step in steps] == list(one.why.steps)
    for step in steps:
        assert abs(step.rest) <= 1e-6 * one.holding.size, step.step.name


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("file", FILES, ids=slug)
def test_alone_and_the_total_are_the_shares_of_the_explanation(file, name):
    one = asked(file, name)
    by_name = {step.step.name: step.by_leg for step in leg_steps(one)}
    assert np.allclose(by_name["Each leg alone"], [share.standalone for share in one.why.shares])
    assert np.allclose(by_name["Maintenance margin"], [share.euler for share in one.why.shares], atol=1e-6 * one.holding.size)


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize("file", FILES[::3], ids=slug)
def test_a_larger_leg_asks_what_the_account_with_it_asks(file, name):
    """The slow way: the account file itself with one leg 1 % larger."""
    one = asked(file, name)
    found = increments(one)
    document = read(file.read_text("utf-8")).document
    for leg, more in enumerate(found):
        larger = copy.deepcopy(document)
        larger["positions"][leg]["quantity"] *= 1.0 + MORE
        other = under(read_document(larger), load.load(name))
        assert math.isclose(other.maintenance - one.maintenance, more, rel_tol=1e-6, abs_tol=1e-7 * one.holding.size)


def test_two_assets_owed_are_two_parts():
    """Both are of the same add-on and of no underlying: what they are called tells them apart."""
    document = copy.deepcopy(read(FILES[4].read_text("utf-8")).document)
    document["collateral"] = [{"asset": "USD", "amount": 1e6}, {"asset": "BTC", "amount": -1.0},
                              {"asset": "ETH", "amount": -2.0}]
    one = under(read_document(document), load.load("okx-pm"))
    demand = one.holding.now.demand
    owed = [part for part in demand.parts if part.key == "addons.borrowing"]
    assert {part.title for part in owed} == {"BTC owed", "ETH owed"}
    for part in owed:
        assert opened._part(opened._identity(part), demand)[0] == part.maintenance[0] > 0
    for step in leg_steps(one):
        if step.step.name in {part.title for part in owed}:
            assert step.rest == step.step.amount  # no leg's


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_a_finer_grid_never_finds_less(file):
    one = asked(file, "generic")
    for error in between_rows(one):
        assert error.finer >= error.grid - 1e-9 * one.holding.size


def test_what_lies_between_two_rows_is_found():
    """A long straddle struck between two moves loses most at its strike, where the rulebook has no row."""
    document = copy.deepcopy(read(FILES[4].read_text("utf-8")).document)
    strike = round(1.06 * document["market"]["underlyings"]["ETH"]["price"])
    for leg in document["positions"]:
        leg |= {"strike": strike, "quantity": 1}
    one = under(read_document(document), load.load("generic"))
    assert isinstance(one, Asked)
    (error,) = between_rows(one)
    assert error.missed > 0.005 * error.grid and error.row == "+5 %, volatility down"


def test_other_methods_have_no_grid_to_refine():
    assert between_rows(asked(FILES[0], "historical-var")) == ()

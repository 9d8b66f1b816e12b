"""Accounts under portfolio margin with some switches of the scenario pipeline turned, and what it demands of them."""

import numpy as np

from risk_core.margin.holding import whole_pool
from risk_core.margin.methods import choose
from risk_core.margin.methods.scenarios import aggregate
from tests.core.books import changed, held

PLAIN = {"short_option_minimum": 0.0, "hedged_rate": 0.0}
"""Without the charges beside the rows."""
DISCOUNTED = {"positive_factor": 0.98, "positive_rate_added": 0.1, "negative_factor": 1.02, "negative_rate_added": 0.1}
SKEW = {"skew_cap": 0.25, "skew_cap_slope": -0.1, "wings_cap": 0.25, "wings_cap_slope": -0.1, "skew_least_width": 0.01,
        "skew_width": 4.0, "skew_volatility": 0.6, "skew_change": "against the book"}
TILTED = [{"move": 0.0, "volatility": state, "weight": 1.0} for state in ("skew", "wings")]
ON_CORE = {"initial_on": "core", "initial_factor": 1.0, "maintenance_factor": 0.8}


def ruled(doc, base="generic", **portfolio):
    """The account under `base` with these keys of portfolio margin."""
    return changed(doc, rules={"base": base, "override": {"portfolio": portfolio}})


def pool(doc, factors=None):
    """The pool of an account, by the general pipeline whatever its rules, and its rules."""
    holding = held(doc, "portfolio")
    at = np.ones((1, len(holding.account.underlyings))) if factors is None else factors
    return whole_pool(holding.account, holding.nets, at), holding.rules


def demanded(doc, factors=None):
    """What the general pipeline demands."""
    mine, rules = pool(doc, factors)
    return choose.demand(mine, rules)


def asked(doc):
    """(initial, maintenance) dollars now."""
    found = demanded(doc)
    return float(found.initial[0]), float(found.maintenance[0])


def part(doc, key, side="maintenance"):
    """Dollars of the parts that come from one key."""
    return sum(float(getattr(one, side)[0]) for one in demanded(doc).parts if one.key == f"portfolio.{key}")


def rows(doc, underlying=0):
    """Profit of each row of one underlying as it counts, by its words."""
    mine, rules = pool(doc)
    book = aggregate.book(mine, rules.scanned, underlying)
    return dict(zip([row.words for row in aggregate.table(book.rules).rows], book.profit[0].tolist(), strict=True))

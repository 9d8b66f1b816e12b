"""Conventions of options that venues have, as overrides of the generic rules, and accounts under them."""

import itertools

from tests.core.books import document

PUT_BASES = ("lower of index and strike", "index", "higher of index and mark", "index plus mark")
DERIBIT = {"put_floor_on": "index", "put_maintenance_on": "higher of index and mark", "put_initial_least": 1.0}
DERIVE = DERIBIT | {"put_initial_least": 1.05, "offset": "same expiry",
                    "unpaired_calls": {"initial": 1.2, "maintenance": 1.1}}
PARADEX = {"put_floor_on": "index", "put_maintenance_on": "index", "maintenance_out_of_money": "taken off",
           "maintenance_floor": 0.05, "put_caps": {"initial": 0.5, "maintenance": 0.5}, "mark_in": "equity",
           "long_mark_rates": {"initial": 1.0, "maintenance": 0.5}, "long_index_rates": {"initial": 0.2, "maintenance": 0.1}}
OKX = {"put_floor_on": "index", "put_maintenance_on": "higher of index and mark", "maintenance_rate": 0.03,
       "out_of_money": "share of forward", "size_steps": [{"from": 0, "factor": 1.0}, {"from": 2, "factor": 1.02}]}
BYBIT = DERIBIT | {"maintenance_rate": 0.03, "liquidation_fee": 0.002}
CONVENTIONS = {
    **{f"{floor}, {base}": {"put_floor_on": floor, "put_maintenance_on": base}
       for floor, base in itertools.product(PUT_BASES, PUT_BASES)},
    **{f"out of money: {of}": PARADEX | {"out_of_money": of} for of in ("index", "forward", "share of forward")},
    "low cap": PARADEX | {"put_caps": {"maintenance": 0.01}},
    "cap on the lower": {"put_caps": {"initial": 0.05, "maintenance": 0.02}},
    "Derive": DERIVE, "Paradex": PARADEX, "OKX": OKX, "Bybit": BYBIT, "Deribit": DERIBIT,
    "own rates": {"own_rates": [{"underlying": "BTC", "initial_rate": 0.25, "initial_floor": 0.2, "maintenance_rate": 0.125}]},
}


def rules(**options):
    return {"base": "generic", "override": {"options": options}}


def charged(positions, options, price, **market):
    """Account of `positions` on one coin at `price`, under the generic rules with these of options laid over."""
    return document(positions, 10 * price, {"BTC": {"price": price, "volatility": 0.6}}, rules=rules(**options), **market)

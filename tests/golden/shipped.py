"""Which shipped rulebook a venue case runs on, and what of that rulebook the case's own figures replace."""

import math
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from risk_core.rulebooks.choices import Chosen
from risk_core.rulebooks.kinds import CHOICE, kinds
from risk_core.rulebooks.load import DEFAULT, load
from risk_core.rulebooks.tiers import deductions

QUOTES = re.compile(r"(USDTM|USDCM|USDM|USDT|USDC|USD|PERP|SWAP)$")
NAMES = {"XBT": "BTC", "WETH": "ETH", "WBTC": "BTC"}
NEAR = {"rel_tol": 1e-9, "abs_tol": 1e-12}


@dataclass
class Run:
    """A case being run. base: the rulebook; shipped: it is its venue's; laid: what was laid over it, by dotted key."""

    base: str = DEFAULT
    shipped: bool = False
    over: dict = field(default_factory=dict)
    why: str = ""
    laid: dict = field(default_factory=dict)

    def rules(self, sections):
        """The account's `rules`: the base with the sections' values, those it has already left out."""
        changes = dict(self.over) | {f"{section}.{key}": value for section, part in sections.items()
                                     for key, value in part.items()}
        made = Chosen(self.base, changes).rules
        if not isinstance(made, str):
            self.laid |= {f"{section}.{key}": value for section, part in made["override"].items()
                          for key, value in part.items()}
        return made

    @property
    def figures(self):
        """Parameters in which only figures of the case stand."""
        return sorted(key for key in self.laid if kinds()[key].sort != CHOICE)

    @property
    def conventions(self):
        """Parameters in which the case's formula is another than the rulebook's."""
        return sorted(key for key in self.laid if kinds()[key].sort == CHOICE)


@cache
def systems(kind="system"):
    """The entries of systems.toml of one kind."""
    return tomllib.loads((Path(__file__).parent / "systems.toml").read_text("utf-8"))[kind]


def run_of(case, inputs):
    """The run of a case: its venue's rulebook, else the plain conventions of a formula alone."""
    for one in systems():
        fits = case.get("venue") == one["venue"] and case.get("formula") in one.get("formulas", [case.get("formula")])
        if fits and case.get("source_kind") in one.get("kinds", [case.get("source_kind")]):
            base = _first(one["rulebooks"], inputs)
            asks_options = any(held.get("type") == "option" for held in inputs.get("positions") or [])
            if load(base).rules.options or not asks_options:
                return Run(base, True, one.get("over", {}), one.get("why", ""))
    return Run()


def _first(names, inputs):
    held = [one for one in inputs.get("positions") or [] if one.get("type") in {"linear", "inverse"}]

    def fits(name):
        tiers = load(name).rules.tiers
        return all(says(tiers, one, one["symbol"]) for one in held) and ("floors" not in inputs or prints(tiers, inputs))
    return next((name for name in names if fits(name)), names[0])


def prints(tiers, inputs):
    """Is the table a case prints, floors and maintenance rates, the rulebook's own of that coin?"""
    own = tiers.table(coin(inputs["symbol"]))
    return [one.start for one in own] == inputs["floors"] and [one.maintenance for one in own] == inputs["rates"]


def coin(symbol):
    """The coin of a venue's symbol: BTC of XBTUSDTM, BTC-USDT-SWAP, PI_XBTUSD or BTC_USDC; a pair's first part."""
    bare = re.sub(r"^(PI|PF|FI)_", "", symbol.upper())
    parts = [part for part in re.split(r"[-_/: ]", bare) if part]
    first = QUOTES.sub("", parts[0]) if len(parts) == 1 or parts[0].endswith(("USD", "USDT")) else parts[0]
    while len(first) > 5 and QUOTES.search(first):
        first = QUOTES.sub("", first)
    return NAMES.get(first, first) or symbol


def named(inputs):
    """The inputs under the names of coins, and the symbol of each; as they are where two symbols are of one coin."""
    listed = [*(inputs.get("positions") or []), *(inputs.get("open_orders") or [])]
    symbols = {one["symbol"]: coin(one["symbol"]) for one in listed if one.get("symbol") and one.get("type") != "option"}
    if len(set(symbols.values())) < len(symbols):
        return inputs, {}
    out = dict(inputs)
    for key in ("positions", "open_orders"):
        if inputs.get(key):
            out[key] = [one | {"symbol": symbols.get(one.get("symbol"), one.get("symbol"))} for one in inputs[key]]
    if inputs.get("target") in symbols:
        out["target"] = symbols[inputs["target"]]
    return out, {name: symbol for symbol, name in symbols.items()}


def says(tiers, held, underlying):
    """Do the rulebook's own tables say the rate, deduction and initial rate a position states, at its size?"""
    quoted = held.get("mark") or held.get("entry")
    price = held.get("entry") or quoted if tiers.measure == "dollars at entry" else quoted
    inverse, table = held["type"] == "inverse", tiers.table(underlying)
    if price is None or tiers.style in {"linear", "leverage"}:
        return held.get("mmr") is None and held.get("imr") is None
    size = held["size"] / (price if inverse else 1.0) if tiers.measure == "coins" else \
        held["size"] * (1.0 if inverse or tiers.measure == "size" else price)
    tier = max(i for i, step in enumerate(table) if size >= step.start)
    step, rate = table[tier], held.get("mmr")
    taken = deductions([one.start for one in table], [one.maintenance for one in table])[tier] \
        if tiers.style == "marginal" else 0.0
    least = held.get("imr")
    return ((rate is None or math.isclose(rate, step.maintenance, **NEAR) and
             math.isclose(held.get("maint_amount") or 0.0, taken, rel_tol=1e-9, abs_tol=1e-6))
            and (least is None or math.isclose(least, step.initial, **NEAR))
            and (not held.get("leverage") or 1.0 / held["leverage"] >= step.initial * (1 - 1e-9)))


def own_tiers(run, held, stated):
    """Tables of the underlyings held: `stated` rows by underlying where the rulebook's own say something else."""
    tiers = load(run.base).rules.tiers
    kept = {one["symbol"]: run.shipped and says(tiers, one, one["symbol"]) for one in held}
    if all(kept.values()):
        return {}
    rows = []
    for name, is_kept in kept.items():
        own = [step.model_dump(by_alias=True, exclude_none=True) | {"underlying": name} for step in tiers.table(name)]
        rows += own if is_kept else [row for row in stated if row["underlying"] == name]
    return {"own_steps": rows}


def in_full(run, balances):
    """Collateral sections under which the assets held count in full; nothing where they do already."""
    rules = load(run.base).rules.collateral
    less = {asset for asset, amount in balances if rules.weight(asset, amount) != 1.0}
    out = {"haircuts": dict.fromkeys(sorted(less), 0.0)} if less else {}
    if less & {part.asset for part in rules.slices}:
        out["slices"] = [part.model_dump(by_alias=True) for part in rules.slices if part.asset not in less]
    if less & rules.size_factors.keys():
        out["size_factors"] = dict.fromkeys(sorted(less & rules.size_factors.keys()), 0.0)
    if run.shipped and less & rules.initial_haircuts.keys():
        out["initial_haircuts"] = dict.fromkeys(sorted(less & rules.initial_haircuts.keys()), 0.0)
    return out

"""Cases of collateral: weights, slices, borrows, through the collateral rules of a rulebook."""

from risk_core.rulebooks.load import load, resolve
from tests.golden.books import evaluated, running

DOLLARS = ("USD", "USDT", "USDC")
"""What is no exposure: it is what everything is counted in."""


def share_off(weight):
    return round(1.0 - weight, 12)


def off(asset, weight):
    return {asset: share_off(weight)}


def values(inputs):
    """Balances as an account: amount × price, or a value in dollars at a price of 1; weights as haircuts or slices."""
    rules = {"haircuts": {}, "slices": [], "borrow_weights": {}}
    collateral, assets = [], {}
    for held in inputs["collateral"]:
        name = held["asset"]
        assets[name] = price(held)
        collateral.append({"asset": name, "amount": held["value_usd"] if "value_usd" in held else held["balance"]})
        if held.get("tiers"):
            rules["slices"] += slices(name, held["tiers"])
        else:
            weight = held.get("collateral_ratio", held.get("asset_weight", 1.0))
            rules["haircuts"] |= off(name, weight)
        if held.get("liability_weight"):
            rules["borrow_weights"][name] = held["liability_weight"]
    kept = load(running(inputs).base).rules.collateral
    rules["slices"] += [one.model_dump(by_alias=True) for one in kept.slices if one.asset not in assets]
    rules["size_factors"] = {name: 0.0 for name in assets if name in kept.size_factors}
    return collateral, assets, rules


def price(held):
    """Dollars of a unit; of two index prices the one that counts less."""
    both = [held[name] for name in ("bid", "ask", "bid_rate", "ask_rate", "bid_index", "ask_index") if held.get(name)]
    worse = min if held.get("balance", 0.0) >= 0 else max
    return held.get("price") or (worse(both) if both else 1.0)


def slices(name, tiers):
    """Tiers as [upper end or none, weight], each part of the balance at its own weight."""
    starts = [0, *(end for end, _ in tiers[:-1])]
    return [{"asset": name, "from": start, "haircut": share_off(weight)} for start, (_, weight) in zip(starts, tiers, strict=True)]


def account(inputs, collateral, assets, rules):
    dollars = {name: price for name, price in assets.items() if name != "USD"}
    doc = {"format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z", "collateral": collateral, "positions": [],
           "rules": running(inputs).rules({"collateral": rules}),
           "market": {"underlyings": {}, "assets": dollars}}
    return evaluated(doc, "cross")[1].head


def collateral(inputs, _):
    if "market_deposits" in inputs:
        return deposit_weights(inputs)
    held, assets, rules = values(inputs)
    equity = account(inputs, held, assets, rules).equity
    each = [account(inputs, [one], {one["asset"]: assets[one["asset"]]}, rules).equity for one in held]
    gross = sum(one["amount"] * assets[one["asset"]] for one in held) if all(one["amount"] > 0 for one in held) else None
    return {"effective": each if len(each) > 1 else each[0], "discounted_equity": equity, "equity": equity, "gross": gross,
            "exposure": sum(abs(one["amount"] * assets[one["asset"]]) for one in held if one["asset"] not in DOLLARS)}


def deposit_weights(inputs):
    price, asset = inputs["price"], "COIN"
    weight = inputs["initial_asset_weight"]
    return {"asset_weights": [rules_of(inputs, {"haircuts": off(asset, weight), "deposits": {asset: deposits * price},
                                                "deposit_starts": {asset: inputs["scale_start_usd"]}}).weight(asset, 1.0)
                              for deposits in inputs["market_deposits"]]}


def rules_of(inputs, changes):
    return resolve(running(inputs).rules({"collateral": changes})).rules.collateral


def size_weights(inputs, _):
    asset, size = "COIN", inputs["size"]
    made = [rules_of(inputs, {"haircuts": {asset: 1.0 - inputs["initial_asset_weight"]}, "size_factors": {asset: factor},
                              "borrow_weights": {asset: inputs["initial_liability_weight"]}}) for factor in inputs["imf_factors"]]
    return {"asset_weights": [rules.weight(asset, size) for rules in made],
            "liability_weights": [rules.weight(asset, -size) for rules in made]}


FORMULAS = {"COLLATERAL": collateral, "IMF_SQRT": size_weights}

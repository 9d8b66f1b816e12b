"""Cases of collateral: weights, slices, borrows, through the collateral rules of a rulebook."""

from risk_core.rulebooks.load import load, override
from tests.golden.books import evaluated


def share_off(weight):
    return {"haircut": 1.0 - weight}


def values(inputs):
    """Balances as an account: amount × price, or a value in dollars at a price of 1; weights as haircuts or slices."""
    rules = {"haircuts": {}, "other_haircut": 0.0, "slices": [], "borrow_weights": {}}
    collateral, assets = [], {}
    for held in inputs["collateral"]:
        name = held["asset"]
        assets[name] = held.get("price") or 1.0
        collateral.append({"asset": name, "amount": held["value_usd"] if "value_usd" in held else held["balance"]})
        if held.get("tiers"):
            rules["slices"] += slices(name, held["tiers"])
        else:
            weight = held.get("collateral_ratio", held.get("asset_weight", 1.0))
            rules["haircuts"][name] = 1.0 - weight
        if held.get("liability_weight"):
            rules["borrow_weights"][name] = held["liability_weight"]
    return collateral, assets, rules


def slices(name, tiers):
    """Tiers as [upper end or none, weight], each part of the balance at its own weight."""
    starts = [0, *(end for end, _ in tiers[:-1])]
    return [{"asset": name, "from": start, **share_off(weight)} for start, (_, weight) in zip(starts, tiers, strict=True)]


def account(collateral, assets, rules):
    dollars = {name: price for name, price in assets.items() if name != "USD"}
    doc = {"format": "marginscope-account/1", "as_of": "2026-11-20T08:00:00Z", "collateral": collateral, "positions": [],
           "rules": {"base": "generic", "override": {"collateral": rules}},
           "market": {"underlyings": {}, "assets": dollars}}
    return evaluated(doc, "cross")[1].head


def collateral(inputs, _):
    if "market_deposits" in inputs:
        return deposit_weights(inputs)
    held, assets, rules = values(inputs)
    equity = account(held, assets, rules).equity
    each = [account([one], {one["asset"]: assets[one["asset"]]}, rules).equity for one in held]
    gross = account([one for one in held if one["amount"] > 0], assets, {"other_haircut": 0.0, "haircuts": {}}).equity \
        if all(one["amount"] > 0 for one in held) else None
    return {"effective": each if len(each) > 1 else each[0], "discounted_equity": equity, "equity": equity, "gross": gross,
            "exposure": exposure(held, assets)}


def exposure(held, assets):
    """Size of all balances, owed or held, at full value."""
    full = {"other_haircut": 0.0, "haircuts": dict.fromkeys(assets, 0.0)}
    return sum(abs(account([one], assets, full).equity) for one in held if one["asset"] != "USDT")


def deposit_weights(inputs):
    price, asset = inputs["price"], "COIN"
    weight = inputs["initial_asset_weight"]
    return {"asset_weights": [rules_of({"haircuts": {asset: 1.0 - weight}, "deposits": {asset: deposits * price},
                                        "deposit_starts": {asset: inputs["scale_start_usd"]}}).weight(asset, 1.0)
                              for deposits in inputs["market_deposits"]]}


def rules_of(changes):
    return override(load("generic"), {"collateral": changes}).rules.collateral


def size_weights(inputs, _):
    asset, size = "COIN", inputs["size"]
    made = [rules_of({"haircuts": {asset: 1.0 - inputs["initial_asset_weight"]}, "size_factors": {asset: factor},
                      "borrow_weights": {asset: inputs["initial_liability_weight"]}}) for factor in inputs["imf_factors"]]
    return {"asset_weights": [rules.weight(asset, size) for rules in made],
            "liability_weights": [rules.weight(asset, -size) for rules in made]}


FORMULAS = {"COLLATERAL": collateral, "IMF_SQRT": size_weights}

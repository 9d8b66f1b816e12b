"""Cases of historical simulation: levels become joint moves of an account's perpetuals, losses become tails."""

import numpy as np

from risk_core.margin.methods.demand import Pool
from risk_core.margin.methods.history import tail
from risk_core.margin.methods.history.column import Column
from risk_core.margin.methods.history.revaluation import profits
from risk_core.portfolio.account_file import read_document
from tests.core.books import document, perpetual

ES_RULES = {"beyond": "beyond the VaR row", "includ": "VaR row inside", "inside": "VaR row inside"}


def es_rule(words):
    """The rule a case describes; the weighted estimator where it describes none."""
    return next((rule for word, rule in ES_RULES.items() if word in (words or "").lower()), "weighted")


def figures(losses, weights, inputs):
    """Value at risk and expected shortfall of losses, each with its probability."""
    found = tail.tail(np.array([losses], dtype=np.float64), np.array(weights, dtype=np.float64))
    rule = inputs.get("quantile_rule", "Hull")
    return {"var": float(tail.value_at_risk(found, inputs["confidence"], rule)[0]),
            "es": float(tail.expected_shortfall(found, inputs["confidence"], es_rule(inputs.get("es_convention")))[0])}


def ranked(inputs, _):
    """Equally likely scenarios; a case may print the largest losses only, and how many scenarios there are."""
    losses = inputs.get("ranked_losses", inputs.get("losses"))
    return figures(losses, np.full(len(losses), 1.0 / inputs.get("scenario_count", len(losses))), inputs)


def revalued(inputs, _):
    """Holdings in dollars under each day's change of their levels, the oldest first."""
    holdings, levels = np.array(inputs["holdings"]), np.array(inputs["levels"])
    names = [f"X{i:03}" for i in range(len(holdings))]
    legs = [perpetual(held, 1.0, name) for held, name in zip(inputs["holdings"], names, strict=True)]
    account = read_document(document(legs, 0.0, {name: {"price": 1.0} for name in names}))
    quantity = np.bincount(account.book.instrument, account.book.quantity)[None]
    pool = Pool(account, quantity, np.ones((1, len(names))), account.collateral.amount)
    columns = [Column(move) for move in (levels[1:] / levels[:-1] - 1.0).T]
    profit = sum(profits(pool, np.arange(len(names)), columns, 0.0, collateral=False))[0]
    out = {"portfolio_values": (holdings.sum() + profit).tolist(), "losses": (-profit).tolist()}
    return out | (figures(-profit, np.full(len(profit), 1.0 / len(profit)), inputs) if "confidence" in inputs else {})


def stress_weighted(inputs, _):
    """Losses of stress with probabilities of their own beside equally likely days."""
    days = inputs.get("historical_losses_top", inputs.get("historical_losses"))
    weights = [*inputs["stress_prob"], *[inputs["historical_prob_each"]] * len(days)]
    return figures([*inputs["stress_losses"], *days], weights, inputs)


FORMULAS = {
    "Historical simulation (volatility-scaled VaR and ES)": ranked,
    "Historical simulation (revaluation)": revalued,
    "Stress-weighted historical VaR": stress_weighted,
}

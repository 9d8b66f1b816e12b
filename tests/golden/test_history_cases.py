"""Published cases of historical simulation and their variants through the engine."""

import pytest

from tests.golden.matching import misses

HULL = {"holdings": [4000.0, 3000.0, 1000.0, 2000.0],
        "levels": [[11219.38, 11131.84, 6373.89, 131.77], [11173.59, 11096.28, 6378.16, 134.38],
                   [11076.18, 11185.35, 6474.04, 135.94], [11124.37, 11016.71, 6357.49, 135.44]]}
WORST = {"ranked_losses": [1082.969, 715.512, 687.72, 661.221, 602.968], "scenario_count": 500, "confidence": 0.99}
STRESS = {"stress_losses": [235, 300, 450, 750, 850], "stress_prob": [0.005, 0.002, 0.002, 0.0005, 0.0005],
          "historical_losses_top": [477.841, 345.435, 282.204], "historical_prob_each": 0.00198, "confidence": 0.99}
SCALED, REVALUED = "Historical simulation (volatility-scaled VaR and ES)", "Historical simulation (revaluation)"


@pytest.mark.parametrize(("system", "inputs", "expected", "within"), [
    (REVALUED, HULL, {"portfolio_values": [10014.334, 10027.481, 9946.736], "losses": [-14.334, -27.481, 53.264]}, 0.15),
    (SCALED, WORST | {"es_convention": "mean of the losses beyond the VaR scenario"}, {"var": 602.968, "es": 786.856}, 1e-3),
    (SCALED, WORST | {"es_convention": "mean including the VaR scenario"}, {"var": 602.968, "es": 750.078}, 1e-3),
    ("Stress-weighted historical VaR", STRESS, {"var": 282.204}, 1e-9),
], ids=["Hull ch. 14", "Hull ES beyond", "Hull ES with the row", "stress-weighted"])
def test_historical_simulation(system, inputs, expected, within):
    assert misses({"system": system, "inputs": inputs, "expected": expected, "tolerance": {"abs": within}}) == []


def test_more_holdings_than_ten_keep_their_order():
    levels = [[100.0 + i for i in range(12)], [100.0 + i + (i == 10) * 5.0 for i in range(12)]]
    case = {"system": REVALUED, "inputs": {"holdings": [float(i == 10) * 110.0 for i in range(12)], "levels": levels},
            "expected": {"losses": [-5.0]}, "tolerance": {"abs": 1e-9}}
    case["inputs"]["holdings"] = [one or 1e-9 for one in case["inputs"]["holdings"]]
    assert misses(case) == []

"""Charges by joint moves of all underlyings, historical or simulated: value at risk, expected shortfall."""

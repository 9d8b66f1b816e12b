"""Funding is stated per 8 hours and read as a rate a year: both are on the market tab."""

import json

import pytest

from db.samples import SAMPLES, sample_id, slug
from tests.app.test_portfolio import tab

FILES = sorted(SAMPLES.glob("*.margin.json"))


@pytest.mark.parametrize("file", [FILES[0], FILES[7]], ids=slug)
def test_funding_is_also_told_a_year(open_app, file):
    """Three payments a day, simple: 0.01 % per 8 h is 10.95 % a year."""
    at = tab(open_app("portfolio.py", account=sample_id(file)), "Market")
    blocks = json.loads(file.read_text("utf-8"))["market"]["underlyings"]
    [told] = [one.value for one in at.markdown if one.value.startswith("Funding, % a year")]
    for name, block in blocks.items():
        if "funding_8h" in block:
            percent = f"{abs(block['funding_8h']) * 3 * 365 * 100:.2f}"
            assert f"{name} **{'−' if block['funding_8h'] < 0 else '+'}{percent}" in told

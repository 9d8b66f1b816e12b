"""Levels by sampling against the complete search: where rows can say a buffer, both find the same regions."""

import numpy as np
import pytest

from db.samples import SAMPLES
from risk_core.liquidation import sampled
from risk_core.liquidation.question import Question
from risk_core.liquidation.variants import below_zero
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read
from risk_core.rulebooks.load import resolve

FILES = sorted(SAMPLES.glob("*.margin.json"))


def questions(file):
    account = read(file.read_text("utf-8"))
    holding = hold(account, resolve("generic").rules, MODES["portfolio"])
    unit = np.eye(len(account.underlyings))
    return [Question(holding, 0, beta) for beta in (*unit, unit.sum(axis=0))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_samples_find_the_regions_of_the_complete_search(file):
    asked = questions(file)
    for ours, exact in zip(sampled.regions_below_zero(asked), below_zero(asked), strict=True):
        wide = [region for region in exact if region[1] / region[0] > 1 + sampled.FAR]
        assert np.allclose([end for region in ours for end in region], [end for region in wide for end in region], rtol=1e-9)

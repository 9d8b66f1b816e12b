"""Which pool or leg is strained most, told once for every page, and ids that look like the pool's."""

import pytest

from db.samples import SAMPLES, slug
from risk_core.liquidation.triggers import triggers
from risk_core.margin.compare import compare
from risk_core.margin.figures import Bucket, Figures, worst
from risk_core.margin.pools import POOL_ID
from risk_core.portfolio.account_file import read, read_document
from risk_core.rulebooks import load

FILES = sorted(SAMPLES.glob("*.margin.json"))


@pytest.mark.parametrize(("figures", "strain"), [
    (Figures(100.0, 20.0, 10.0), 0.1),
    (Figures(0.0, 0.0, 0.0), 0.0),
    (Figures(-4.5e-13, 0.0, 0.0, 1e-6), 0.0),
    (Figures(-1.0, 0.0, 0.0, 1e-6), None),
    (Figures(-1.0, 20.0, 10.0, 1e-6), None),
])
def test_strain(figures, strain):
    assert figures.strain == strain


def test_no_equity_left_is_worst():
    lost, near = Bucket("lost", Figures(-1.0, 0.0, 0.0)), Bucket("near", Figures(10.0, 9.0, 9.9))
    assert worst([near, lost]) == lost and worst([near]) == near


@pytest.mark.parametrize("file", FILES, ids=slug)
def test_the_worst_bucket_is_no_better_than_the_sum(file):
    account = read(file.read_text("utf-8"))
    for mode in compare(account, load.resolve(account.rules)).modes.values():
        if mode.pool is None:
            assert mode.worst_bucket.who == POOL_ID and mode.worst_bucket.figures.equity == mode.head.equity
        used, summed = mode.worst_used, mode.head.maintenance_used
        assert used is None or (summed is not None and used >= summed - 1e-9)
        assert not mode.buckets_liquidated or used is None or used > 1.0


def test_a_leg_may_be_called_pool():
    document = dict(read(next(f for f in FILES if "hedged-perpetual" in f.name).read_text("utf-8")).document)
    first, *rest = document["positions"]
    account = read_document({**document, "positions": [{**first, "id": "pool"}, *rest]})
    rules = load.resolve(account.rules)
    mode = compare(account, rules).modes["isolated"]
    assert {one.who for one in triggers(account, rules, ["isolated"])} >= {"pool"}
    assert POOL_ID != "pool" and mode.worst_bucket.who in {POOL_ID, *(leg.id for leg in mode.positions)}

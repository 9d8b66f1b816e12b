"""Exact decimals as text: what goes in comes out, in one spelling, and floats stay outside."""

import random
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import StatementError
from store_books import ACCOUNT_ROW, ID, counted

from db import columns, mapping
from db.rows import AccountRow, BalanceRow, PositionRow
from db.store import open_store

AMOUNTS = st.decimals(min_value=Decimal("1e-8"), max_value=Decimal("1e12"), places=18, allow_nan=False)
SIGNED = st.builds(lambda number, sign: number * sign, AMOUNTS, st.sampled_from([1, -1]))


@settings(max_examples=100, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example,
                                 HealthCheck.data_too_large])
@given(numbers=st.lists(SIGNED, min_size=100, max_size=100))
def test_ten_thousand_decimals_come_back_exactly(strict, numbers):
    rows = [{"account_id": ID, "ordinal": n, "asset": "USD", "amount": number} for n, number in enumerate(numbers)]

    def work(session):
        if session.get(AccountRow, ID) is None:
            session.execute(insert(AccountRow), [ACCOUNT_ROW])
        session.execute(delete(BalanceRow).where(BalanceRow.account_id == ID))
        session.execute(insert(BalanceRow), rows)

    strict.database.write(work)
    with strict.database.reading() as session:
        query = select(BalanceRow.amount).where(BalanceRow.account_id == ID).order_by(BalanceRow.ordinal)
        assert list(session.scalars(query)) == numbers


def test_ten_thousand_decimals_come_back_exactly_from_postgres(postgres_url):
    store, rng = open_store(postgres_url), random.Random(11)
    numbers = [Decimal(rng.choice((1, -1)) * rng.randrange(10**10, 10**30)).scaleb(-18) for _ in range(10_000)]
    rows = [{"account_id": ID, "ordinal": n, "asset": "USD", "amount": number} for n, number in enumerate(numbers)]
    store.database.write(lambda session: (session.execute(insert(AccountRow), [ACCOUNT_ROW]),
                                          session.execute(insert(BalanceRow), rows)))
    with store.database.reading() as session:
        query = select(BalanceRow.amount).where(BalanceRow.account_id == ID).order_by(BalanceRow.ordinal)
        assert list(session.scalars(query)) == numbers
    store.close()


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_the_file_is_the_same_number_in_its_column(number):
    assert float(columns.canonical(mapping.exact(number))) == number


@pytest.mark.parametrize(("number", "text"), [
    ("1.50", "1.5"), ("100", "100"), ("1E+3", "1000"), ("-0.0", "0"), ("1E-8", "0.00000001"),
    ("123456789012.123456789012345678", "123456789012.123456789012345678"), ("5E-324", "5E-324"), ("1E+300", "1E+300"),
])
def test_one_spelling_per_value(number, text):
    assert columns.canonical(Decimal(number)) == text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1" * 41, "1." + "1" * 40, "1." + "1" * 38 + "E-300"])
def test_a_decimal_that_does_not_fit_is_refused(number):
    with pytest.raises(ValueError, match=r"finite|digits|characters"):
        columns.canonical(Decimal(number))


def test_an_integer_too_long_for_its_column_becomes_the_float_it_is_computed_with():
    assert mapping.exact(10**60 + 1) == Decimal("1e60")
    assert mapping.exact(10**30 + 1) == Decimal(10**30 + 1)


def test_only_a_time_has_milliseconds():
    assert mapping.milliseconds("2026-12-25T08:00:00.001+00:00") == 1798185600001
    with pytest.raises(ValueError, match="is not a time"):
        mapping.milliseconds("soon")


def test_floats_are_not_taken_as_decimals(strict):
    row = {"account_id": ID, "ordinal": 0, "asset": "USD", "amount": 0.1}
    with pytest.raises(StatementError, match="not a Decimal"):
        strict.database.write(lambda session: session.execute(insert(BalanceRow), [row]))


def test_absent_and_present_decimals(strict):
    saved = strict.save_new(counted(1), "absent")
    with strict.database.reading() as session:
        rows = session.scalars(select(PositionRow).where(PositionRow.account_id == saved.id).order_by(PositionRow.ordinal))
        assert [(row.strike, row.entry_price) for row in rows] == [
            (None, Decimal("90250.5")), (Decimal(105000), None)]

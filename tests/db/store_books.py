"""Small accounts for the store's tests: `counted(n)` holds n as its dollar balance, so that a lost save shows."""

import json

from risk_core.portfolio.account_file import Account, read

DOCUMENT = {
    "format": "marginscope-account/1",
    "name": "Counter",
    "as_of": "2026-11-20T08:00:00Z",
    "market": {"underlyings": {"BTC": {"price": 91000.0, "volatility": 0.6}}},
    "collateral": [{"asset": "USD", "amount": 0}],
    "positions": [
        {"id": "perp", "kind": "perpetual", "underlying": "BTC", "settlement": "linear", "quantity": 0.8,
         "entry_price": 90250.5, "leverage": 10, "mode": "isolated", "isolated_margin": 1900.25},
        {"id": "call", "kind": "option", "underlying": "BTC", "settlement": "inverse", "type": "call",
         "strike": 105000, "expiry": "2026-12-25T08:00:00Z", "quantity": -3, "enabled": False},
    ],
}


def counted(number: int, name: str = "Counter") -> Account:
    document = {**DOCUMENT, "name": name, "collateral": [{"asset": "USD", "amount": number}]}
    return read(json.dumps(document))


def count_of(account: Account) -> int:
    return account.document["collateral"][0]["amount"]


ID = "00000000-0000-0000-0000-00000000000a"
ACCOUNT_ROW = {"id": ID, "name": "n", "description": "", "body": "{}", "digest": "0" * 64, "version": 1, "is_sample": 0,
               "sort_order": 0, "created_ms": 1, "updated_ms": 1, "deleted_ms": 0}

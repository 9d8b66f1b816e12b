"""Which pool backs what: one pool for everything, or a wallet for every coin in which something settles.

Inverse contracts and options settled in coin belong to the wallet of their underlying's coin; whatever settles in
dollars to the wallet of dollars, because an account file does not say in which of the dollar coins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Ints
from ..portfolio.account_file import Account
from ..portfolio.book import Instruments
from ..rulebooks.rules import Rules

DOLLARS = "USD"
"""Name of the wallet of dollars, and the asset in which a pool for everything books what is realised."""
DOLLAR_COINS = frozenset({"USD", "USDT", "USDC"})
POOL_ID = ""
"""Stands for the pool where ids of legs stand; no leg can have it, because an id is never empty."""
WALLET = "\x1f"
"""Begins the id of each wallet, its coin after it; no id of a leg has a control character."""


@dataclass(frozen=True, eq=False)
class Pools:
    """The pools of an account. coins: what each settles in, dollars where one pool backs everything (not `apart`).

    of_instrument: (I,) pool of each instrument held; of_ordered: (J,) of each that orders know; of_asset: (A,) of each
    balance.
    """

    coins: tuple[str, ...]
    of_instrument: Ints
    of_ordered: Ints
    of_asset: Ints
    apart: bool

    @property
    def count(self) -> int:
        return len(self.coins)

    def id(self, pool: int) -> str:
        """POOL_ID of the only pool, else the id of a wallet."""
        return POOL_ID if self.count == 1 else self.steady_id(pool)

    def steady_id(self, pool: int) -> str:
        """The id it keeps when the others end: POOL_ID where one pool backs everything."""
        return WALLET + self.coins[pool] if self.apart else POOL_ID

    def underlyings(self, account: Account, pool: int) -> list[int]:
        """Underlyings whose price moves the pool or a pledge that comes from it, as indices in their order."""
        settled = account.instruments.underlying[self.of_instrument == pool]
        held = account.collateral.underlying[self.of_asset == pool]
        return sorted({int(u) for u in (*settled, *held) if u >= 0})


def pools(account: Account, rules: Rules) -> Pools:
    """The pools an account has under a rulebook, in the order of their names; never none."""
    ins, ordered, assets = account.instruments, account.orders.instruments, account.collateral.assets
    if rules.collateral.pools == "one":
        one = [np.zeros(len(of), dtype=np.int64) for of in (ins.keys, ordered.keys, assets)]
        return Pools((DOLLARS,), one[0], one[1], one[2], apart=False)
    wallets = _settled(ins), _settled(ordered), [_wallet(asset) for asset in assets]
    held = {coin for coin, amount in zip(wallets[2], account.collateral.amount, strict=True) if amount}
    coins = tuple(sorted({*wallets[0], *(wallets[1] if account.orders.ids else ()), *held})) or (DOLLARS,)
    number = {coin: pool for pool, coin in enumerate(coins)}
    of = [np.array([number.get(coin, 0) for coin in part], dtype=np.int64) for part in wallets]
    return Pools(coins, of[0], of[1], of[2], apart=True)


def _settled(instruments: Instruments) -> list[str]:
    """The wallet each instrument settles in."""
    return [_wallet(key.underlying) if key.settlement == "inverse" else DOLLARS for key in instruments.keys]


def _wallet(asset: str) -> str:
    return DOLLARS if asset in DOLLAR_COINS else asset


def is_pool(who: str) -> bool:
    """Whether an id is that of a pool rather than of a leg."""
    return who == POOL_ID or who.startswith(WALLET)


def named(who: str) -> str:
    """What a bucket is called: the id of a leg, `pool`, or the wallet of a coin."""
    return f"{who.removeprefix(WALLET)} wallet" if who.startswith(WALLET) else who or "pool"

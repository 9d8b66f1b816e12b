"""Names for common structures in a book: which legs belong together, and what people call them.

Each enabled leg belongs to one structure at most. Calendars are looked for first, then larger structures before
smaller ones. Only whole legs are matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby, product

from .account_file import Account
from .shapes import Piece, across, collar, four, hedged, ratio, same, three, two

NEAR, ALIKE = 0.02, 0.1
"""Relative difference in size up to which two sides cancel, and up to which two coins still count as a pair."""
LARGEST = 300
"""Enabled legs of a book up to which it is searched; a larger one is left without names."""
MOST = {4: 16, 3: 24, 2: LARGEST}
"""Options of one coin and expiry up to which so many at a time are compared."""

Shape = Callable[[Sequence[Piece]], str | None]


@dataclass(frozen=True, slots=True)
class Structure:
    """One structure found. legs: ids in the order of the file; words: coin, expiries, strikes and size."""

    name: str
    legs: tuple[str, ...]
    words: str


@dataclass
class _Search:
    """Pieces not yet part of a structure, coins not yet pledged to one, and what was found."""

    pieces: list[Piece]
    coins: dict[str, float]
    used: set[int] = field(default_factory=set)
    found: list[tuple[int, Structure]] = field(default_factory=list)

    def left(self, *kinds: str) -> list[Piece]:
        return [piece for piece in self.pieces if piece.kind in kinds and piece.at not in self.used]

    def take(self, name: str | None, pieces: Iterable[Piece], words: Callable[[Sequence[Piece]], str]) -> bool:
        """Note a structure when it has a name and its pieces are free."""
        pieces = sorted(pieces)
        if name is None or any(piece.at in self.used for piece in pieces):
            return False
        self.used.update(piece.at for piece in pieces)
        self.found.append((pieces[0].at, Structure(name, tuple(piece.id for piece in pieces), words(pieces))))
        return True


def structures(account: Account) -> tuple[Structure, ...]:
    """The structures of the enabled legs, in the order of their first legs in the file."""
    if len(account.book.ids) > LARGEST:
        return ()
    search = _Search(list(_pieces(account)), _coins(account))
    _across_expiries(search, diagonals=False)
    _same_expiry(search, 4, four, even=True)
    _collars(search)
    _same_expiry(search, 3, three)
    _same_expiry(search, 2, two)
    _across_expiries(search, diagonals=True)
    _same_expiry(search, 2, ratio)
    _over_holdings(search)
    _carries(search)
    _pairs(search)
    return tuple(one for _, one in sorted(search.found, key=lambda one: one[0]))


def _pieces(account: Account) -> Iterator[Piece]:
    book, instruments = account.book, account.instruments
    for at, (name, i, quantity) in enumerate(zip(book.ids, book.instrument, book.quantity, strict=True)):
        key, price = instruments.keys[i], float(account.index[instruments.underlying[i]])
        mark = price if key.kind == "option" else float(instruments.mark[i])
        is_face = key.settlement == "inverse" and key.kind != "option"
        units = float(quantity) / mark if is_face else float(quantity)
        yield Piece(at, name, key.underlying, key.kind, key.settlement == "inverse", key.expiry, key.type,
                    float(key.strike), units, units * mark)


def _coins(account: Account) -> dict[str, float]:
    """Coins held as collateral, by underlying."""
    held = account.collateral
    return {account.underlyings[u]: float(amount)
            for u, amount in zip(held.underlying, held.amount, strict=True) if u >= 0 and amount > 0}


def _grouped(pieces: Iterable[Piece], key: Callable[[Piece], tuple[object, ...]]) -> list[list[Piece]]:
    """Groups of one key, each in order of strike, a put before a call."""
    ordered = sorted(pieces, key=lambda one: (*map(str, key(one)), one.strike, one.right != "put", one.at))
    return [list(group) for _, group in groupby(ordered, key)]


def _same_expiry(search: _Search, count: int, shape: Shape, *, even: bool = False) -> None:
    def key(one: Piece) -> tuple[object, ...]:
        return one.underlying, one.inverse, one.expiry, f"{abs(one.units):.6g}" if even else ""

    for group in _grouped(search.left("option"), key):
        if len(group) <= MOST[count]:
            for legs in combinations(group, count):
                if not any(leg.at in search.used for leg in legs):
                    search.take(shape(legs), legs, _options)


def _across_expiries(search: _Search, *, diagonals: bool) -> None:
    for group in _grouped(search.left("option"), lambda one: (one.underlying, one.inverse, one.right)):
        for legs in combinations(group, 2):
            if diagonals or legs[0].strike == legs[1].strike:
                search.take(across(legs), legs, _options)


def _holdings(search: _Search, units: float, underlying: str) -> Iterator[Piece]:
    """Futures and perpetuals of about so many units."""
    return (one for one in search.left("perpetual", "future")
            if one.underlying == underlying and same(one.units, units, NEAR))


def _collars(search: _Search) -> None:
    for group in _grouped(search.left("option"), lambda one: (one.underlying, one.expiry)):
        rights = [[one for one in group if one.right == right] for right in ("put", "call")]
        for put, call in product(*rights):
            if same(put.units, call.units) and not search.used & {put.at, call.at}:
                coin = _held(search, put)
                for holding in [*_holdings(search, put.units, put.underlying), *coin]:
                    legs = [put, call] if holding in coin else [holding, put, call]
                    if search.take(collar(holding, put, call), legs, _options):
                        _pledge(search, coin, holding)
                        break


def _over_holdings(search: _Search) -> None:
    """Covered calls and protective puts, on futures and perpetuals first, then on coins held as collateral."""
    for option in search.left("option"):
        coin = _held(search, option)
        for holding in [*_holdings(search, option.units, option.underlying), *coin]:
            legs = [option] if holding in coin else [holding, option]
            if search.take(hedged(holding, option), legs, _options):
                _pledge(search, coin, holding)
                break


def _held(search: _Search, against: Piece) -> list[Piece]:
    """The coins held as collateral, as a piece of the other leg's size, when there are enough of them."""
    size = abs(against.units)
    enough = search.coins.get(against.underlying, 0.0) >= size * (1.0 - NEAR)
    return [against._replace(at=-1, id="", kind="coin", units=size)] if enough else []


def _pledge(search: _Search, coin: Sequence[Piece], holding: Piece) -> None:
    if holding in coin:
        search.coins[holding.underlying] -= holding.units


def _carries(search: _Search) -> None:
    """Two futures or perpetuals of one coin against each other, then short ones against coins held."""
    for group in _grouped(search.left("perpetual", "future"), lambda one: (one.underlying,)):
        for one, other in combinations(group, 2):
            if one.units * other.units < 0 and same(one.units, other.units, NEAR):
                search.take(_carry(one, other), (one, other), _futures)
    _carries_with_coins(search)
    for short in search.left("perpetual", "future"):
        coin = _held(search, short) if short.units < 0 else []
        name = "cash and carry" if short.kind == "future" else "funding carry"
        if coin and search.take(name, (short,), lambda legs: f"{_futures(legs)} against coins held"):
            _pledge(search, coin, coin[0])


def _carries_with_coins(search: _Search) -> None:
    """A short inverse perpetual against a long linear one and coins held, which make up the difference."""
    for one, other in combinations(search.left("perpetual"), 2):
        left_over, coins = -(one.units + other.units), search.coins.get(one.underlying, 0.0)
        opposite = one.underlying == other.underlying and one.inverse != other.inverse and one.units * other.units < 0
        if opposite and left_over > 0 and same(left_over, coins, NEAR):
            search.take("funding carry", (one, other), lambda legs: f"{_futures(legs)}, and coins held")
            search.coins[one.underlying] = 0.0


def _carry(one: Piece, other: Piece) -> str | None:
    if one.kind != other.kind:
        return "perpetual against future"
    if one.kind == "future" and one.expiry != other.expiry:
        return "futures calendar"
    return "funding carry" if one.inverse != other.inverse and one.kind == "perpetual" else None


def _pairs(search: _Search) -> None:
    """Two coins, the same dollars, opposite sides."""
    left = search.left("perpetual", "future")
    for one, other in combinations(left, 2):
        if one.underlying != other.underlying and one.dollars * other.dollars < 0:
            name = "delta-neutral pair" if same(one.dollars, other.dollars, NEAR) else "long–short pair"
            search.take(name if same(one.dollars, other.dollars, ALIKE) else None, (one, other), _futures)


def _options(legs: Sequence[Piece]) -> str:
    """`BTC 2026-09-25, 69,000 / 87,000, × 1.3`."""
    options = sorted((leg for leg in legs if leg.kind == "option"), key=lambda leg: (leg.expiry, leg.strike, leg.right))
    days = " / ".join(dict.fromkeys(f"{leg.expiry:%Y-%m-%d}" for leg in options))
    strikes = " / ".join(dict.fromkeys(f"{leg.strike:,.10g}" for leg in options))
    sizes = " / ".join(dict.fromkeys(f"{abs(leg.units):,.6g}" for leg in options))
    return f"{options[0].underlying} {days}, {strikes}, × {sizes}"


def _futures(legs: Sequence[Piece]) -> str:
    """`long 4 BTC perpetual, short 4 BTC 2026-09-25`."""
    return ", ".join(f"{'long' if leg.units > 0 else 'short'} {abs(leg.units):,.6g} {leg.underlying} "
                     + ("perpetual" if leg.kind == "perpetual" else f"{leg.expiry:%Y-%m-%d}") for leg in legs)

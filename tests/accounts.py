"""Seeded random account files: valid ones, and ones with planted faults together with the paths a refusal must name."""

import copy
import json
import math
import random
from datetime import datetime, timedelta, timezone

from tests import oracle

START = datetime(2026, 11, 20, 8, 0, 0, tzinfo=timezone.utc)
ALTCOINS = ("PEPE", "DOGE", "LINK", "XRP")
MINUTE, DAY = 60, 86_400
EXPIRIES = (10 * MINUTE, 90 * MINUTE, 6 * 3600, DAY, 2 * DAY, 7 * DAY, 29 * DAY, 30 * DAY, 35 * DAY, 126 * DAY,
            365 * DAY, 730 * DAY)


# Numbers and times ------------------------------------------------------------------------------------------------

def rounded(value, digits=6):
    """To significant digits, never to 0."""
    return float(f"{value:.{digits}g}")


def log_uniform(rng, low, high):
    return rounded(math.exp(rng.uniform(math.log(low), math.log(high))))


def sometimes(rng, share):
    return rng.random() < share


def written(rng, moment):
    """The same instant in one of the ways ISO 8601 allows."""
    offset = rng.choice((None, None, None, 0, 120, -330))
    if offset is None:
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.astimezone(timezone(timedelta(minutes=offset))).isoformat()


def after(rng, account, seconds):
    return written(rng, datetime.fromisoformat(account["as_of"]) + timedelta(seconds=seconds))


def some_expiry(rng):
    if sometimes(rng, 0.7):
        return rng.choice(EXPIRIES)
    return round(log_uniform(rng, 5 * MINUTE, 730 * DAY))


# Market -----------------------------------------------------------------------------------------------------------

def some_price(rng, coin):
    usual = {"BTC": (20_000, 150_000), "ETH": (1_000, 6_000), "SOL": (20, 400)}
    if coin in usual and sometimes(rng, 0.9):
        return log_uniform(rng, *usual[coin])
    return log_uniform(rng, 1e-6, 1e6)


def surface(rng, account, price, expiries):
    """Several smiles, points shuffled, one smile sometimes expired or expiring now."""
    points = [{"expiry": after(rng, account, seconds), "strike": strike, "iv": rounded(rng.uniform(0.2, 1.5), 3)}
              for seconds in expiries + rng.choice(([], [], [-DAY], [0]))
              for strike in sorted({rounded(price * m, 4) for m in rng.sample((0.4, 0.7, 0.9, 1.0, 1.1, 1.5, 3.0), 3)})]
    rng.shuffle(points)
    return points


def carry(rng, account, block, expiries):
    if sometimes(rng, 0.4):
        block["rate"] = rounded(rng.uniform(-0.03, 0.15), 3)
    if sometimes(rng, 0.4):
        block["funding_8h"] = rounded(rng.uniform(-0.001, 0.001), 2)
    if sometimes(rng, 0.4):
        chosen = rng.sample(expiries, rng.randint(1, len(expiries)))
        block["forwards"] = [{"expiry": after(rng, account, seconds),
                              "price": rounded(block["price"] * rng.uniform(0.96, 1.06))} for seconds in chosen]


def underlying_block(rng, account, coin, expiries):
    block = {"price": some_price(rng, coin)}
    carry(rng, account, block, expiries)
    choice = rng.random()
    if choice < 0.45:
        block["volatility"] = rounded(math.exp(rng.uniform(math.log(0.1), math.log(2.0))), 3)
    elif choice < 0.85:
        block["volatility"] = surface(rng, account, block["price"], rng.sample(expiries, rng.randint(1, len(expiries))))
    elif choice < 0.90:
        block["volatility"] = []
    if sometimes(rng, 0.3):
        block["daily_volatility"] = rounded(rng.uniform(0.01, 0.1), 3)
    return block


def live_smiles(account, block):
    volatility = block.get("volatility", [])
    return not isinstance(volatility, list) or bool(oracle.surface_smiles(volatility, account["as_of"]))


def empty_account(rng, coins, expiries):
    """Format, clock and market; nothing held."""
    account = {"format": "marginscope-account/1", "as_of": written(rng, START + timedelta(hours=rng.randint(0, 9999)))}
    if sometimes(rng, 0.7):
        account["name"] = rng.choice(("Short strangle", "Carry", "ünïcode – book", ""))
    if sometimes(rng, 0.5):
        account["rules"] = rng.choice(("generic", {"base": "generic", "override": {}}))
    account["market"] = {"underlyings": {coin: underlying_block(rng, account, coin, expiries) for coin in coins}}
    if len(coins) > 1 and sometimes(rng, 0.4):
        account["market"]["correlation"] = {f"{coins[0]}/{coins[1]}": rounded(rng.uniform(-0.2, 0.95), 2)}
    return account | {"collateral": [], "positions": []}


# Collateral -------------------------------------------------------------------------------------------------------

OTHER_ASSETS = {"USDT": (0.98, 1.001), "USDC": (0.99, 1.001), "BTC": (20_000, 150_000), "ETH": (1_000, 6_000),
                "PAXG": (3_000, 5_000), "SHIB": (1e-6, 1e-4)}


def price_of(account, rng, asset):
    """Of a collateral asset; one the market does not know yet is given a price in market.assets."""
    underlyings = account["market"]["underlyings"]
    if asset in underlyings:
        return underlyings[asset]["price"]
    if asset == "USD":
        return 1.0
    assets = account["market"].setdefault("assets", {})
    return assets.setdefault(asset, rounded(rng.uniform(*OTHER_ASSETS[asset]), 6))


def hold(account, rng, asset, dollars):
    amount = rounded(dollars / price_of(account, rng, asset))
    account["collateral"].append({"asset": asset, "amount": amount})


def some_collateral(account, rng, dollars):
    """One to five balances around the given size, assets repeated at times, some of them negative."""
    choices = ["USD", "USDT", *OTHER_ASSETS, *account["market"]["underlyings"]]
    for _ in range(rng.randint(1, 5)):
        sign = -1.0 if sometimes(rng, 0.15) else 1.0
        hold(account, rng, rng.choice(choices), sign * dollars * rng.uniform(0.05, 1.0))
    if sometimes(rng, 0.1):
        account["market"].setdefault("assets", {})["USD"] = 1
    if sometimes(rng, 0.1):
        account["collateral"].append({"asset": "USD", "amount": 0})


# Positions --------------------------------------------------------------------------------------------------------

def add(account, **position):
    position = {"id": f"p{len(account['positions'])}"} | position
    account["positions"].append(position)
    return position


def some_mode(rng, position):
    """Mode, pledge, and leverage where it is allowed."""
    if sometimes(rng, 0.7):
        position["mode"] = rng.choice(("cross", "isolated"))
    if position["kind"] != "option" and sometimes(rng, 0.5):
        position["leverage"] = rng.choice((0.5, 1, 2, 3, 5, 10, 20, 25, 50, 100))
    if sometimes(rng, 0.25):
        face = position["settlement"] == "inverse" and position["kind"] != "option"
        unit = 1.0 if face else position.get("entry_price") or position.get("strike")
        size = abs(position["quantity"]) * unit
        position["isolated_margin"] = rng.choice((0, rounded(size * rng.uniform(0.02, 1.2))))


def forward_in(account, coin, seconds):
    return oracle.forward_of(account["market"]["underlyings"][coin], account["as_of"], seconds)


def some_future(account, rng, coin, notional):
    price = account["market"]["underlyings"][coin]["price"]
    kind, settlement = rng.choice(("perpetual", "future")), rng.choice(("linear", "inverse"))
    size = notional / price if settlement == "linear" else float(round(notional))
    position = add(account, kind=kind, underlying=coin, settlement=settlement,
                   quantity=rng.choice((-1, 1)) * rounded(size, 5),
                   entry_price=rounded(price * math.exp(rng.gauss(0.0, 0.08))))
    if kind == "future":
        position["expiry"] = after(rng, account, some_expiry(rng))
    if sometimes(rng, 0.3):
        position["mark_price"] = rounded(price * rng.uniform(0.98, 1.03))
    some_mode(rng, position)


def model_price(account, position, volatility):
    """Black-76 price of the option in the unit it is quoted in."""
    block = account["market"]["underlyings"][position["underlying"]]
    seconds = oracle.seconds_after(account["as_of"], position["expiry"])
    F, T = oracle.forward_of(block, account["as_of"], seconds), seconds / oracle.YEAR
    dollars = math.exp(-block.get("rate", 0.0) * T) * oracle.black(
        F, position["strike"], volatility * math.sqrt(T), position["type"] == "call")
    return dollars / F if position["settlement"] == "inverse" else dollars


def some_volatility(account, rng, position, width):
    """`iv`, `mark_price` or both on the position; always one of them when the market has no volatility."""
    block = account["market"]["underlyings"][position["underlying"]]
    needed = not live_smiles(account, block)
    if sometimes(rng, 0.25) or (needed and sometimes(rng, 0.5)):
        position["iv"] = rounded(rng.uniform(0.1, 2.0), 3)
    if sometimes(rng, 0.2) or (needed and "iv" not in position):
        position["mark_price"] = model_price(account, position, width * rng.uniform(0.8, 1.25))


def some_option(account, rng, coin, notional):
    block = account["market"]["underlyings"][coin]
    seconds, volatility = some_expiry(rng), rng.uniform(0.3, 1.2)
    width = volatility * math.sqrt(seconds / oracle.YEAR)
    strike = rounded(forward_in(account, coin, seconds) * math.exp(width * rng.uniform(-1.8, 1.8)), rng.choice((3, 6)))
    if abs(math.log(strike / forward_in(account, coin, seconds))) > 2.2 * width:
        strike = rounded(forward_in(account, coin, seconds), 6)
    position = add(account, kind="option", underlying=coin, settlement=rng.choice(("linear", "inverse")),
                   type=rng.choice(("call", "put")), strike=strike, expiry=after(rng, account, seconds),
                   quantity=rng.choice((-1, 1)) * rounded(notional / block["price"], 5))
    some_volatility(account, rng, position, volatility)
    if sometimes(rng, 0.6):
        position["entry_price"] = rounded(abs(model_price(account, position, volatility)) * rng.uniform(0.3, 2.0))
    some_mode(rng, position)


def another_leg(account, rng):
    """A further leg of an instrument already there: the mark repeated, left out, or made redundant."""
    leg = copy.deepcopy(rng.choice(account["positions"]))
    expiry = leg.get("expiry")
    if expiry is not None:
        leg["expiry"] = written(rng, datetime.fromisoformat(expiry))
    leg["quantity"] = rng.choice((-leg["quantity"], rounded(leg["quantity"] * rng.uniform(-2.0, 2.0) or 1.0, 5)))
    leg["id"] = f"p{len(account['positions'])}"
    if "mark_price" in leg and leg["kind"] == "option" and sometimes(rng, 0.6):
        leg["iv"] = rounded(rng.uniform(0.1, 2.0), 3)   # the mark wins, so another iv does no harm
    if sometimes(rng, 0.4):
        leg.pop("mark_price" if "mark_price" in leg else "iv", None)
    if sometimes(rng, 0.4):
        leg["mode"] = rng.choice(("cross", "isolated"))
    if leg["kind"] != "option" and sometimes(rng, 0.4):
        leg["leverage"] = rng.choice((2, 10, 40))
    account["positions"].append(leg)


def enabled(account):
    return [(oracle.instrument_of(p, account["as_of"]), p) for p in account["positions"] if p.get("enabled", True)]


def reconcile(account):
    """One mark per instrument and, without a mark, one volatility: the first leg's; what differs later is dropped."""
    marks, ivs = {}, {}
    for instrument, position in enabled(account):
        if position.get("mark_price") != marks.setdefault(instrument, position.get("mark_price")):
            if marks[instrument] is None:
                marks[instrument] = position["mark_price"]
            else:
                position.pop("mark_price", None)
    for instrument, position in enabled(account):
        if marks[instrument] is None and "iv" in position \
                and position["iv"] != ivs.setdefault(instrument, position["iv"]):
            del position["iv"]


def disabled_leg(account, rng):
    """Own fields in order; underlying, clock and volatility need not be."""
    position = rng.choice((
        {"kind": "perpetual", "underlying": "GONE", "settlement": "linear", "quantity": 3, "entry_price": 12.5},
        {"kind": "future", "underlying": "GONE", "settlement": "inverse", "quantity": -100, "entry_price": 7,
         "expiry": after(rng, account, -30 * DAY), "leverage": 5, "mode": "isolated"},
        {"kind": "option", "underlying": rng.choice((*account["market"]["underlyings"], "GONE")),
         "settlement": "linear", "type": "call", "strike": 5, "quantity": -2, "mark_price": 1e9,
         "expiry": after(rng, account, rng.choice((-DAY, 0, DAY)))},
    ))
    add(account, **position, enabled=False)


def some_positions(account, rng, count):
    coins = list(account["market"]["underlyings"])
    for _ in range(count):
        choice, notional = rng.random(), log_uniform(rng, 100, 2e7)
        if choice < 0.15 and account["positions"]:
            another_leg(account, rng)
        elif choice < 0.55:
            some_future(account, rng, rng.choice(coins), notional)
        else:
            some_option(account, rng, rng.choice(coins), notional)
    for position in account["positions"]:
        if sometimes(rng, 0.1):
            position["enabled"] = sometimes(rng, 0.5)


def make_priced(account):
    """Disabling may have taken away the leg that carried the mark: give every bare option a volatility."""
    given = {instrument for instrument, p in enabled(account) if "iv" in p or "mark_price" in p}
    for instrument, position in enabled(account):
        market = account["market"]["underlyings"][position["underlying"]]
        if position["kind"] == "option" and instrument not in given and not live_smiles(account, market):
            position["iv"] = 0.65


# Structures -------------------------------------------------------------------------------------------------------

def perpetual(account, coin, dollars, settlement="linear", **more):
    price = account["market"]["underlyings"][coin]["price"]
    quantity = rounded(dollars / price if settlement == "linear" else dollars)
    return add(account, kind="perpetual", underlying=coin, settlement=settlement, quantity=quantity,
               entry_price=price, **more)


def option(account, rng, coin, seconds, type_, strike, quantity, settlement="linear"):
    block = account["market"]["underlyings"][coin]
    more = {} if live_smiles(account, block) else {"iv": 0.6}
    return add(account, kind="option", underlying=coin, settlement=settlement, type=type_, strike=rounded(strike, 5),
               expiry=after(rng, account, seconds), quantity=rounded(quantity, 5), **more)


def straddle(account, rng, coin, price, dollars):
    settlement, seconds = rng.choice(("linear", "inverse")), some_expiry(rng)
    for type_ in ("call", "put"):
        option(account, rng, coin, seconds, type_, price, -dollars / price, settlement)


def winged_strangle(account, rng, coin, price, dollars):
    seconds, n = rng.choice((2 * DAY, 7 * DAY, 30 * DAY)), dollars / price
    for type_, near, far in (("put", 0.92, 0.75), ("call", 1.08, 1.25)):
        option(account, rng, coin, seconds, type_, near * price, -n)
        option(account, rng, coin, seconds, type_, far * price, rng.choice((1.0, 1.5, 2.0)) * n)


def butterfly(account, rng, coin, price, dollars):
    seconds, n = rng.choice((6 * 3600, DAY, 7 * DAY)), dollars / price
    for m, q in ((0.98, -n), (1.0, 2.0 * n), (1.02, -n)):
        option(account, rng, coin, seconds, "call", m * price, q)


def hedged_cross_book(account, rng, coin, price, dollars):
    perpetual(account, coin, dollars)
    add(account, kind="future", underlying=coin, settlement="linear", quantity=-rounded(dollars / price),
        entry_price=price, mark_price=price, expiry=after(rng, account, 35 * DAY))


def calendar(account, rng, coin, price, dollars):
    option(account, rng, coin, 7 * DAY, "call", 1.05 * price, -dollars / price)
    option(account, rng, coin, 126 * DAY, "call", 1.05 * price, dollars / price)


def fully_funded_long(account, rng, coin, price, dollars):
    perpetual(account, coin, dollars, leverage=1)
    hold(account, rng, "USD", dollars)


def inverse_short_1x(account, rng, coin, price, dollars):
    perpetual(account, coin, -dollars, "inverse", leverage=1)
    hold(account, rng, coin, dollars * rng.choice((1.0, 1.0 / 0.95, 1.25)))


def cash_and_carry(account, rng, coin, price, dollars):
    hold(account, rng, coin, dollars)
    add(account, kind="future", underlying=coin, settlement=rng.choice(("linear", "inverse")),
        quantity=-rounded(dollars / price), entry_price=rounded(1.03 * price), expiry=after(rng, account, 126 * DAY))
    if account["positions"][-1]["settlement"] == "inverse":
        account["positions"][-1]["quantity"] = -rounded(dollars)


def borrower(account, rng, coin, price, dollars):
    hold(account, rng, coin, dollars)
    hold(account, rng, rng.choice(("USD", "USDT")), -dollars * rng.uniform(0.3, 0.9))


def coin_borrower(account, rng, coin, price, dollars):
    hold(account, rng, "USDC", dollars)
    hold(account, rng, coin, -dollars * rng.uniform(0.2, 0.9))


def box(account, rng, coin, price, dollars):
    """Long call, short put, short perpetual at one strike: nearly flat, its margins differ by mode."""
    option(account, rng, coin, 30 * DAY, "call", price, dollars / price)
    option(account, rng, coin, 30 * DAY, "put", price, -dollars / price)
    perpetual(account, coin, -dollars)


STRUCTURES = (straddle, winged_strangle, butterfly, hedged_cross_book, calendar, fully_funded_long, inverse_short_1x,
              cash_and_carry, borrower, coin_borrower, box)


# Valid accounts ---------------------------------------------------------------------------------------------------

def structured_account(rng):
    coin = rng.choice(("BTC", "ETH", "SOL"))
    account = empty_account(rng, [coin], [2 * DAY, 7 * DAY, 30 * DAY, 126 * DAY])
    price, dollars = account["market"]["underlyings"][coin]["price"], log_uniform(rng, 1e3, 1e7)
    rng.choice(STRUCTURES)(account, rng, coin, price, dollars)
    if sometimes(rng, 0.8):
        hold(account, rng, rng.choice(("USD", "USDT", coin)), dollars * rng.uniform(0.02, 0.8))
    for position in account["positions"]:
        if sometimes(rng, 0.15):
            position["mode"] = "isolated"
    return account


def mixed_account(rng):
    altcoin = rng.choice(ALTCOINS)
    coins = rng.sample(["BTC", "ETH", "SOL", altcoin], rng.randint(1, 3))
    account = empty_account(rng, coins, sorted(rng.sample(EXPIRIES, 4)))
    some_positions(account, rng, rng.randint(0, 8))
    dollars = sum(abs(p["quantity"]) * (1.0 if p["settlement"] == "inverse" and p["kind"] != "option"
                  else account["market"]["underlyings"][p["underlying"]]["price"]) for p in account["positions"])
    if not sometimes(rng, 0.05):
        some_collateral(account, rng, max(dollars, 100.0) * math.exp(rng.uniform(math.log(0.02), math.log(2.0))))
    while sometimes(rng, 0.15):
        disabled_leg(account, rng)
    return account


def bounded_mark_account(rng):
    """Options marked exactly on Black-76's bounds, where rounding cannot push them over: no rate, plain strikes."""
    account = empty_account(rng, ["BTC"], [DAY, 30 * DAY])
    account["market"]["underlyings"]["BTC"] = {"price": 64_000.0}
    for type_, strike, settlement, mark in rng.sample((
            ("call", 60_000, "linear", 4_000.0), ("call", 80_000, "inverse", 0), ("put", 50_000, "linear", 0.0),
            ("put", 80_000, "inverse", 0.25), ("call", 70_000, "linear", 64_000), ("put", 32_000, "inverse", 0.5),
            ("call", 72_000, "inverse", 1.0), ("put", 96_000, "inverse", 0.5)), 3):
        add(account, kind="option", underlying="BTC", settlement=settlement, type=type_, strike=strike,
            expiry=after(rng, account, 30 * DAY), quantity=rng.choice((-1.5, 2.0)), mark_price=mark)
    hold(account, rng, "USD", rng.choice((5_000.0, 50_000.0, 200_000.0)))
    return account


def tuned_account(rng):
    """Options of hours to weeks, long and short, with cash that puts the buffer near 0 at some price not far away:
    several regions, narrow ones, and roots about to merge."""
    account = empty_account(rng, ["BTC"], [DAY, 7 * DAY, 30 * DAY])
    price, dollars = account["market"]["underlyings"]["BTC"]["price"], log_uniform(rng, 1e4, 1e6)
    for _ in range(rng.randint(2, 6)):
        seconds, type_ = rng.choice((6 * 3600, DAY, 2 * DAY, 7 * DAY, 30 * DAY)), rng.choice(("call", "put"))
        strike, quantity = price * rng.uniform(0.75, 1.3), rng.choice((-2, -1, 1, 2)) * dollars / price
        option(account, rng, "BTC", seconds, type_, strike, quantity, rng.choice(("linear", "inverse")))
    if sometimes(rng, 0.5):
        perpetual(account, "BTC", rng.choice((-1, 1)) * dollars * rng.uniform(0.3, 2.0))
    make_priced(account)
    tune_cash(account, rng, price)
    return account


def tune_cash(account, rng, price):
    tested = price * rng.choice((rng.uniform(0.6, 1.6), rng.uniform(0.9, 1.1)))
    equity, _, maintenance, _ = oracle.figures_at(account, rng.choice(("portfolio", "cross")), "BTC", tested)
    cash = rounded(maintenance * (1.0 + rng.gauss(0.0, 0.05)) - equity) if maintenance != equity else 1.0
    account["collateral"].append({"asset": "USD", "amount": cash})


def bare_account(rng):
    account = empty_account(rng, rng.choice(([], ["ETH"])), [DAY])
    account["collateral"] = rng.choice(([], [{"asset": "USD", "amount": rng.choice((0, 12.5, -3))}]))
    return account


def random_account(seed):
    """A valid account file as a plain dict; the same seed gives the same file."""
    rng = random.Random(seed)
    kinds = (structured_account, mixed_account, tuned_account, bounded_mark_account, bare_account)
    account = rng.choices(kinds, weights=(28, 48, 17, 4, 3))[0](rng)
    reconcile(account)
    make_priced(account)
    return account


# Refused accounts -------------------------------------------------------------------------------------------------
#
# A fault changes the account in place and returns the path a refusal must name. `Draft` hands out each object once,
# so that no fault hides behind another. Two notations survive json.dumps and are replaced in the text afterwards:
# a key ending in AGAIN becomes a repeated key, the string HUGE the number 1e999.

AGAIN, HUGE = "\u0000again", "\u0000huge"


class Draft:
    def __init__(self, rng):
        self.rng, self.account, self.used, self.beside = rng, valid_base(rng), set(), set()
        self.market = self.account["market"]
        self.positions, self.collateral = self.account["positions"], self.account["collateral"]

    def once(self, *key):
        """False when this object has been given out already."""
        fresh = key not in self.used
        self.used.add(key)
        return fresh

    def position(self, *kinds, enabled=None):
        """Index of a position nobody else has touched, of one of the kinds."""
        free = [i for i, p in enumerate(self.positions) if ("position", i) not in self.used
                and (not kinds or p["kind"] in kinds) and enabled in (None, p.get("enabled", True))]
        index = self.rng.choice(free)
        self.used.add(("position", index))
        return index

    def append(self, **position):
        """A new position of its own, the market and clock in order for it."""
        index = len(self.positions)
        self.used.add(("position", index))
        self.positions.append({"id": f"new{index}"} | position)
        return index

    def text(self):
        text = json.dumps(self.account, indent=self.rng.choice((None, 2)))
        return text.replace(json.dumps(AGAIN)[1:-1], "").replace(json.dumps(HUGE), self.rng.choice(("1e999", "-1E999")))


def a_perpetual(coin, **more):
    return {"kind": "perpetual", "underlying": coin, "settlement": "linear", "quantity": 2.0,
            "entry_price": 90.0} | more


def a_future(coin, expiry, **more):
    return a_perpetual(coin, kind="future", expiry=expiry) | more


def an_option(coin, expiry, **more):
    return {"kind": "option", "underlying": coin, "settlement": "linear", "type": "call", "strike": 100.0,
            "expiry": expiry, "quantity": -1.0} | more


EXPIRY, PAST = "2027-03-26T08:00:00Z", "2026-11-01T08:00:00Z"


def spare_block():
    """An underlying nobody holds: faults planted here have no consequences elsewhere."""
    return {"price": 150.0, "rate": 0.02, "funding_8h": 0.0001, "daily_volatility": 0.04,
            "forwards": [{"expiry": EXPIRY, "price": 152.0}, {"expiry": "2027-06-25T08:00:00Z", "price": 154.0}],
            "volatility": [{"expiry": EXPIRY, "strike": k, "iv": 0.6} for k in (100, 150, 200)]}


def valid_base(rng):
    positions = [a_perpetual("BTC", leverage=10), a_perpetual("BTC", settlement="inverse", mode="isolated"),
                 a_perpetual("ETH", mark_price=101.0), a_perpetual("GONE", enabled=False),
                 a_future("BTC", EXPIRY), a_future("ETH", EXPIRY, settlement="inverse", leverage=3),
                 a_future("BTC", "2027-06-25T08:00:00Z"), a_future("GONE", PAST, enabled=False),
                 an_option("BTC", EXPIRY, strike=110), an_option("BTC", EXPIRY, strike=90, type="put", iv=0.5),
                 an_option("ETH", EXPIRY, strike=120, settlement="inverse", entry_price=0.01),
                 an_option("ETH", EXPIRY, strike=95, isolated_margin=70, mode="isolated"),
                 an_option("GONE", PAST, enabled=False)]
    rng.shuffle(positions)
    return {
        "format": "marginscope-account/1", "name": "Base", "as_of": "2026-11-20T08:00:00Z", "rules": "generic",
        "market": {"underlyings": {"BTC": {"price": 100.0, "volatility": 0.6},
                                   "ETH": {"price": 100.0, "volatility": 0.7},
                                   "SPARE": spare_block(), "BARE": {"price": 100.0}},
                   "assets": {"USDT": 1.0, "PAXG": 4_000.0, "USDC": 0.999}, "correlation": {"BTC/ETH": 0.8}},
        "collateral": [{"asset": "USD", "amount": 1e6}, {"asset": "USDT", "amount": 50.0},
                       {"asset": "BTC", "amount": 1.0}],
        "positions": [{"id": f"p{i}"} | p for i, p in enumerate(positions)]}


# numbers: wrong types, NaN and infinities

def bad_number(rng):
    return rng.choice(("12.5", "0.5", True, False, [1.0], {"value": 1}, math.nan, math.inf, -math.inf, HUGE, 10**400))


def number_in_position(draft):
    i = draft.position()
    key = draft.rng.choice([k for k in ("quantity", "entry_price", "strike", "leverage", "mark_price", "iv",
                                        "isolated_margin") if k in draft.positions[i]])
    draft.positions[i][key] = bad_number(draft.rng)
    return f"positions[{i}].{key}"


def null_number(draft):
    i = draft.position()
    draft.positions[i]["quantity"] = None
    return f"positions[{i}].quantity"


def number_in_market(draft):
    block = draft.market["underlyings"]["SPARE"]
    key = draft.rng.choice(("price", "rate", "funding_8h", "daily_volatility"))
    if not draft.once("SPARE", key):
        return None
    block[key] = bad_number(draft.rng)
    return f"market.underlyings.SPARE.{key}"


def number_in_lists(draft):
    name, i, key = draft.rng.choice((("forwards", 1, "price"), ("volatility", 2, "strike"), ("volatility", 0, "iv")))
    if not draft.once("SPARE", name):
        return None
    draft.market["underlyings"]["SPARE"][name][i][key] = bad_number(draft.rng)
    return f"market.underlyings.SPARE.{name}[{i}].{key}"


def number_in_collateral(draft):
    draft.collateral[1]["amount"] = bad_number(draft.rng)
    return "collateral[1].amount"


def number_in_assets(draft):
    if not draft.once("asset", "PAXG"):
        return None
    draft.market["assets"]["PAXG"] = bad_number(draft.rng)
    return "market.assets.PAXG"


def number_in_correlation(draft):
    draft.market["correlation"]["BTC/ETH"] = bad_number(draft.rng)
    return "market.correlation.BTC/ETH"


# other wrong types and words

def name_in_position(draft):
    i, key = draft.position(), draft.rng.choice(("id", "underlying"))
    draft.positions[i][key] = draft.rng.choice((7, ["x"], None))
    return f"positions[{i}].{key}"


def word_in_position(draft):
    i, key = draft.position(enabled=True), draft.rng.choice(("settlement", "mode", "enabled"))
    draft.positions[i][key] = draft.rng.choice(("maybe", 1))
    return f"positions[{i}].{key}"


def kind_of_position(draft):
    i = draft.position("perpetual")
    draft.positions[i]["kind"] = draft.rng.choice(("swap", "Perpetual", 3))
    return f"positions[{i}].kind"


def type_of_option(draft):
    i = draft.position("option")
    draft.positions[i]["type"] = draft.rng.choice(("straddle", "Call", True))
    return f"positions[{i}].type"


def object_expected(draft):
    i = draft.append()
    draft.positions[i] = draft.rng.choice(([], "BTC", 5, None))
    return f"positions[{i}]"


def time_in_position(draft):
    i = draft.position("future", "option")
    draft.positions[i]["expiry"] = draft.rng.choice((
        "2027-03-26T08:00:00", "2027-03-26", "soon", "2027-02-30T08:00:00Z", 1_800_000_000, ""))
    return f"positions[{i}].expiry"


def time_in_market(draft):
    name = draft.rng.choice(("forwards", "volatility"))
    if not draft.once("SPARE", name):
        return None
    draft.market["underlyings"]["SPARE"][name][0]["expiry"] = draft.rng.choice(("2027-03-26T08:00:00", "March", 5))
    return f"market.underlyings.SPARE.{name}[0].expiry"


# unknown, repeated and missing keys

def place(draft):
    """An object of the file, its path, and the name under which it is taken."""
    i = draft.position()
    spare = draft.market["underlyings"]["SPARE"]
    return draft.rng.choice((
        (draft.account, "", "top"), (draft.positions[i], f"positions[{i}].", i),
        (draft.market["underlyings"]["ETH"], "market.underlyings.ETH.", "ETH"),
        (draft.collateral[0], "collateral[0].", "collateral"),
        (spare["forwards"][0], "market.underlyings.SPARE.forwards[0].", "forwards"),
        (spare["volatility"][1], "market.underlyings.SPARE.volatility[1].", "volatility")))


def unknown_key(draft):
    holder, path, name = place(draft)
    if not draft.once("SPARE", name):
        return None
    key = draft.rng.choice(("colour", "Price", "qty", "marginMode"))
    holder[key] = draft.rng.choice((1, "x", None))
    return path + key


def repeated_key(draft):
    holder, path, name = place(draft)
    if not draft.once("SPARE", name):
        return None
    key = draft.rng.choice([k for k, v in holder.items() if not isinstance(v, dict | list)])
    holder[key + AGAIN] = holder[key]
    return path + key


def repeated_block(draft):
    draft.market["underlyings"]["BARE" + AGAIN] = {"price": 100.0}
    return "market.underlyings.BARE"


def missing_in_position(draft):
    i = draft.position()
    needed = ["id", "kind", "underlying", "settlement", "quantity"]
    needed += ["type", "strike"] if draft.positions[i]["kind"] == "option" else ["entry_price"]
    key = draft.rng.choice(needed)
    del draft.positions[i][key]
    return f"positions[{i}].{key}"


def missing_expiry(draft):
    i = draft.position("future", "option")
    del draft.positions[i]["expiry"]
    return f"positions[{i}].expiry"


def missing_in_market(draft):
    name, i, key = draft.rng.choice((("forwards", 0, "price"), ("forwards", 1, "expiry"), ("volatility", 2, "expiry"),
                                     ("volatility", 1, "strike"), ("volatility", 1, "iv")))
    if not draft.once("SPARE", name):
        return None
    del draft.market["underlyings"]["SPARE"][name][i][key]
    return f"market.underlyings.SPARE.{name}[{i}].{key}"


def missing_price(draft):
    draft.market["underlyings"]["EXTRA"] = {"volatility": 0.5}
    return "market.underlyings.EXTRA.price"


def missing_in_collateral(draft):
    key = draft.rng.choice(("asset", "amount"))
    entry = {"asset": "USD", "amount": 5.0}
    del entry[key]
    draft.collateral.append(entry)
    return f"collateral[{len(draft.collateral) - 1}].{key}"


# signs

def zero_quantity(draft):
    i = draft.position()
    draft.positions[i]["quantity"] = draft.rng.choice((0, 0.0, -0.0))
    return f"positions[{i}].quantity"


def nonpositive(rng):
    return rng.choice((0, -0.0, -1, -1e-9))


def nonpositive_in_future(draft):
    i, key = draft.position("perpetual", "future"), draft.rng.choice(("entry_price", "mark_price", "leverage"))
    draft.positions[i][key] = nonpositive(draft.rng)
    return f"positions[{i}].{key}"


def nonpositive_in_option(draft):
    i, key = draft.position("option"), draft.rng.choice(("strike", "iv"))
    draft.positions[i][key] = nonpositive(draft.rng)
    return f"positions[{i}].{key}"


def negative_option_price(draft):
    i, key = draft.position("option"), draft.rng.choice(("entry_price", "mark_price"))
    draft.positions[i][key] = draft.rng.choice((-1, -1e-9))
    return f"positions[{i}].{key}"


def negative_pledge(draft):
    i = draft.position()
    draft.positions[i]["isolated_margin"] = draft.rng.choice((-1, -0.001))
    return f"positions[{i}].isolated_margin"


def nonpositive_in_market(draft):
    path = draft.rng.choice((
        "price", "daily_volatility", "forwards[0].price", "volatility[1].strike", "volatility[1].iv"))
    name, _, rest = path.partition("[")
    if not draft.once("SPARE", name):
        return None
    block = draft.market["underlyings"]["SPARE"]
    holder, key = (block[name][int(rest[0])], rest[3:]) if rest else (block, name)
    holder[key] = nonpositive(draft.rng)
    return f"market.underlyings.SPARE.{path}"


def nonpositive_flat_volatility(draft):
    draft.market["underlyings"]["FLAT"] = {"price": 3.0, "volatility": nonpositive(draft.rng)}
    return "market.underlyings.FLAT.volatility"


def nonpositive_asset_price(draft):
    if not draft.once("asset", "PAXG"):
        return None
    draft.market["assets"]["PAXG"] = nonpositive(draft.rng)
    return "market.assets.PAXG"


# keys that do not belong to the kind

def option_key_on_future(draft):
    i = draft.position("perpetual", "future")
    key, value = draft.rng.choice((("type", "call"), ("strike", 100), ("iv", 0.5)))
    draft.positions[i][key] = value
    return f"positions[{i}].{key}"


def expiry_on_perpetual(draft):
    i = draft.position("perpetual")
    draft.positions[i]["expiry"] = EXPIRY
    return f"positions[{i}].expiry"


def leverage_on_option(draft):
    i = draft.position("option")
    draft.positions[i]["leverage"] = 5
    return f"positions[{i}].leverage"


# one thing against another

def duplicate_id(draft):
    first = draft.position(enabled=True)
    i = draft.append(**an_option("BTC", EXPIRY, strike=strike_of_its_own(draft)))
    draft.positions[i]["id"] = draft.positions[first]["id"]
    return f"positions[{i}].id"


def expired(draft):
    moment = draft.rng.choice(("2026-11-20T08:00:00Z", "2026-11-20T09:00:00+01:00", "2026-11-20T07:59:59Z", PAST))
    if sometimes(draft.rng, 0.5):
        i = draft.append(**a_future("BTC", moment))
    else:
        i = draft.append(**an_option("BTC", moment, iv=0.5))
    return f"positions[{i}].expiry"


def no_volatility(draft):
    i = draft.append(**an_option("BARE", EXPIRY, strike=100 + len(draft.positions)))
    return f"positions[{i}].iv"


def only_expired_volatility(draft):
    draft.market["underlyings"]["STALE"] = {"price": 100, "volatility": [{"expiry": PAST, "strike": 100, "iv": 0.6}]}
    return f"positions[{draft.append(**an_option('STALE', EXPIRY))}].iv"


def lacking_underlying(draft):
    position = draft.rng.choice((a_perpetual("NOPE"), a_future("NOPE", EXPIRY), an_option("NOPE", EXPIRY)))
    return f"positions[{draft.append(**position)}].underlying"


def lacking_asset(draft):
    draft.collateral.append({"asset": f"WHAT{len(draft.collateral)}", "amount": draft.rng.choice((5, -5, 0))})
    return f"collateral[{len(draft.collateral) - 1}].asset"


def asset_in_both(draft):
    coin = draft.rng.choice(("BTC", "ETH", "SPARE"))
    if not draft.once("asset", coin):
        return None
    draft.market["assets"][coin] = 100.0
    return f"market.assets.{coin}"


def usd_at_another_price(draft):
    if not draft.once("asset", "USD"):
        return None
    draft.market["assets"]["USD"] = draft.rng.choice((0.999, 2))
    return "market.assets.USD"


def strike_of_its_own(draft):
    return 200.0 + len(draft.positions)


def different_marks(draft):
    strike = strike_of_its_own(draft)
    draft.append(**an_option("BTC", EXPIRY, strike=strike, mark_price=1.0))
    i = draft.append(**an_option("BTC", "2027-03-26T10:00:00+02:00", strike=strike, quantity=4, mark_price=1.25))
    return f"positions[{i}].mark_price"


def different_future_marks(draft):
    draft.append(**a_future("ETH", "2027-09-24T08:00:00Z", mark_price=102.0))
    i = draft.append(**a_future("ETH", "2027-09-24T08:00:00Z", mark_price=103.0, mode="isolated"))
    return f"positions[{i}].mark_price"


def different_ivs(draft):
    strike = strike_of_its_own(draft)
    draft.append(**an_option("BTC", EXPIRY, strike=strike, iv=0.5))
    i = draft.append(**an_option("BTC", EXPIRY, strike=strike, quantity=4, iv=0.55))
    return f"positions[{i}].iv"


def mark_out_of_bounds(draft):
    """Index and forward 100, no rate: the bounds are max(±(100 − K), 0) and 100 or K, in coin a hundredth."""
    type_, strike, settlement, mark = draft.rng.choice((
        ("call", 50.0, "linear", 45.0), ("call", 60.0, "linear", 101.0), ("put", 150.0, "linear", 40.0),
        ("put", 80.0, "linear", 81.0), ("call", 50.0, "inverse", 0.45), ("call", 70.0, "inverse", 1.05),
        ("put", 150.0, "inverse", 0.4), ("put", 40.0, "inverse", 0.5)))
    i = draft.append(**an_option("BTC", EXPIRY, type=type_, strike=strike, settlement=settlement, mark_price=mark))
    return f"positions[{i}].mark_price"


def duplicate_surface_point(draft):
    if not draft.once("SPARE", "volatility"):
        return None
    points = draft.market["underlyings"]["SPARE"]["volatility"]
    points.append({"expiry": "2027-03-26T09:00:00+01:00", "strike": draft.rng.choice((100, 150.0)), "iv": 0.6})
    return f"market.underlyings.SPARE.volatility[{len(points) - 1}]"


def duplicate_point_beside_a_bad_one(draft):
    """A point is repeated whatever else is wrong with the earlier one."""
    points = [{"expiry": EXPIRY, "strike": 100, "iv": bad_number(draft.rng)},
              {"expiry": "2027-03-26T09:00:00+01:00", "strike": 100.0, "iv": 0.6}]
    if not draft.once("LATE"):
        return None
    draft.market["underlyings"]["LATE"] = {"price": 10, "volatility": points}
    draft.beside.add("market.underlyings.LATE.volatility[0].iv")
    return "market.underlyings.LATE.volatility[1]"


def two_correlations(draft):
    """The same pair in both orders: the later one is refused unless it says the same."""
    draft.market["correlation"] |= {"SPARE/BARE": 0.25, "BARE/SPARE": draft.rng.choice((-0.25, 0.3))}
    return "market.correlation.BARE/SPARE"


def name_in_market(draft):
    name = draft.rng.choice(("", "  ", "A\nB", "A\x7f", "\x1b[2J"))
    if not draft.once("name", name):
        return None
    draft.market["assets"][name] = 2.0
    return f"market.assets.{name}"


def name_of_an_underlying(draft):
    name = draft.rng.choice(("\t", "A\rB", "\u0000"))
    if not draft.once("name", name):
        return None
    draft.market["underlyings"][name] = {"price": 2.0}
    return f"market.underlyings.{name}"


def no_volatility_and_more(draft):
    """An option on an underlying without volatility, beside another fault of its own."""
    key, value = draft.rng.choice((("expiry", PAST), ("expiry", "soon"), ("mark_price", "1"), ("mark_price", -1.0)))
    i = draft.append(**an_option("BARE", EXPIRY, strike=strike_of_its_own(draft)) | {key: value})
    draft.beside.add(f"positions[{i}].{key}")
    return f"positions[{i}].iv"


def duplicate_forward(draft):
    if not draft.once("SPARE", "forwards"):
        return None
    forwards = draft.market["underlyings"]["SPARE"]["forwards"]
    forwards.append({"expiry": draft.rng.choice((EXPIRY, "2027-03-26T03:00:00-05:00")), "price": 152.0})
    return f"market.underlyings.SPARE.forwards[{len(forwards) - 1}].expiry"


# the document as a whole: these come alone

def missing_at_top(draft):
    key = draft.rng.choice(("format", "as_of", "collateral", "positions"))
    draft.account["positions"], draft.account["collateral"] = [], []
    del draft.account[key]
    return key


def missing_underlyings(draft):
    draft.account["positions"] = []
    draft.account["market"] = {"assets": {"USDT": 1.0}}
    return "market.underlyings"


def wrong_block(draft):
    """Without the block that gives prices no asset is said to lack one."""
    key, value = draft.rng.choice((("underlyings", []), ("underlyings", "BTC"), ("assets", 3), ("assets", [1.0])))
    draft.account["positions"] = []
    draft.market[key] = value
    return f"market.{key}"


def wrong_at_top(draft):
    key, value = draft.rng.choice((("format", "marginscope-account/2"), ("format", 1), ("as_of", "2026-11-20T08:00:00"),
                                   ("as_of", "yesterday"), ("as_of", 1_700_000_000), ("name", 7), ("collateral", {}),
                                   ("positions", {}), ("positions", "none"), ("market", [])))
    draft.account["positions"], draft.account["collateral"] = [], []
    draft.account[key] = value
    return key


FAULTS = (
    number_in_position, null_number, number_in_market, number_in_lists, number_in_collateral, number_in_assets,
    number_in_correlation,
    name_in_position, word_in_position, kind_of_position, type_of_option, object_expected, time_in_position,
    time_in_market,
    unknown_key, repeated_key, repeated_block, missing_in_position, missing_expiry, missing_in_market, missing_price,
    missing_in_collateral, zero_quantity, nonpositive_in_future, nonpositive_in_option, negative_option_price,
    negative_pledge, nonpositive_in_market, nonpositive_flat_volatility, nonpositive_asset_price, option_key_on_future,
    expiry_on_perpetual, leverage_on_option, duplicate_id, expired, no_volatility, only_expired_volatility,
    lacking_underlying, lacking_asset, asset_in_both, usd_at_another_price, different_marks, different_future_marks,
    different_ivs, mark_out_of_bounds, duplicate_surface_point, duplicate_forward, duplicate_point_beside_a_bad_one,
    two_correlations, name_in_market, name_of_an_underlying, no_volatility_and_more)
LONE_FAULTS = (missing_at_top, missing_underlyings, wrong_at_top, wrong_block)
NOT_JSON = ("", "   ", "{", "not json", "{'format': 1}", '{"format": "marginscope-account/1",}', '{"a": 1} {"b": 2}',
            "[", '{"amount": 01}', '{"amount": .5}', "<html></html>", "[]", "3", '"text"', "null")


def plant(draft, faults):
    """The paths of the faults that found a place of their own, and of those planted beside them."""
    return {path for path in (fault(draft) for fault in faults) if path is not None} | draft.beside


def refused_accounts(seed):
    """(text, paths): an account file with one to four faults, and exactly the paths that its refusal names."""
    rng = random.Random(seed)
    choice = rng.random()
    if choice < 0.04:
        return rng.choice(NOT_JSON), {"$"}
    draft = Draft(rng)
    if choice < 0.12:
        paths = plant(draft, [rng.choice(LONE_FAULTS)])
    else:
        paths = plant(draft, rng.sample(FAULTS, rng.randint(1, 4)))
    return draft.text(), paths

"""The generic rulebook once more: slow, scalar and obvious, one rule per function, to hold the engine against.

Sentences in quotation marks are the contract's. `k` is the walk: the index of one underlying stands at k × its
present price, every other underlying stands still.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime

YEAR, DAY = 31_536_000.0, 86_400.0
MODES = ("as_held", "isolated", "cross", "portfolio")
ZERO = 1e-12  # of the account's gross size counts as 0
WALK = (1e-4, 1e4)

# from, initial rate, maintenance rate, initial deduction, maintenance deduction
TIERS = ((0.0, 0.05, 0.025, 0.0, 0.0), (1e6, 0.10, 0.05, 50_000.0, 25_000.0), (5e6, 0.20, 0.10, 550_000.0, 275_000.0))
SHOCKS = (-0.16, -0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12, 0.16)
VOLATILITY_ROWS = ("up", "same", "down")
HAIRCUTS = {"USD": 0.0, "USDT": 0.0, "USDC": 0.0, "BTC": 0.05, "ETH": 0.05}
OTHER_HAIRCUT = 0.20


# Black-76 ---------------------------------------------------------------------------------------------------------

def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def black(F, K, width, call):
    """Undiscounted price; width = σ√T; 0 gives the intrinsic value, infinity the upper bound."""
    if width == 0.0:
        return max(F - K, 0.0) if call else max(K - F, 0.0)
    if width == math.inf:
        return F if call else K
    d1 = math.log(F / K) / width + 0.5 * width
    d2 = d1 - width
    if call:
        return F * normal_cdf(d1) - K * normal_cdf(d2)
    return K * normal_cdf(-d2) - F * normal_cdf(-d1)


def implied_volatility(F, K, T, price, call):
    """Of an undiscounted price, by bisection to the last bit; the bounds give 0 and infinity."""
    if price <= black(F, K, 0.0, call):
        return 0.0
    if price >= black(F, K, math.inf, call):
        return math.inf
    low, high = 0.0, 1.0
    while black(F, K, high * math.sqrt(T), call) < price:
        low, high = high, 2.0 * high
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return high
        if black(F, K, middle * math.sqrt(T), call) < price:
            low = middle
        else:
            high = middle


# Time, forward, volatility ----------------------------------------------------------------------------------------

def seconds_after(as_of, text):
    """"times are ISO 8601 with an offset and compared as instants"."""
    return (datetime.fromisoformat(text) - datetime.fromisoformat(as_of)).total_seconds()


def forward_of(block, as_of, seconds):
    """"the entry of that exact instant, else price × e^(rate × T); rate defaults to 0"."""
    for entry in block.get("forwards", []):
        if seconds_after(as_of, entry["expiry"]) == seconds:
            return float(entry["price"])
    return block["price"] * math.exp(block.get("rate", 0.0) * seconds / YEAR)


def smile_variance(points, strike):
    """"inside one expiry variance linear in strike, flat beyond its ends"; points are (strike, iv)."""
    points = sorted(points)
    if strike <= points[0][0]:
        return points[0][1] ** 2
    for (K1, iv1), (K2, iv2) in zip(points, points[1:]):
        if strike <= K2:
            return iv1**2 + (iv2**2 - iv1**2) * (strike - K1) / (K2 - K1)
    return points[-1][1] ** 2


def surface_smiles(surface, as_of):
    """Seconds to expiry → points; "points not after as_of are ignored"."""
    smiles = {}
    for point in surface:
        seconds = seconds_after(as_of, point["expiry"])
        if seconds > 0:
            smiles.setdefault(seconds, []).append((point["strike"], point["iv"]))
    return smiles


def surface_volatility(surface, as_of, seconds, strike):
    """"between expiries total variance linear in time; outside the first and last expiry their volatility"."""
    smiles = surface_smiles(surface, as_of)
    times = sorted(smiles)
    if seconds <= times[0]:
        return math.sqrt(smile_variance(smiles[times[0]], strike))
    for t1, t2 in zip(times, times[1:]):
        if seconds <= t2:
            w1, w2 = t1 * smile_variance(smiles[t1], strike), t2 * smile_variance(smiles[t2], strike)
            return math.sqrt((w1 + (w2 - w1) * (seconds - t1) / (t2 - t1)) / seconds)
    return math.sqrt(smile_variance(smiles[times[-1]], strike))


def market_volatility(block, as_of, seconds, strike):
    volatility = block["volatility"]
    if isinstance(volatility, list):
        return surface_volatility(volatility, as_of, seconds, strike)
    return float(volatility)


# Legs: the enabled positions, with their marks --------------------------------------------------------------------

@dataclass
class Leg:
    id: str
    kind: str
    underlying: str
    inverse: bool
    quantity: float
    index: float                      # the present price of the underlying
    instrument: tuple
    entry: float | None = None
    leverage: float | None = None
    isolated: bool = False
    isolated_margin: float | None = None
    mark: float = 0.0                 # futures and perpetuals
    call: bool = False                # options, from here on
    strike: float = 0.0
    years: float = 0.0
    forward: float = 0.0
    discount: float = 1.0
    volatility: float = 0.0
    widths: tuple = ()                # σ√T, volatility up, same, down

    @property
    def option(self):
        return self.kind == "option"


def instrument_of(position, as_of):
    """"one instrument (kind, underlying, settlement, type, strike, expiry)"."""
    expiry = position.get("expiry")
    return (position["kind"], position["underlying"], position["settlement"], position.get("type"),
            position.get("strike"), None if expiry is None else seconds_after(as_of, expiry))


def shared(positions, as_of, key):
    """"a mark given on one leg holds for all"; instrument → value, for `mark_price` and for `iv`."""
    return {instrument_of(p, as_of): float(p[key]) for p in positions if key in p}


def make_leg(position, block, as_of):
    return Leg(
        id=position["id"], kind=position["kind"], underlying=position["underlying"],
        inverse=position["settlement"] == "inverse", quantity=float(position["quantity"]), index=float(block["price"]),
        instrument=instrument_of(position, as_of), entry=position.get("entry_price"),
        leverage=position.get("leverage"), isolated=position.get("mode", "cross") == "isolated",
        isolated_margin=position.get("isolated_margin"))


def mark_future(leg, block, as_of, mark):
    """"perpetual = index price; future = forward of its expiry", a mark given wins."""
    if mark is not None:
        leg.mark = mark
    elif leg.kind == "perpetual":
        leg.mark = leg.index
    else:
        leg.mark = forward_of(block, as_of, leg.instrument[5])


def mark_option(leg, block, as_of, mark, iv):
    """"on an option mark_price wins over iv, and the volatility implied by it is the one that moves with the walk"."""
    _, _, _, kind, strike, seconds = leg.instrument
    leg.call, leg.strike, leg.years = kind == "call", float(strike), seconds / YEAR
    leg.forward = forward_of(block, as_of, seconds)
    leg.discount = math.exp(-block.get("rate", 0.0) * leg.years)
    if mark is not None:
        dollars = mark * leg.forward if leg.inverse else mark
        leg.volatility = implied_volatility(leg.forward, leg.strike, leg.years, dollars / leg.discount, leg.call)
    else:
        leg.volatility = iv if iv is not None else market_volatility(block, as_of, seconds, strike)
    leg.widths = tuple(s * math.sqrt(leg.years) for s in shocked_volatilities(leg.volatility, seconds / DAY))


def make_legs(account):
    as_of, positions = account["as_of"], [p for p in account["positions"] if p.get("enabled", True)]
    marks, ivs = shared(positions, as_of, "mark_price"), shared(positions, as_of, "iv")
    legs = []
    for position in positions:
        block = account["market"]["underlyings"][position["underlying"]]
        leg = make_leg(position, block, as_of)
        mark, iv = marks.get(leg.instrument), ivs.get(leg.instrument)
        if leg.option:
            mark_option(leg, block, as_of, mark, iv)
        else:
            mark_future(leg, block, as_of, mark)
        legs.append(leg)
    return legs


def option_price(leg, k, x=0.0, row=1):
    """Dollars per unit, index and forward at k (1 + x); "the dollar value of an inverse option is its coin price ×
    index price", the coin price D × Black(F, K) / F."""
    F, S = leg.forward * k * (1.0 + x), leg.index * k * (1.0 + x)
    price = leg.discount * black(F, leg.strike, leg.widths[row], leg.call)
    return price / F * S if leg.inverse else price


def notional(leg, k):
    """"|quantity| × mark (linear) or |quantity| (inverse)"; "of an option |quantity| × index"."""
    if leg.option:
        return abs(leg.quantity) * leg.index * k
    return abs(leg.quantity) if leg.inverse else abs(leg.quantity) * leg.mark * k


def future_profit(leg, k):
    """"linear q (mark − entry); inverse, in dollars at the mark, face × (mark ÷ entry − 1) × sign"."""
    if leg.inverse:
        return leg.quantity * (leg.mark * k / leg.entry - 1.0)
    return leg.quantity * (leg.mark * k - leg.entry)


def unrealised_pnl(leg):
    """"in dollars, null for an option without entry"."""
    if not leg.option:
        return future_profit(leg, 1.0)
    if leg.entry is None:
        return None
    entry = leg.entry * leg.index if leg.inverse else leg.entry
    return leg.quantity * (option_price(leg, 1.0) - entry)


# Netting ----------------------------------------------------------------------------------------------------------

@dataclass
class Net:
    leg: Leg                          # any leg of the instrument: what they share
    legs: list
    quantity: float
    leverage: float | None


def net_quantity(legs):
    """"A net within 1e-12 of the gross is 0"."""
    net, gross = math.fsum(leg.quantity for leg in legs), math.fsum(abs(leg.quantity) for leg in legs)
    return 0.0 if abs(net) <= 1e-12 * gross else net


def net_legs(legs):
    """"positions of one instrument in one pool are netted before tiers; the smallest leverage given applies"."""
    groups = {}
    for leg in legs:
        groups.setdefault(leg.instrument, []).append(leg)
    return [Net(group[0], group, net_quantity(group), min((g.leverage for g in group if g.leverage), default=None))
            for group in groups.values()]


def leg_share(net, leg):
    """"the net's margin goes to the legs on the net's side in proportion to size"."""
    if net.quantity * leg.quantity <= 0.0:
        return 0.0
    return abs(leg.quantity) / math.fsum(abs(g.quantity) for g in net.legs if g.quantity * net.quantity > 0.0)


# Isolated and cross charges ---------------------------------------------------------------------------------------

def tier_margins(n):
    """"Maintenance = rate × n − deduction … Initial = the same with the initial column"."""
    for floor, initial, maintenance, initial_deduction, maintenance_deduction in reversed(TIERS):
        if n >= floor:
            return initial * n - initial_deduction, maintenance * n - maintenance_deduction
    raise ValueError(n)


def future_margins(net, k):
    """"at least n ÷ leverage when a leverage is given"."""
    n = abs(net.quantity) if net.leg.inverse else abs(net.quantity) * net.leg.mark * k
    initial, maintenance = tier_margins(n)
    return (max(initial, n / net.leverage) if net.leverage else initial), maintenance


def short_call_margins(S, K, m):
    """"OTM = max(0, K − S): initial max(0.15 S − OTM, 0.10 S) + m, maintenance 0.075 S + m"."""
    return max(0.15 * S - max(0.0, K - S), 0.10 * S) + m, 0.075 * S + m


def short_put_margins(S, K, m):
    """"OTM = max(0, S − K): initial max(0.15 S − OTM, 0.10 min(S, K)) + m, maintenance 0.075 min(S, K) + m"."""
    return max(0.15 * S - max(0.0, S - K), 0.10 * min(S, K)) + m, 0.075 * min(S, K) + m


def option_margins(net, k):
    """"Long: no requirement"; short, per unit."""
    if net.quantity >= 0.0:
        return 0.0, 0.0
    rule = short_call_margins if net.leg.call else short_put_margins
    initial, maintenance = rule(net.leg.index * k, net.leg.strike, option_price(net.leg, k))
    return -net.quantity * initial, -net.quantity * maintenance


def net_margins(net, k):
    return option_margins(net, k) if net.leg.option else future_margins(net, k)


# Portfolio charge -------------------------------------------------------------------------------------------------

def shocked_volatilities(sigma, days):
    """"σ(1 + 0.5 h), σ, σ(1 − 0.25 h) with h = (30 / max(d, 1))^p, p = 0.30 when d < 30, else 0.13"."""
    h = (30.0 / max(days, 1.0)) ** (0.30 if days < 30.0 else 0.13)
    return sigma * (1.0 + 0.5 * h), sigma, sigma * (1.0 - 0.25 * h)


def delta(net, k):
    """"δ = q × mark (linear) or signed face (inverse)"."""
    return net.quantity if net.leg.inverse else net.quantity * net.leg.mark * k


def scan_rows(nets, k):
    """Profit of the 27 rows, "price the outer loop"; futures: "linear q × mark × x; inverse face × x × sign"."""
    futures = math.fsum(delta(net, k) for net in nets if not net.leg.option)
    options = [(net, option_price(net.leg, k)) for net in nets if net.leg.option and net.quantity]
    rows = []
    for x in SHOCKS:
        for row in range(3):
            profit = futures * x
            for net, now in options:
                profit += net.quantity * (option_price(net.leg, k, x, row) - now)
            rows.append(profit)
    return rows


def short_floor(nets, k):
    """"0.005 S × units short, units short = Σ over netted option instruments of max(0, −net)"."""
    return sum(0.005 * net.leg.index * k * max(0.0, -net.quantity) for net in nets if net.leg.option)


def scan_charge(nets, k):
    """"max(worst loss over the rows, 0.005 S × units short)"."""
    return max(-min(scan_rows(nets, k)), short_floor(nets, k))


def basis_charge(nets, k):
    """"0.5 % of (Σ|δ| − |Σδ|) / 2 over its netted futures and perpetuals"."""
    deltas = [delta(net, k) for net in nets if not net.leg.option]
    return 0.005 * (math.fsum(abs(d) for d in deltas) - abs(math.fsum(deltas))) / 2.0


def worst_row(nets, gross):
    """"the first within 1e-9 × gross size of the worst in the order price ascending, volatility up, same, down"."""
    rows = scan_rows(nets, 1.0)
    first = next(i for i, profit in enumerate(rows) if profit <= min(rows) + 1e-9 * gross)
    return SHOCKS[first // 3], VOLATILITY_ROWS[first % 3]


# Collateral and gross size ----------------------------------------------------------------------------------------

def balances(account):
    """"Balances of one asset are added before the haircut"."""
    amounts = {}
    for entry in account["collateral"]:
        amounts.setdefault(entry["asset"], []).append(entry["amount"])
    return {asset: math.fsum(list_) for asset, list_ in amounts.items()}


def asset_price(account, asset):
    """"USD is 1; an asset that is an underlying has its index price; any other needs market.assets"."""
    market = account["market"]
    if asset == "USD":
        return 1.0
    if asset in market["underlyings"]:
        return float(market["underlyings"][asset]["price"])
    return float(market["assets"][asset])


def haircut_value(asset, amount, price):
    """"amount × price × (1 − haircut) when positive, amount × price when negative"."""
    haircut = HAIRCUTS.get(asset, OTHER_HAIRCUT)
    return amount * price * (1.0 - haircut) if amount > 0.0 else amount * price


# Buckets ----------------------------------------------------------------------------------------------------------

@dataclass
class Bucket:
    """Who shares collateral: the pool (name None), or one isolated position (name = its id)."""

    name: str | None
    nets: dict                        # underlying → [Net]
    cash: float                       # the part of the collateral that no walk moves, pledges given or taken
    coins: dict = field(default_factory=dict)   # underlying → haircut value of the coin held, at the present price
    scan: bool = False                # portfolio rules
    known: dict = field(default_factory=dict)   # (underlying, k) → its figures there, once they were asked for


@dataclass
class Book:
    account: dict
    legs: list
    gross_fixed: float                # gross size = fixed + Σ over underlyings moving × k
    gross_moving: dict
    collateral: dict                  # asset → haircut value now
    underlyings: list                 # to be walked


def moves(leg):
    return leg.option or not leg.inverse


def make_book(account):
    legs, held = make_legs(account), balances(account)
    markets = account["market"]["underlyings"]
    moving = dict.fromkeys(markets, 0.0)
    fixed = sum(notional(leg, 1.0) for leg in legs if not moves(leg))
    for leg in legs:
        moving[leg.underlying] += notional(leg, 1.0) if moves(leg) else 0.0
    for asset, amount in held.items():
        size = abs(amount * asset_price(account, asset))
        if asset in markets:
            moving[asset] += size
        else:
            fixed += size
    collateral = {asset: haircut_value(asset, amount, asset_price(account, asset)) for asset, amount in held.items()}
    walked = [u for u in markets if u in held or any(leg.underlying == u for leg in legs)]
    return Book(account, legs, fixed, moving, collateral, walked)


def gross_size(book, underlying, k):
    """"the account's gross size, Σ|amount × price| + Σ notional", at the price being tested."""
    still = sum(size for u, size in book.gross_moving.items() if u != underlying)
    return book.gross_fixed + still + book.gross_moving.get(underlying, 0.0) * k


def by_underlying(legs):
    nets = {}
    for net in net_legs(legs):
        nets.setdefault(net.leg.underlying, []).append(net)
    return nets


def pledge(leg):
    """"isolated_margin; when absent entry notional ÷ leverage; when that is absent too, the initial margin the rules
    ask now"; long options: "pledge 0 unless one is given"."""
    if leg.isolated_margin is not None:
        return float(leg.isolated_margin)
    if leg.leverage is not None:
        return (abs(leg.quantity) if leg.inverse else abs(leg.quantity) * leg.entry) / leg.leverage
    return net_margins(Net(leg, [leg], leg.quantity, None), 1.0)[0]


def is_isolated(leg, mode):
    """"isolated treats every position as isolated; cross and portfolio pool everything; as_held honours mode"."""
    return mode == "isolated" or (mode == "as_held" and leg.isolated)


def make_buckets(book, mode):
    """The pool first. "Pledged margin leaves the pool.\""""
    alone = [leg for leg in book.legs if is_isolated(leg, mode)]
    markets = book.account["market"]["underlyings"]
    coins = {a: value for a, value in book.collateral.items() if a in markets}
    cash = [value for a, value in book.collateral.items() if a not in markets]
    pool = Bucket(None, by_underlying([leg for leg in book.legs if not is_isolated(leg, mode)]),
                  math.fsum(cash + [-pledge(leg) for leg in alone]), coins, mode == "portfolio")
    return [pool] + [Bucket(leg.id, by_underlying([leg]), pledge(leg)) for leg in alone]


def underlying_figures(bucket, underlying, k):
    """(what it adds to equity, initial, maintenance) of one underlying's positions in one bucket."""
    nets = bucket.nets.get(underlying, [])
    gain = math.fsum(future_profit(leg, k) for net in nets for leg in net.legs if not leg.option)
    if bucket.scan:
        value = math.fsum(net.quantity * option_price(net.leg, k) for net in nets if net.leg.option)
        maintenance = scan_charge(nets, k) + basis_charge(nets, k)
        return gain + value, 1.25 * maintenance, maintenance
    margins = [net_margins(net, k) for net in nets]
    return gain, math.fsum(m[0] for m in margins), math.fsum(m[1] for m in margins)


def figures_of(bucket, underlying, k=1.0):
    """The same, remembered: buffer and equity are asked for at the same points."""
    if (underlying, k) not in bucket.known:
        bucket.known[underlying, k] = underlying_figures(bucket, underlying, k)
    return bucket.known[underlying, k]


def figures(bucket, underlying, k):
    """(equity, initial, maintenance) of a bucket with the index of `underlying` at k × its present price."""
    moved = figures_of(bucket, underlying, k)
    still = [figures_of(bucket, u) for u in bucket.nets if u != underlying]
    coins = [value * k if u == underlying else value for u, value in bucket.coins.items()]
    equity = math.fsum([bucket.cash, moved[0]] + coins + [f[0] for f in still])
    return equity, math.fsum([moved[1]] + [f[1] for f in still]), math.fsum([moved[2]] + [f[2] for f in still])


def buffer(bucket, underlying, k):
    equity, _, maintenance = figures(bucket, underlying, k)
    return equity - maintenance


# The walk ---------------------------------------------------------------------------------------------------------

def spread_out(centre, width):
    """A kink and points a few widths either side of it."""
    return [centre * math.exp(j * width) for j in (-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6)]


def option_kinks(net, scan, spacing):
    """Strike, and strike ÷ forward ratio ÷ (1 + x); widths only where they are finer than the walk itself."""
    leg = net.leg
    centres = [leg.strike / leg.forward / (1.0 + x) for x in (SHOCKS if scan else (0.0,))]
    kinks = [leg.strike / leg.index, *centres]
    if 0.0 < leg.widths[1] < 2.0 * spacing:
        kinks += [point for centre in centres for point in spread_out(centre, leg.widths[1])]
    return kinks


def future_kinks(net):
    """Tier floors ÷ |net|; the notional of an inverse contract does not move."""
    if net.leg.inverse or not net.quantity:
        return []
    return [floor / (abs(net.quantity) * net.leg.mark) for floor, *_ in TIERS[1:]]


def delta_kink(nets):
    """Where the net delta, a + b k, is zero."""
    futures = [net for net in nets if not net.leg.option]
    a = math.fsum(delta(net, 1.0) for net in futures if net.leg.inverse)
    b = math.fsum(delta(net, 1.0) for net in futures if not net.leg.inverse)
    return [-a / b] if a * b < 0.0 else []


def walk_points(bucket, underlying, nodes):
    """"The walk covers 1/10,000 to 10,000 times the present price": log-spaced nodes, every kink, the present."""
    nets, spacing = bucket.nets.get(underlying, []), math.log(WALK[1] / WALK[0]) / nodes
    points = [WALK[0] * math.exp(i * spacing) for i in range(1, nodes)] + [1.0, *delta_kink(nets)]
    for net in nets:
        points += option_kinks(net, bucket.scan, spacing) if net.leg.option else future_kinks(net)
    return sorted({*WALK, *(k for k in points if WALK[0] < k < WALK[1])})


def could_touch(k, v):
    """Whether a dip at the middle of three points, extended along the steeper neighbour, might reach zero."""
    left, right = (v[0] - v[1]) / (k[1] - k[0]), (v[2] - v[1]) / (k[2] - k[1])
    return v[1] < 3.0 * max(left * (k[2] - k[1]), right * (k[1] - k[0]))


def golden_dip(f, k, v):
    """A point where f < 0 inside a bracket of positive values whose middle is lowest, or None."""
    k, v = list(k), list(v)
    while could_touch(k, v) and k[2] - k[0] > 1e-13 * k[1]:
        longer = 2 if k[2] - k[1] > k[1] - k[0] else 0
        point = k[1] + 0.381966 * (k[longer] - k[1])
        if point in k:
            return None
        value = f(point)
        if value < 0.0:
            return point
        if value < v[1]:
            k[2 - longer], v[2 - longer], k[1], v[1] = k[1], v[1], point, value
        else:
            k[longer], v[longer] = point, value
    return None


def near_touches(f, points, values):
    """Points of the other sign between nodes of one sign: pairs of roots the nodes alone would miss."""
    found = []
    for i in range(1, len(points) - 1):
        sign = -1.0 if values[i] < 0.0 else 1.0
        v = [sign * value for value in values[i - 1:i + 2]]
        if min(v) >= 0.0 and v[1] <= v[0] and v[1] <= v[2] and v[0] + v[2] > 2.0 * v[1]:
            point = golden_dip(lambda k: sign * f(k), points[i - 1:i + 2], v)
            found += [] if point is None else [(point, f(point))]
    return found


def bisect(f, a, b):
    """The sign change of f between a and b, to 1e-13; the end where f >= 0 is returned."""
    safe, gone = (a, b) if f(a) >= 0.0 else (b, a)
    while abs(safe - gone) > 1e-13 * max(safe, gone):
        middle = 0.5 * (safe + gone)
        if middle in (safe, gone):
            break
        if f(middle) >= 0.0:
            safe = middle
        else:
            gone = middle
    return safe


def edge(f, tolerant, a, b):
    """Where f = 0 between a and b; the tolerance decides whether there is an edge, not where it lies, unless the
    safe end is itself a hair below zero."""
    return bisect(f if max(f(a), f(b)) >= 0.0 else tolerant, a, b)


def negative_intervals(f, size, points):
    """The open intervals (in k) where f < 0; None is an end of the walk. "Exactly 0 is safe; within 1e-12 of the
    account's gross size counts as 0", the gross size at the price being tested."""
    def tolerant(k):
        return f(k) + ZERO * size(k)

    values = [tolerant(k) for k in points]
    samples = sorted(list(zip(points, values)) + near_touches(tolerant, points, values))
    intervals, start, inside = [], None, samples[0][1] < 0.0
    for (a, fa), (b, fb) in zip(samples, samples[1:]):
        if (fa < 0.0) == (fb < 0.0):
            continue
        root = edge(f, tolerant, a, b)
        if inside:
            intervals.append((start, root))
        inside, start = not inside, root
    return [*intervals, (start, None)] if inside else intervals


def nearest(intervals):
    """(below, above): "the nearest triggers under and over the present price; both null inside a region"."""
    if any((a is None or a < 1.0) and (b is None or b > 1.0) for a, b in intervals):
        return None, None
    below = max((b for _, b in intervals if b is not None and b <= 1.0), default=None)
    above = min((a for a, _ in intervals if a is not None and a >= 1.0), default=None)
    return below, above


def nearer(below, above):
    """"the nearer of below and above (tie: below)"."""
    if below is None or above is None:
        return below if above is None else above
    return below if 1.0 - below <= above - 1.0 else above


def first_bankruptcy(f, size, points, trigger, down):
    """"the first equity = 0 at or beyond it on that side"."""
    beyond = [k for k in points if k < trigger] if down else [k for k in points if k > trigger]
    intervals = negative_intervals(f, size, sorted([*beyond, trigger]))
    if not intervals:
        return None
    return (intervals[-1][1] if down else intervals[0][0]) or trigger


def union(intervals):
    """Sorted and disjoint."""
    merged = []
    for a, b in sorted(intervals, key=lambda i: -math.inf if i[0] is None else i[0]):
        last = merged[-1] if merged else None
        if last and (last[1] is None or a is None or a < last[1]):
            last[1] = None if last[1] is None or b is None else max(last[1], b)
        else:
            merged.append([a, b])
    return merged


# The result -------------------------------------------------------------------------------------------------------

def walk_bucket(book, bucket, underlying, nodes):
    """Intervals, liquidation price and bankruptcy price of one bucket along one underlying, as multiples of now."""
    def size(k):
        return gross_size(book, underlying, k)

    points = walk_points(bucket, underlying, nodes)
    intervals = negative_intervals(lambda k: buffer(bucket, underlying, k), size, points)
    below, above = nearest(intervals)
    trigger, bankruptcy = nearer(below, above), None
    if trigger is not None and underlying in bucket.nets:
        bankruptcy = first_bankruptcy(lambda k: figures(bucket, underlying, k)[0], size, points, trigger,
                                      trigger == below)
    return intervals, trigger, bankruptcy


def times(k, price):
    return None if k is None else k * price


def liquidation_of(book, walks, underlying):
    price = float(book.account["market"]["underlyings"][underlying]["price"])
    intervals = union([i for (_, u), (found, _, _) in walks.items() if u == underlying for i in found])
    below, above = nearest(intervals)
    return {"below": times(below, price), "above": times(above, price),
            "regions": [[times(a, price), times(b, price)] for a, b in intervals]}


def walk_all(book, buckets, nodes):
    """The pool along every underlying; "an isolated position only along its own"."""
    return {(bucket.name, u): walk_bucket(book, bucket, u, nodes)
            for bucket in buckets for u in book.underlyings if bucket.name is None or u in bucket.nets}


def present_totals(bucket):
    return figures(bucket, None, 1.0)


def position_result(book, buckets, walks, leg, mode):
    bucket = next(b for b in buckets if b.name == (leg.id if is_isolated(leg, mode) else None))
    net = next(n for n in bucket.nets[leg.underlying] if leg in n.legs)
    initial, maintenance = (None, None) if bucket.scan else (m * leg_share(net, leg) for m in net_margins(net, 1.0))
    _, trigger, bankruptcy = walks[bucket.name, leg.underlying]
    result = {"id": leg.id, "notional": notional(leg, 1.0), "unrealised_pnl": unrealised_pnl(leg),
              "initial_margin": initial, "maintenance_margin": maintenance,
              "liquidation_price": times(trigger, leg.index), "bankruptcy_price": times(bankruptcy, leg.index)}
    if bucket.name is not None:
        equity, _, required = present_totals(bucket)
        result |= {"pledged": bucket.cash, "equity": equity, "buffer": equity - required}
    return result


def head(equity, initial, maintenance):
    return {"equity": equity, "initial_margin": initial, "maintenance_margin": maintenance,
            "buffer": equity - maintenance, "available": equity - initial}


def maintenance_used(equity, maintenance):
    """"maintenance ÷ equity, 0 when maintenance is 0, null when equity ≤ 0 < maintenance"."""
    if maintenance == 0.0:
        return 0.0
    return None if equity <= 0.0 else maintenance / equity


def components(buckets):
    """What the head maintenance margin is made of."""
    if not buckets[0].scan:
        return [{"name": str(net.leg.instrument), "amount": net_margins(net, 1.0)[1]}
                for bucket in buckets for nets in bucket.nets.values() for net in nets]
    rows = [(u, scan_charge(nets, 1.0), basis_charge(nets, 1.0)) for u, nets in buckets[0].nets.items()]
    return [part for u, scan, basis in rows
            for part in ({"name": f"{u} scan", "amount": scan}, {"name": f"{u} basis", "amount": basis})]


def evaluate_mode(book, mode, nodes):
    buckets = make_buckets(book, mode)
    totals = [present_totals(bucket) for bucket in buckets]
    walks = walk_all(book, buckets, nodes)
    result = head(*(math.fsum(column) for column in zip(*totals)))
    result["maintenance_used"] = maintenance_used(result["equity"], result["maintenance_margin"])
    result["positions"] = [position_result(book, buckets, walks, leg, mode) for leg in book.legs]
    result["liquidation"] = {u: liquidation_of(book, walks, u) for u in book.underlyings}
    result["worst"] = {"components": components(buckets)}
    if mode in ("as_held", "isolated"):
        result["pool"] = head(*totals[0])
    return result


def evaluate(account, modes=MODES, nodes=400):
    """The contract's `--json` result of a valid account file under the generic rules, without file, hash and rules."""
    book = make_book(account)
    return {"modes": {mode: evaluate_mode(book, mode, nodes) for mode in modes}}


# For tests that want to look closer -------------------------------------------------------------------------------

def figures_at(account, mode, underlying=None, price=None, position=None):
    """(equity, initial, maintenance, gross size) of the pool, or of an isolated position, at one index price."""
    book = make_book(account)
    bucket = next(b for b in make_buckets(book, mode) if b.name == position)
    k = 1.0 if underlying is None else price / account["market"]["underlyings"][underlying]["price"]
    return *figures(bucket, underlying, k), gross_size(book, underlying, k)


def worst_rows(account):
    """Underlying → (price shock, "up" | "same" | "down") of the portfolio charge."""
    book = make_book(account)
    pool = make_buckets(book, "portfolio")[0]
    return {u: worst_row(nets, gross_size(book, None, 1.0)) for u, nets in pool.nets.items()}

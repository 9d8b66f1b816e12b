"""Cases with open orders: they go into the account file beside the positions, the core charges them."""

from risk_core.margin.orders import open_sizes
from tests.golden import books
from tests.golden.closing_cases import closing


def instruments(inputs):
    """What the case says of each instrument, by symbol: its position, else its first order and no size."""
    empty = [{"type": "linear", "entry": one.get("price"), **one, "side": "long", "size": 0.0}
             for one in reversed(inputs["open_orders"])]
    return {one["symbol"]: one for one in (*empty, *inputs["positions"])}


def order(one, like, inputs, name):
    """One open order of a case; a price left out is the mark."""
    side = "long" if one["side"] in {"buy", "long"} else "short"
    price = books.mark(like) if one.get("price") is None else one["price"]
    out = {"id": name, "kind": "perpetual", "underlying": one["symbol"], "settlement": like["type"],
           "quantity": books.quantity({**like, "size": one["size"], "side": side}, inputs), "price": price}
    leverage = one.get("leverage") or like.get("leverage")
    return out | ({"leverage": leverage} if leverage else {})


def open_orders(inputs, _):
    """Initial margin on the larger of the sizes reached if all buys fill, or all sells, and those sizes."""
    known = instruments(inputs)
    resting = [order(one, known[one["symbol"]], inputs, f"{i}") for i, one in enumerate(inputs["open_orders"])]
    doc = books.document({**inputs, "positions": list(known.values())},
                         rules={"orders": {"initial": "larger open size"}} | closing(inputs))
    doc["positions"] = [row for row in doc["positions"] if row["quantity"]]
    found = books.evaluated(doc | {"orders": resting}, "cross")[1]
    sizes = {symbol: open_sizes(books.quantity(one, inputs),
                                [row["quantity"] for row in resting if row["underlying"] == symbol])
             for symbol, one in known.items()}
    bought, sold = next(iter(sizes.values())) if len(sizes) == 1 else (
        {symbol: pair[side] for symbol, pair in sizes.items()} for side in (0, 1))
    return {"buy_open_size": bought, "sell_open_size": sold, "initial_margin": found.head.initial_margin,
            "maintenance_margin": found.head.maintenance_margin}


FORMULAS = {"IM_OPEN_SIZE": open_orders}

"""`python -m benchmarks.browser_latency [--quick]`: what a user waits for in a real Chromium, alone and among ten."""

import statistics
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import chromium
from benchmarks.contest import Table, plain
from benchmarks.report import load, machine, parser, show, show_gates
from benchmarks.serving import served
from benchmarks.visitor import Visitor
from db.samples import SAMPLES, sample_id

PAGES = {"Compare": "", "Liquidation": "liquidation"}
"""Address of each page."""
MEDIAN_MS, HIGH_MS, EDIT_MS, COLD_S = 150.0, 300.0, 300.0, 4.0
OTHERS, PAUSE_S, FROM = 9, 1.0, -25
"""Further users, seconds between two moves of one, and where their walk along the slider begins, steps from now."""
WARM_UP = 3
GRID, CELL = "stDataFrame", ".gdg-input"
HEAD = ("what", "users", "n", "key → sent", "median", "95 %", "most", "all charts: median", "95 %", "CPU: server",
        "page", "budget", "load")


@dataclass(frozen=True)
class Waits:
    """Milliseconds of each move: until it was sent, until its first and its last change was painted.

    server, page: processor milliseconds a move, of the server and of the page's main thread.
    """

    sent: list
    first: list
    last: list
    server: float
    page: float


def main(arguments=None):
    options_of = parser("browser_latency", __doc__, "few moves")
    options_of.add_argument("--moves", type=int, default=30, help="moves of each row")
    options = options_of.parse_args(arguments)
    moves = 4 if options.quick else options.moves
    print(f"# What a user waits for\n\n{machine(('streamlit', 'plotly', 'playwright'))}\n")
    table = Table("Waiting in Chromium, milliseconds from the key to the paint", HEAD)
    with chromium.browser() as browser:
        cold_starts(table, browser, 1 if options.quick else 3)
        with served() as server:
            for title in PAGES:
                add(table, f"slider move → changed chart, {title}", 1, slide(browser, server, title, moves))
            add(table, "edit of a position → every figure", 1, edit(browser, server, max(moves // 3, 2)), EDIT_MS)
            for title in PAGES:
                with company(server, title):
                    waits = slide(browser, server, title, moves)
                add(table, f"slider move → changed chart, {title}", 1 + OTHERS, waits)
    table.notes += NOTES
    show(table)
    show_gates([table])
    return 0


NOTES = (
    ("Each move is a step of the price slider by the arrow key to a value that no cache holds; the chart counts once "
     "the frame with it was painted. “All charts” also waits for those further down the page."),
    (f"Of ten users one is this Chromium; the other {OTHERS} speak the websocket protocol, each on another sample and "
     f"the same page, and move a slider every {PAUSE_S:g} s. All share the cores with the server."),
    ("CPU: processor milliseconds a move, of the server for all its users and of the main thread of this page; load "
     "moves them much less than the waits."),
    "Load: processes that wanted a core in the last minute; what is not ours makes every row slower.",
)


def add(table, what, users, waits, budget=MEDIAN_MS):
    """A row, with its gates where there is one user."""
    first, last = sorted(waits.first), sorted(waits.last)
    middle, high = statistics.median(first), at_rank(first, 0.95)
    table.rows.append((what, users, len(first), *(plain(one, ".0f") for one in (
        statistics.median(waits.sent), middle, high, first[-1], statistics.median(last), at_rank(last, 0.95),
        waits.server, waits.page)), f"{budget:g}, 95 % {max(HIGH_MS, budget):g}", load()))
    if users == 1:
        table.at_most(f"{what}: median", middle, budget, "ms")
        table.at_most(f"{what}: 95 %", high, max(HIGH_MS, budget), "ms")


def at_rank(ordered, share):
    """The least value that this share of them do not exceed."""
    return ordered[max(int(-(-share * len(ordered) // 1)) - 1, 0)]


def slide(browser, server, title, moves):
    """Moves of the first price slider of a page."""
    with chromium.page(browser) as page:
        page.goto(f"{server.address}/{PAGES[title]}")
        chromium.ready(page)
        page.get_by_role("slider", name="BTC price").first.focus()
        return repeated(server, page, moves, lambda _: chromium.press(page, "ArrowRight", "charts"))


def repeated(server, page, times, act):
    """What `times` acts wait for, after a few that warm up the page."""
    for i in range(WARM_UP):
        act(i)
    meters = (server, chromium.Meter(page))
    before = [meter.cpu for meter in meters]
    seen = [act(WARM_UP + i) for i in range(times)]
    cpu = [(meter.cpu - old) * 1e3 / times for meter, old in zip(meters, before, strict=True)]
    return Waits(*([one[name] for one in seen] for name in ("sent", "first", "last")), *cpu)


def edit(browser, server, times):
    """Another quantity typed into the first leg's row; done when the last figure of the page has changed."""
    with chromium.page(browser) as page:
        page.goto(f"{server.address}/portfolio")
        page.get_by_test_id(GRID).first.wait_for()
        chromium.ready(page, 0)

        def act(i):
            open_cell(page, 1, 600)
            page.locator(CELL).fill(f"{2 + i / 8:g}")
            page.wait_for_timeout(200)
            page.keyboard.press("Enter")
            waited = chromium.moved(page, "Enter", "figures")
            return {**waited, "first": waited["last"]}

        return repeated(server, page, times, act)


def open_cell(page, row, x):
    """Open a cell of the first grid: `row` from 1, `x` pixels from its left edge."""
    cell = page.locator(CELL)
    for _ in range(6):  # the first click may only bring the focus
        if cell.count():
            return
        box = page.get_by_test_id(GRID).first.bounding_box()
        page.mouse.click(box["x"] + x, box["y"] + 17 + 33 * row)
        page.wait_for_timeout(700)
    raise RuntimeError("the cell did not open")


def cold_starts(table, browser, times):
    """From the start of the server's process to the first figures and chart, with nothing cached in the browser."""
    figures, charts = zip(*(cold_start(browser) for _ in range(times)), strict=True)
    for what, seconds in (("figures", figures), ("chart", charts)):
        middle, most = statistics.median(seconds), max(seconds)
        budget = f"{COLD_S * 1e3:g}" if what == "figures" else ""
        table.rows.append((f"cold start → first {what}", 1, times, "", plain(middle * 1e3, ".0f"), "", plain(
            most * 1e3, ".0f"), "", "", "", "", budget, load()))
        if budget:
            table.at_most(f"cold start → first {what}: median", middle, COLD_S, "s")


def cold_start(browser):
    with served(wait=False) as server, chromium.page(browser) as page:
        while True:
            try:
                page.goto(server.address, wait_until="commit")
                break
            except chromium.Error:
                time.sleep(0.05)
        page.locator("table.compare").wait_for()
        figures = time.monotonic() - server.started
        page.locator(".chart .nsewdrag").first.wait_for(state="attached")
        return figures, time.monotonic() - server.started


@contextmanager
def company(server, title):
    """Further users at work on a page, each on another sample, moving a slider again and again."""
    files = sorted(SAMPLES.glob("*.margin.json"))[1 : 1 + OTHERS]
    over, broken = threading.Event(), []
    crew = [threading.Thread(target=keep_moving, args=(server, title, file, over, broken)) for file in files]
    for i, thread in enumerate(crew):
        thread.start()
        time.sleep(PAUSE_S / len(crew) if i else 0)
    try:
        yield
    finally:
        over.set()
        for thread in crew:
            thread.join()
    if broken:
        raise broken[0]


def keep_moving(server, title, file, over, broken):
    try:
        with Visitor(server.address, account=str(sample_id(file))) as visitor:
            visitor.open()
            visitor.open(title)
            label = next(label for label in visitor.sliders if "price" in label.lower())
            visitor.move(label, FROM)
            while not over.wait(PAUSE_S):
                visitor.move(label)
    except Exception as problem:
        broken.append(problem)


if __name__ == "__main__":
    sys.exit(main())

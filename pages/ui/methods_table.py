"""The table of one book under several rulebooks, what makes the difference, and why some have no figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from pages.ui import csv_files, markup, words
from pages.ui.methods_data import Level, Row, demand
from risk_core.liquidation.lines import ZERO
from risk_core.margin.rulebook_table import Asked, NotAsked, gap

LEVEL = "Nearest liquidation"
HEADS = (
    ("Initial margin", "USD, rounded up. What must be held to open this book under the rulebook."),
    ("Maintenance margin", "USD, rounded up. What must be held not to be liquidated."),
    ("Equity", "USD. Collateral after the rulebook's haircuts, profit, and the value of options."),
    ("Buffer", "USD, rounded down. Equity less maintenance margin; below 0 is liquidated."),
    (LEVEL, "Index price in USD at which the pool is liquidated first when one price moves alone."),
    ("Worst scenario", "What sets the maintenance margin, in words."),
)
OTHER_WAY = {"more": "less", "less": "more", "higher": "lower"}
LEAST = 0.005


def table(found: Sequence[Row], levels: Mapping[str, Level] | None) -> str:
    """The table. levels: by the text of the question, None where they are not asked for."""
    shown = [head for head in HEADS if levels is not None or head[0] != LEVEL]
    heads = "".join(f'<th scope="col">{markup.helped(label, meaning)}</th>' for label, meaning in shown)
    body = "".join(_row(row, levels) for row in found)
    head = f'<thead><tr><th scope="col">Rulebook</th>{heads}</tr></thead><tbody>{body}</tbody>'
    return markup.html(markup.table("This book under each rulebook, in portfolio mode", head, "triggers methods"))


def _row(row: Row, levels: Mapping[str, Level] | None) -> str:
    one = row.asked
    changed = f", {len(one.rulebook.overridden)} changed" if one.rulebook.overridden else ""
    sub = f'<span class="sub"> {escape(one.rulebook.name)}{", in force" if row.in_force else ""}{changed}</span>'
    gone = ' <span class="chip liquidated">liquidated</span>' if one.buffer < -ZERO * one.holding.size else ""
    shown = (words.money(one.initial, "up"), words.money(one.maintenance, "up"), words.money(one.equity),
             words.money(one.buffer, "down"))
    figures = [f'<span class="new">{figure}</span>' for figure in shown]
    if one.haircut >= LEAST:
        figures[2] += f'<span class="sub">haircuts take {words.money(one.haircut)}</span>'
    figures[-1] += gone
    level = {} if levels is None else {LEVEL: escape(level_words(levels[row.question.text]))}
    cells = {**dict(zip((head for head, _ in HEADS), figures, strict=False)), **level, HEADS[-1][0]: escape(worst(one))}
    body = "".join(f'<td data-head="{escape(head)}">{cell}</td>' for head, cell in cells.items())
    return f'<tr><th scope="row">{escape(one.rulebook.title)}{sub}</th>{body}</tr>'


def worst(one: Asked) -> str:
    """What sets the figure, without what was assumed and left out."""
    asked = demand(one)
    return one.why.worst if asked is None else asked.worst


def level_words(level: Level) -> str:
    """A nearest level in words."""
    if level.reason:
        return level.reason
    if level.found is None:
        return words.NONE
    if level.found.now:
        return "now"
    nearest = level.found.nearest or 0.0
    return f"{level.underlying} {words.price(nearest)} ({words.move(nearest / level.found.price - 1.0)})"


def headline(found: Sequence[Row]) -> tuple[str, str]:
    """Which rulebook asks most and which least, and what makes the difference; text, to be escaped."""
    if not found:
        return "None of these rulebooks has a figure for this account.", ""
    most, apart = found[0].asked, gap(row.asked for row in found)
    if apart is None:
        who = most.rulebook.title if len(found) == 1 else f"Each of the {len(found)} rulebooks"
        return f"{who} asks {words.money(most.initial, 'up')} USD of initial margin.", ""
    return (f"{apart.more} asks most, {words.money(most.initial, 'up')} USD of initial margin; {apart.less} least, "
            f"{words.money(found[-1].asked.initial, 'up')} USD."), drivers(apart.parts)


def drivers(parts: Sequence[tuple[str, float]]) -> str:
    """What widens a gap, and what narrows it, the largest first; the parts as `Gap.parts` gives them."""
    widens = [_said(text, amount) for text, amount in parts if amount >= LEAST]
    narrows = [_said(_turned(text), amount) for text, amount in reversed(parts) if amount <= -LEAST]
    told = f"What sets the first apart: {'; '.join(widens)}." if widens else ""
    return f"{told} Against it: {'; '.join(narrows)}." if narrows else told


def _said(text: str, amount: float) -> str:
    return f"{text} ({words.money(amount, plus=True)})"


def _turned(text: str) -> str:
    return " ".join(OTHER_WAY.get(word, word) for word in text.split(" "))


def missing(found: Sequence[NotAsked]) -> str:
    """Which rulebooks have no figure, and why."""
    items = "".join(f"<li><b>{escape(one.rulebook.title)}</b>: {escape(one.reason.rstrip('.'))}.</li>" for one in found)
    return markup.html(f'<p class="muted">No figure for this account:</p><ul>{items}</ul>', name="missing")


def assumed(found: Sequence[Row]) -> str:
    """What each method assumed and left out of this figure; empty where there is nothing to say."""
    told = [(row.asked.rulebook.title, demand(row.asked)) for row in found]
    items = "".join(
        f"<dt>{escape(title)}</dt><dd>{_sentences('', asked.notes)}{_sentences('Left out: ', asked.left_out)}</dd>"
        for title, asked in told if asked is not None and (asked.notes or asked.left_out))
    return markup.html(f"<dl>{items}</dl>") if items else ""


def _sentences(label: str, said: Sequence[str]) -> str:
    return "".join(f"<p>{label}{escape(one)}</p>" for one in said)


def csv(found: Sequence[Row], without: Sequence[NotAsked], levels: Mapping[str, Level] | None) -> bytes:
    """The table as a file; rulebooks without a figure give the reason."""
    head = ("rulebook", "title", "initial_margin_usd", "maintenance_margin_usd", "equity_usd", "buffer_usd",
            "nearest_liquidation", "worst", "not_available")
    lines: list[list[str | float | None]] = [
        [row.asked.rulebook.name, row.asked.rulebook.title, row.asked.initial, row.asked.maintenance, row.asked.equity,
         row.asked.buffer, "" if levels is None else level_words(levels[row.question.text]), worst(row.asked), ""]
        for row in found]
    lines += [[one.rulebook.name, one.rulebook.title, None, None, None, None, "", "", one.reason] for one in without]
    return csv_files.write(head, lines)

"""What each leg has to do with the figure of one rulebook: four ways, and one step of the waterfall opened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from pages.ui import cents, csv_files, markup, table_rows, words
from pages.ui.why import REST, REST_MEANS, SHARES
from risk_core.arrays import Floats
from risk_core.margin.explain import Step
from risk_core.margin.leg_steps import LegStep
from risk_core.margin.rulebook_table import Asked

MORE = ("1 % more", ("USD. By how much the maintenance margin rises when this leg is 1 % larger and the others stay "
                     "(incremental). Negative: more of the leg lowers it."))
HEADS = (SHARES[0], SHARES[1], MORE, SHARES[2])


def attribution(one: Asked, more: Floats) -> str:
    """Maintenance margin by leg: alone, marginal, incremental, Euler, with the sums."""
    shares, whole = one.why.shares, words.rounded(one.maintenance, "up")
    alone_sum = words.rounded(math.fsum(share.standalone for share in shares), "up")
    alone = cents.shared([share.standalone for share in shares], alone_sum)
    *parts, rest = cents.shared([*(share.euler for share in shares), one.why.unshared], whole)
    labels = leg_labels(one)
    body = table_rows.body((
        f'<tr><th scope="row">{escape(share.id)}<span class="sub">{escape(labels[share.id])}</span></th>'
        f"<td>{words.money(own, 'up')}</td><td>{words.money(share.marginal)}</td>"
        f"<td>{words.money(float(added), plus=True)}</td><td>{words.money(part)}</td></tr>"
        for share, own, added, part in zip(shares, alone, more, parts, strict=True)), len(shares), 1 + len(HEADS),
        table_rows.FILE)
    heads = "".join(f'<th scope="col">{markup.helped(label, meaning)}</th>' for label, meaning in HEADS)
    left = (f'<tr><th scope="row">{markup.helped(REST, REST_MEANS)}</th><td></td><td></td><td></td>'
            f"<td>{words.money(rest)}</td></tr>" if abs(rest) >= 0.005 else "")
    foot = (f'<tr><th scope="row">Sum</th><td>{words.money(alone_sum)}</td>'
            f'<td class="muted" colspan="2">these do not add up</td><td>{words.money(whole)}</td></tr>')
    return markup.html(markup.table(
        "Maintenance margin by leg, four ways",
        f'<thead><tr><th scope="col">Leg</th>{heads}</tr></thead><tbody>{body}{left}</tbody><tfoot>{foot}</tfoot>',
        "legs shares"))


def reading(one: Asked) -> str:
    """How to read the table, one line of markdown."""
    text = ("Part (Euler): each leg's part of the margin in proportion to a small change of its size. A leg that gains "
            "where the account loses most counts below 0, and the others together then carry more than the total.")
    first = next((step.amount for step in one.why.steps if step.kind == "alone"), 0.0)
    if abs(first - math.fsum(share.standalone for share in one.why.shares)) >= 0.005:
        text += " Alone counts the add-ons a leg by itself would be charged; the first step of the waterfall does not."
    return text


def opened(one: Asked, step: LegStep, shown: Step) -> str:
    """One step of the waterfall by leg. shown: the step in whole cents."""
    *parts, rest = cents.shared([*step.by_leg.tolist(), step.rest], shown.amount)
    labels, sign = leg_labels(one), not shown.is_total
    legs = one.holding.account.book.ids
    body = table_rows.body((
        f'<tr><th scope="row">{escape(name)}<span class="sub">{escape(labels[name])}</span></th>'
        f"<td>{words.money(part, plus=sign)}</td></tr>"
        for name, part in zip(legs, parts, strict=True)), len(legs), 2, table_rows.FILE)
    left = (f'<tr><th scope="row">{markup.helped(REST, REST_MEANS)}</th><td>{words.money(rest, plus=sign)}</td></tr>'
            if abs(rest) >= 0.005 else "")
    foot = f'<tr><th scope="row">{escape(step.step.name)}</th><td>{words.money(shown.amount, plus=sign)}</td></tr>'
    return markup.html(markup.table(
        f"{step.step.name} by leg", f'<thead><tr><th scope="col">Leg</th><th scope="col">USD</th></tr></thead>'
        f"<tbody>{body}{left}</tbody><tfoot>{foot}</tfoot>", "legs two"))


def leg_labels(one: Asked) -> dict[str, str]:
    """Instrument of each leg by id."""
    account = one.holding.account
    return {name: account.instruments.labels[at]
            for name, at in zip(account.book.ids, account.book.instrument, strict=True)}


def attribution_csv(one: Asked, more: Floats) -> bytes:
    """The attribution as a file, and the rest in a row of its own."""
    head = ("rulebook", "leg", "instrument", "standalone_usd", "marginal_usd", "incremental_1_percent_usd", "euler_usd")
    labels, name = leg_labels(one), one.rulebook.name
    rows: list[list[str | float | None]] = [
        [name, share.id, labels[share.id], share.standalone, share.marginal, float(added), share.euler]
        for share, added in zip(one.why.shares, more, strict=True)]
    return csv_files.write(head, [*rows, [name, REST, "", None, None, None, one.why.unshared]])


def steps_csv(one: Asked, steps: Sequence[LegStep]) -> bytes:
    """The waterfall as a file, one column for each leg."""
    head = ("rulebook", "step", "kind", "amount_usd", *(f"{leg}, USD" for leg in one.holding.account.book.ids), REST)
    return csv_files.write(head, (
        [one.rulebook.name, step.step.name, step.step.kind, step.step.amount, *step.by_leg.tolist(), step.rest]
        for step in steps))

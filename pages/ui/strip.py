"""The strip above every page: equity, maintenance used and nearest level of each mode, source and rules."""

from __future__ import annotations

import math
from html import escape

from pages.ui import demo_data, heading, markup, older, style, words
from pages.ui.comparison_table import worst_used
from pages.ui.nearest import nearest
from pages.ui.view import View
from risk_core.margin.compare import Comparison
from risk_core.margin.models import MODES

NARROW_CALL = '<span class="narrow"> !</span>'
"""Stands beside the share used for the badge of a margin call where there is no room for it."""
SHORT = 8
"""Digits of a content hash that are shown."""


def strip(seen: View) -> str:
    """The whole strip; its size does not depend on the figures in it."""
    cells = "".join(_mode(seen, name) for name in seen.modes)
    kind = "ms-strip whatif" if seen.moved else "ms-strip"
    return (f'<section class="ms {kind} of{len(seen.modes)}" aria-label="The account at a glance">'
            f"{_equity(seen)}{cells}{_source(seen)}{_state(seen)}</section>")


def short(digest: str) -> str:
    """The first digits of a content hash, with or without its kind before it."""
    return digest.rpartition(":")[2][:SHORT]


def _equity(seen: View) -> str:
    """Equity of the modes that do not count options; beside it what they add where they do, or what it was."""
    counts = {name: MODES[name].counts_option_value(seen.after.rulebook.rules) for name in seen.modes}
    plain = next((name for name in seen.modes if not counts[name]), seen.modes[-1])
    full = next((name for name in seen.modes if counts[name]), plain)
    new, old = (one.modes[plain].head.equity for one in (seen.after, seen.before))
    options = seen.after.modes[full].head.equity
    if seen.has_before:
        sub = f"was {words.money(old)}"
    elif abs(options - new) >= 0.005:
        sub = f"{words.money(options)} with options"
    else:
        sub = "in every mode"
    title = _equity_title(counts, new, options)
    return (f'<div class="eq" title="{escape(title)}"><span class="k">Equity, USD</span><b>{words.money(new)}</b>'
            f'<span class="s">{escape(sub)}</span></div>')


def _equity_title(counts: dict[str, bool], new: float, options: float) -> str:
    """Which modes count the value of options, and what each side comes to."""
    without, having = (words.listed([MODES[name].title for name, each in counts.items() if each is wanted])
                       for wanted in (False, True))
    told = [f"{without}: {words.money(new)} USD."] if without else []
    told += [f"{having}, {'which counts' if without else 'counting'} the value of options: {words.money(options)} USD."
             ] if having else []
    return " ".join(told)


def _mode(seen: View, name: str) -> str:
    (new, who), (old, _) = (worst_used(one.modes[name]) for one in (seen.after, seen.before))
    where, far, relative = _level(seen.after, name)
    was = f" (was {words.used(old)}, {' '.join(_level(seen.before, name)[:2])})" if seen.has_before else ""
    call = markup.call_badge(seen.after.modes[name], "call")
    title = (f"{MODES[name].title}: maintenance used {words.used(new)}{f', {who}' if who else ''}; nearest liquidation "
             f"{where} {far}{was}. Liquidation at 100 %{', margin call now' if call else ''}."
             f"{_wallets(seen.after, name)}")
    band = style.danger(new)
    wallets = seen.after.modes[name].wallets
    named = f"{who} " if any(who == wallet.name for wallet in wallets) else ""
    share = (f'<span class="chip {band}">{escape(named + words.used(new).replace("no equity left", "no equity"))}'
             f"{call and NARROW_CALL}</span>")
    return (f'<div class="mo" title="{escape(title)}"><span class="k">{markup.mode(name)}{call}{share}</span>'
            f"{markup.bar(new, old, moved=seen.has_before)}"
            f'<span class="s"><span>{escape(where)}</span>{_far(far, relative)}</span></div>')


def _wallets(of: Comparison, name: str) -> str:
    """Each wallet and what of it is used, where there are several."""
    told = [f"{wallet.name} {words.used(wallet.figures.strain)}" for wallet in of.modes[name].wallets]
    return f" {words.listed(told)}." if told else ""


def _far(text: str, relative: float) -> str:
    """The distance in the colour of how near it is; where it is told in words, also in a form that fits a phone."""
    if text != words.move(words.FAR + 1.0):
        return markup.distance(relative, text)
    short = f"&gt;{words.SPACE}10×"
    return f'<span class="wide">{escape(text)}</span><span class="narrow">{short}</span>'


def _level(of: Comparison, name: str) -> tuple[str, str, float]:
    """The nearest level and its distance, in words and as a share of the price; infinite where there is none."""
    if of.modes[name].buckets_liquidated:
        return "liquidated now", "", math.inf
    found = nearest(of.modes[name], of)
    if found is None:
        return "no level", "", math.inf
    return f"{found.underlying} {words.price(found.price)}", words.move(found.relative), found.relative


def _source(seen: View) -> str:
    rules = seen.question.rules
    changed = f", {len(rules.overridden)} changed" if rules.overridden else ""
    as_of = seen.account.market.as_of
    demo = heading.is_demo(seen.draft)
    title = (f"Market data as of {as_of:%Y-%m-%d %H:%M} UTC{', ' + demo_data.snapshot().label if demo else ''}. Rules: "
             f"{rules.title}{changed}. Content hash of the account shown: {seen.digest}")
    badge = markup.badge("demo", "demo") if demo else ""
    aged = older.prices(seen.names) if demo else ""
    if aged:
        title += f". Older than the rest: {aged}"
    mark = f'<b class="aged">{escape(older.short(seen.names))}</b> ' if aged else ""
    return (f'<div class="src" title="{escape(title)}"><span class="k">{as_of:%Y-%m-%d %H:%M} UTC {badge}</span>'
            f'<span class="s">{mark}<span class="rules">{escape(rules.title + changed)}</span> '
            f"<code>{escape(short(seen.digest))}</code></span></div>")


def _state(seen: View) -> str:
    """Whether anything is hypothetical, and what it is compared with."""
    kind = markup.badge("What-if", "whatif") if seen.moved else '<span class="muted now">As it is</span>'
    against = f"against pin {seen.pin.short}" if seen.pin else "against now" if seen.moved else ""
    title = f"Before: {seen.pin.label}, {seen.pin.short}" if seen.pin else "Before: the account without what-if"
    return f'<div class="st" title="{escape(title)}">{kind}<span class="s">{escape(against)}</span></div>'

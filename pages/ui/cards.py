"""Beside the picture: what each mode's levels say in a sentence, and the readout of the controls."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from pages.ui import markup, words
from pages.ui.comparison_table import worst_used
from pages.ui.headlines import alone, headline
from pages.ui.sentences import sentence
from pages.ui.view import View, Walked


def story(seen: View, along: Walked) -> str:
    """The headline and a card per mode."""
    told = headline(along.stand, along.scene)
    single = alone(seen.after, seen.modes, seen.names) if along.scene.axis.unit is None else ""
    more = f'<span class="single">{escape(single)}</span>' if single else ""
    top = f'<p class="ms-headline">{escape(told)}{more}</p>'
    return markup.html(top + "".join(_card(seen, along, name) for name in seen.modes))


def _card(seen: View, along: Walked, name: str) -> str:
    (used, who), (before, _) = (worst_used(one.modes[name]) for one in (seen.after, seen.before))
    what = f"maintenance used, {who}" if who else "maintenance used"
    call = markup.call_badge(seen.after.modes[name])
    head = (f'<div class="top">{markup.mode(name)}<span class="what"><span class="muted">{escape(what)}</span> '
            f"{markup.chip(used)}{call}</span></div>")
    text = f"<p>{escape(sentence(along.stand[name], along.scene))}</p>"
    return f'<div class="ms-card {name}">{head}{markup.bar(used, before, moved=seen.has_before)}{text}</div>'


def readout(seen: View) -> str:
    """What the controls say, in numbers; a badge when anything on screen is hypothetical."""
    chosen, what_if = seen.controls, seen.controls.what_if
    parts = [_price(seen, name) for name in seen.names]
    if chosen.volatility:
        parts.append(f"implied volatility {words.move(chosen.volatility / 100)} relative")
    if chosen.days:
        then = seen.account.market.as_of + timedelta(days=chosen.days)
        parts.append(f"{words.days(chosen.days)} forward, to {then:%Y-%m-%d %H:%M} UTC")
    shown = "".join(f"<span>{part}</span>" for part in parts)
    if chosen.size != 1:
        parts.append(f"every leg ×{chosen.size:g}")
    if chosen.leverage != 1:
        parts.append(f"leverage ×{chosen.leverage:g}")
    kind = markup.badge("What-if", "whatif") if not what_if.is_now else '<span class="muted">Now</span>'
    return markup.html(f"{kind}{shown}", name="ms-readout")


def _price(seen: View, name: str) -> str:
    now = seen.account.market.underlyings[name].price
    factor = seen.controls.what_if.factor(name)
    if factor == 1:
        return f"{escape(name)} {words.price(now)} USD"
    return (f'{escape(name)} <span class="muted">{words.price(now)} →</span> <b>{words.price(now * factor)} USD</b> '
            f"({words.move(factor - 1)})")

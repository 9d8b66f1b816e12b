"""`docs/accuracy.md`: the same facts as the Accuracy page, as a table in Markdown."""

from pages.ui import accuracy_told as told
from pages.ui import accuracy_words as words

HEAD = """# Accuracy

{headline} Figures of {date}; made by `python -m tests.golden --report docs/accuracy.md`.

{means}

{proves}
"""


def page(found, rulebooks):
    """The whole document. rulebooks: names of those that are shipped."""
    return "\n".join([
        HEAD.format(headline=told.headline(found), date=found.date, means=told.MEANS, proves=told.PROVES),
        "## By venue\n", *venues(found), "", "## Disputed cases\n",
        f"{told.DISPUTED}\n",
        *disputed(found), "", "## Not covered\n", *(f"- {one}" for one in told.uncovered(found, rulebooks)), "",
        "## Every case\n", f"{told.UNITS}\n", *cases(found), "", "## Sources\n", *sources(found), ""])


def table(head, rows):
    return [row(head), row(["---"] * len(head)), *map(row, rows)]


def row(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def venues(found):
    return table(["venue or model", "matched", "figures", "largest error, of its tolerance", "not computed"], [
        [one.name, words.count(one), sum(len(case.figures) for case in one.cases), words.share(one.largest),
         one.missing or ""] for one in found.venues])


def disputed(found):
    return table(["case", "figure", "source prints", "we compute", "why"], [
        [f"{one.venue}: `{one.id}`", words.figure(each.name, each.of), words.printed(each.printed), words.ours(each),
         one.why if each is one.figures[0] else ""] for one in found.disputed for each in one.figures])


def cases(found):
    return table(["case", "runs on", "what is compared", "figure", "source prints", "we compute", "error", "tolerance", ""], [
        [f"`{one.id}`", words.ran(one) if each is one.figures[0] else "", words.formula(one.formula), words.figure(each.name, each.of), words.printed(each.printed), words.ours(each),
         words.error(each), words.tolerance(each), "" if each.matched else "missed"]
        for venue in found.venues for one in venue.cases for each in one.figures])


def sources(found):
    """Each source once, with the cases it stands behind."""
    every = {}
    for one in [*(case for venue in found.venues for case in venue.cases), *found.disputed]:
        every.setdefault((one.venue, one.kind, one.source), []).append(one)
    return table(["venue", "kind", "source", "cases", "inputs that no source states"], [
        [venue, words.KINDS.get(kind, kind), source, len(own),
         "; ".join(f"`{one.id}`: {', '.join(one.inferred)}" for one in own if one.inferred)]
        for (venue, kind, source), own in every.items()])

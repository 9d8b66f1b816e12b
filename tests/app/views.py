"""What a page sees of an account, without a page."""

from pages.ui import cached, state, view
from pages.ui.draft import Draft
from risk_core.portfolio.account_file import read


def of_document(document, chosen=state.Controls()):
    """The document at these controls, compared with now."""
    held = Draft(document, label="x")
    account = cached.account(held.digest, document)
    question, now = (cached.asked(account, one.what_if) for one in (chosen, state.Controls()))
    return view.View(held, account, chosen, question, now)


def of_file(file, chosen=state.Controls()):
    """The same of an account file."""
    return of_document(read(file.read_text("utf-8")).document, chosen)

"""Rulebooks: every parameter with its source, what another value does to the account, and rulebooks of one's own."""

from pages.ui import rulebook_page
from pages.ui.heading import account_header

account = account_header()
rulebook_page.show(account)

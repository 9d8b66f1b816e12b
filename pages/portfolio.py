"""Portfolio: build and edit one account, see what each edit does to margin in every mode, save it."""

from pages.ui import account_bar, book_tabs, desk, standing

desk.absorb()
account_bar.show()
standing.show()
book_tabs.figures()
book_tabs.tabs()

"""Compare: one account in isolated, cross and portfolio margin, now and after a what-if, and where each liquidates."""

from pages.ui.board import board
from pages.ui.formula_opener import opener
from pages.ui.heading import account_header
from pages.ui.rules import limits

account_header()
board()
opener()
limits()

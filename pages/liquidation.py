"""Liquidation: where each mode closes what, over one price, two coins, volatility and days, and the nearest way."""

from pages.ui import liquidation_board
from pages.ui.heading import account_header
from pages.ui.rules import limits

account_header()
liquidation_board.board()
limits()

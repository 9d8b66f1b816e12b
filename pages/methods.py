"""Methods: the same book under several rulebooks, and one of them opened to its scenarios and legs."""

from pages.ui import methods_board
from pages.ui.heading import account_header

account_header()
methods_board.board()

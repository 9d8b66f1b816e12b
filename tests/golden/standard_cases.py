"""Cases of Derive's standard manager: cross margin by rules, with options of an expiry at no more than their greatest
loss, and doubts about the coin and the feeds on top of initial margin.

Options count nothing in equity here: net margin is cash, coins and what perpetuals have made, less the requirement.
"""

from risk_core.margin import contingency
from risk_core.margin.holding import hold
from risk_core.margin.models import MODES
from risk_core.portfolio.account_file import read_document
from risk_core.rulebooks import load
from risk_core.rulebooks.tiers import Step
from tests.core.books import DAY, cash, coin, document, instant

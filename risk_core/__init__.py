"""Margin, revaluation and liquidation of crypto derivatives portfolios.

Knows nothing of databases, frames or screens. Start at `margin.compare.compare`.
"""

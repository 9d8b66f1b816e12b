"""Every figure as a formula: with names, with this account's numbers, and with the source of each number."""

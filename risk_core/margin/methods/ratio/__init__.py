"""Ratio methods: a ratio over cross margin, said as a maintenance margin that equity must not fall below."""

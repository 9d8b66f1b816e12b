"""Margin by sensitivities in the manner of ISDA SIMM: the book's Greeks, weighted, correlated, added."""

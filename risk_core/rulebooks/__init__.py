"""Rulebooks: one data file each, every parameter with meaning, source and date."""

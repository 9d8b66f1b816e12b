"""Charges beside a method: each kind measures something of the pool; `applied` lays a rulebook's over a demand."""

from .apply import applied

__all__ = ["applied"]

"""Margin of options by themselves, in isolated and cross: rates, what they are shares of, and what offsets them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import NotNegative, Positive, Rate, Record

PutBase = Literal["lower of index and strike", "index", "higher of index and mark", "index plus mark"]
SIDES = frozenset({"initial", "maintenance"})
BY_SIDE = ("put_caps", "long_mark_rates", "long_index_rates", "unpaired_calls")


class OptionRates(Record):
    """Rates of short options, shares of the index price; maintenance_floor: see `maintenance_out_of_money`."""

    initial_rate: Rate
    initial_floor: Rate
    maintenance_rate: Rate
    maintenance_floor: Rate = 0.0


class OwnRates(OptionRates):
    """Rates of one underlying."""

    underlying: Annotated[str, Field(min_length=1)]


class SizeStep(Record):
    """From so many units short on, the part of the charge that follows the index counts times `factor`."""

    start: NotNegative = Field(alias="from")
    factor: Positive


class OptionRules(OptionRates):
    """Options in isolated and cross. A short: risk part + fee, + mark where `mark_in` is requirement.

    Risk part, initial: max(initial_rate × index - out of the money, initial_floor × base). Maintenance:
    maintenance_rate × base, or as initial where out of the money is taken off. base: the index of a call,
    `put_..._on` of a put.
    Tables by side have the keys initial and maintenance; a side that is not given has no such rule.
    """

    maintenance_floor: Rate
    own_rates: Annotated[tuple[OwnRates, ...], Field(strict=False)]
    out_of_money: Literal["index", "forward", "share of forward"]
    maintenance_out_of_money: Literal["ignored", "taken off"]
    put_floor_on: PutBase
    put_maintenance_on: PutBase
    put_initial_least: NotNegative
    put_caps: dict[str, NotNegative]
    mark_in: Literal["requirement", "equity"]
    liquidation_fee: Rate
    size_steps: Annotated[tuple[SizeStep, ...], Field(strict=False)]
    long_mark_rates: dict[str, NotNegative]
    long_index_rates: dict[str, NotNegative]
    offset: Literal["none", "same expiry"]
    unpaired_calls: dict[str, NotNegative]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        every: tuple[OptionRates, ...] = (self, *self.own_rates)
        for one in every:
            whose = f"{one.underlying} " if isinstance(one, OwnRates) else ""
            if one.initial_floor < (one.maintenance_floor if self.takes_off else one.maintenance_rate):
                raise ValueError(f"{whose}initial_floor must not be below maintenance_rate")
            if one.maintenance_floor > one.maintenance_rate:
                raise ValueError(f"{whose}maintenance_floor must not be above maintenance_rate")
        self._check_sides()
        self._check_puts()
        self._check_steps()
        return self

    def _check_sides(self) -> None:
        for name in BY_SIDE:
            if unknown := sorted(getattr(self, name).keys() - SIDES):
                raise ValueError(f"{name} has keys initial and maintenance only, not {unknown[0]}")
        if self.long_mark_rates.keys() != self.long_index_rates.keys():
            raise ValueError("long_mark_rates and long_index_rates must have the same keys")
        if self.long_mark_rates and self.offset != "none":
            raise ValueError("offset and long_mark_rates exclude each other: a long option would be offset and charged")

    def _check_puts(self) -> None:
        plain = {"lower of index and strike", "index"}
        if self.put_caps and not {self.put_floor_on, self.put_maintenance_on} <= plain:
            raise ValueError("put_caps need put_floor_on and put_maintenance_on without the mark")
        if self.takes_off and self.put_maintenance_on != "index":
            raise ValueError("put_maintenance_on must be index where out of the money is taken off maintenance")

    def _check_steps(self) -> None:
        steps = self.size_steps
        if steps and steps[0].start != 0:
            raise ValueError("size_steps must start at 0")
        if any(after.start <= before.start or after.factor < before.factor for before, after in pairwise(steps)):
            raise ValueError("size_steps must rise")

    @property
    def takes_off(self) -> bool:
        """Whether the amount out of the money comes off maintenance too."""
        return self.maintenance_out_of_money == "taken off"

    @property
    def forks(self) -> bool:
        """Whether the maintenance of a put is the higher of two that move with the price."""
        return self.put_maintenance_on == "higher of index and mark"

    @property
    def charges_longs(self) -> bool:
        """Whether a long option takes part in the charge, by itself or by offsetting a short one."""
        return bool(self.long_mark_rates) or self.offset != "none"

    @property
    def couples(self) -> bool:
        """Whether the charge of one option depends on what else is held."""
        return self.offset != "none" or bool(self.size_steps)

    def rates(self, underlying: str) -> OptionRates:
        """The rates of `underlying`: its own, else the common ones."""
        return next((own for own in self.own_rates if own.underlying == underlying), self)

    def factor(self, size: float) -> float:
        """What the risk part counts times for `size` units short."""
        return next((step.factor for step in reversed(self.size_steps) if size >= step.start), 1.0)

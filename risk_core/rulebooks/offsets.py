"""Offsets between underlyings, as data: product groups, groups that are partly correlated, and credits by legs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import Positive, Rate, Record

Name = Annotated[str, Field(min_length=1)]


class Member(Record):
    """An underlying of a group, whose members are looked at row by row together.

    gains: the part of its gain in a row that counts against losses of the others. apart: the part of the group's charge
    that is the sum of the members by themselves; one figure for the whole group. Sources: OCC, TIMS product groups
    (gains); a blend of no and of full correlation (apart).
    """

    group: Name
    underlying: Name
    gains: Rate
    apart: Rate = 0.0


class Credit(Record):
    """Relief for deltas of two underlyings against each other, in the order of the list; each uses up what it takes.

    first_ratio, second_ratio: coins of each in one spread. sides: which deltas form one. credit: share of the price
    risk of both legs. Source: SPAN, inter-commodity spread credit.
    """

    first: Name
    first_ratio: Positive
    second: Name
    second_ratio: Positive
    sides: Literal["opposite", "same"] = "opposite"
    credit: Rate


class OffsetRules(Record):
    """What underlyings relieve each other of."""

    groups: Annotated[tuple[Member, ...], Field(strict=False)]
    credits: Annotated[tuple[Credit, ...], Field(strict=False)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        held = [member.underlying for member in self.groups]
        if len(held) != len(set(held)):
            raise ValueError("groups: an underlying must be in one group only")
        for name in {member.group for member in self.groups}:
            if len({member.apart for member in self.groups if member.group == name}) > 1:
                raise ValueError(f"groups: apart must be one figure for all of {name}")
        if any(one.first == one.second for one in self.credits):
            raise ValueError("credits: first and second must be two underlyings")
        return self

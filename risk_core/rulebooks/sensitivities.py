"""Margin by sensitivities, as data: risk weights, correlations, concentration thresholds, and which bucket is whose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .records import Days, NotNegative, Positive, Rate, Record

Correlation = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
BucketName = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
                     "Residual"]
Name = Annotated[str, Field(min_length=1)]
RESIDUAL = "Residual"
"""The bucket of what no bucket takes: its charge is added whole, without offset."""


class Bucket(Record):
    """One bucket of a risk class.

    weight: percent move of a name. vega_weight: share of vega risk. correlation: between two names of the bucket.
    threshold, vega_threshold: dollars per +1 %, and dollars of vega risk, from which a name is concentrated. curvature:
    none in the bucket of volatility indices.
    """

    bucket: Name
    weight: NotNegative
    vega_weight: NotNegative
    correlation: Correlation
    threshold: Positive
    vega_threshold: Positive
    curvature: Literal["yes", "no"] = "yes"


class Between(Record):
    """Correlation of two buckets of a risk class; pairs that are not listed have 0."""

    first: Name
    second: Name
    correlation: Correlation


class Currency(Record):
    """A currency that is not of the third category, or not of regular volatility."""

    currency: Name
    category: Literal["1", "2", "3"]
    volatility: Literal["regular", "high"]


class Mapped(Record):
    """Where an underlying is charged."""

    underlying: Name
    risk_class: Literal["equity", "commodity"]
    bucket: Name


class SensitivityRules(Record):
    """Delta, vega and curvature margin in the manner of ISDA SIMM.

    equity_*, commodity_*: by bucket. fx_*: by the volatility groups of two currencies, such as `regular high`, and by
    their categories, such as `12`. between_classes: correlation of risk classes, such as `fx equity`.
    """

    equity_buckets: Annotated[tuple[Bucket, ...], Field(min_length=1, strict=False)]
    equity_between: Annotated[tuple[Between, ...], Field(strict=False)]
    equity_vega_ratio: NotNegative
    commodity_buckets: Annotated[tuple[Bucket, ...], Field(min_length=1, strict=False)]
    commodity_between: Annotated[tuple[Between, ...], Field(strict=False)]
    commodity_vega_ratio: NotNegative
    currencies: Annotated[tuple[Currency, ...], Field(strict=False)]
    fx_weights: dict[str, NotNegative]
    fx_regular_correlations: dict[str, Correlation]
    fx_high_correlations: dict[str, Correlation]
    fx_thresholds: dict[str, Positive]
    fx_vega_weight: NotNegative
    fx_vega_ratio: NotNegative
    fx_vega_correlation: Correlation
    fx_vega_thresholds: dict[str, Positive]
    between_classes: dict[str, Correlation]
    horizon_days: Days
    vega_confidence: Annotated[float, Field(gt=0.5, lt=1)]
    curvature_confidence: Annotated[float, Field(gt=0.5, lt=1)]
    mapping: Annotated[tuple[Mapped, ...], Field(strict=False)]
    other_class: Literal["equity", "commodity"]
    other_bucket: BucketName
    maintenance_share: Rate

    @model_validator(mode="after")
    def _sound(self) -> Self:
        known = {"equity": self.buckets("equity"), "commodity": self.buckets("commodity")}
        other = Mapped(underlying="any other", risk_class=self.other_class, bucket=self.other_bucket)
        for one in (*self.mapping, other):
            if one.bucket not in known[one.risk_class]:
                raise ValueError(f"{one.underlying}: {one.risk_class} has no bucket {one.bucket}")
        for name, pairs in (("equity", self.equity_between), ("commodity", self.commodity_between)):
            lost = {bucket for pair in pairs for bucket in (pair.first, pair.second)} - set(known[name])
            if lost:
                raise ValueError(f"{name} has no bucket {min(lost)}")
        groups = {"regular regular", "regular high", "high high"}
        for table in (self.fx_weights, self.fx_regular_correlations, self.fx_high_correlations):
            if set(table) != groups:
                raise ValueError("a table by volatility groups needs " + ", ".join(sorted(groups)))
        if set(self.fx_thresholds) != {"1", "2", "3"} or set(self.fx_vega_thresholds) != {
                "11", "12", "13", "22", "23", "33"}:
            raise ValueError("thresholds of currencies need 1, 2, 3, those of pairs 11, 12, 13, 22, 23, 33")
        return self

    def buckets(self, risk_class: str) -> Mapping[str, Bucket]:
        """The buckets of a risk class by name, in order."""
        rows = self.equity_buckets if risk_class == "equity" else self.commodity_buckets
        return {one.bucket: one for one in rows}

    def between(self, risk_class: str) -> Mapping[tuple[str, str], float]:
        """Correlations of buckets, in both orders."""
        rows = self.equity_between if risk_class == "equity" else self.commodity_between
        both = ((one, pair) for one in rows for pair in ((one.first, one.second), (one.second, one.first)))
        return {pair: one.correlation for one, pair in both}

    def place(self, underlying: str) -> tuple[str, str]:
        """Risk class and bucket of an underlying."""
        for one in self.mapping:
            if one.underlying == underlying:
                return one.risk_class, one.bucket
        return self.other_class, self.other_bucket

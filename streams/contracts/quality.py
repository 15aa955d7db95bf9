"""What may be wrong with a value."""

from enum import StrEnum


class Quality(StrEnum):
    """Why a metric's value must not be believed; a metric that is absent from ``quality`` is good."""

    GOOD = "good"
    SENTINEL = "sentinel"
    OUT_OF_RANGE = "out_of_range"
    OVER_RANGE = "over_range"
    TEST = "test"
    WARMUP = "warmup"
    FAULT = "fault"
    UNLISTED = "unlisted"

"""What there is of a number, before it is forgotten."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Where in the record a number is: how many lookups."""

    ended: int
    """Of this number, and over: these can be forgotten."""
    running: int
    waiting: int
    """For a decision, or for the code."""
    mentions: int
    """Of other numbers, with a reason in which this number or its ID stands."""

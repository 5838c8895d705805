"""What commands that are run by hand are told."""

from __future__ import annotations

from argparse import ArgumentTypeError


def number_above_0(text: str) -> float:
    """Return the number in an argument."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ArgumentTypeError("give a number above 0, such as 0.1")
    return value

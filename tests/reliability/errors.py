"""Why a proof cannot be run, or not to its end."""

from __future__ import annotations


class Missing(Exception):
    """Say what is not installed."""


class Trouble(Exception):
    """Say what happened that nobody planned."""

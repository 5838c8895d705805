"""Measurements of this kit against what it is compared with, side by side in one run: ``python -m bench``.

A subject is a module with a ``SUBJECT``, which stands in the list of ``subjects.py``. Its functions measure contenders
in turn (``rounds.measured``), divide their figures round by round, and hold the ratios to bars.
"""

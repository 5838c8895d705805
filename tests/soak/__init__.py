"""Receive at a steady rate for minutes, and look at what a server keeps: ``python -m tests.soak``.

Whatever is kept per request, or per refused request, shows as a line that rises.
"""

"""Crash proofs: a real server that is killed, a vendor that comes again, and a check of what was promised.

python -m tests.reliability --scale 0.1 --store sqlite --seed 7
"""

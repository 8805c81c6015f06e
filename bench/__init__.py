"""Benchmarks: every figure beside its peers in the same run, medians of several rounds.

``python -m bench`` (or ``make bench``) runs every suite, prints the tables and writes
``bench/out/<suite>.json``. Nothing here is a test.
"""

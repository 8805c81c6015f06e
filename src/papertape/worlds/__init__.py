"""Worlds: the text of a test, read into typed steps.

A world says what the clock, the accounts, the market and the broker do, and what is expected of
the program under test. ``read_world`` is the one parser, ``verbs.VERBS`` the one table of what can
be said; a station carries the steps out (``server.worlds``). Nothing here has a clock or does IO.
"""

"""Drills: named, repeatable faults, started from the command line, a program or a test.

``station.drills`` is the registry: ``catalogue()`` lists them, ``start(name, **options)`` begins
one, ``history()`` tells what ran. A drill acts through a few narrow hooks only (``base``), and
takes its chance from a generator that is seeded by the station's seed, its name and the number
of drills before it: the same seed and the same requests give the same run.
"""

from .base import Drill, Options
from .registry import CATALOGUE, Card, Drills, Run, parse

__all__ = ["CATALOGUE", "Card", "Drill", "Drills", "Options", "Run", "parse"]

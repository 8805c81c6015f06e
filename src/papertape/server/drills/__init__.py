"""Drills: named, repeatable faults, started from the command line, a program or a test.

``station.drills`` is the registry: ``catalogue()`` lists the drills, ``start(name, **options)``
starts one, ``history()`` returns what ran. A drill acts only through the hooks of ``base``. Its
random generator is seeded by the station's seed, its name and the number of drills before it: the
same seed and the same requests give the same run.
"""

from .base import Drill, Options
from .registry import CATALOGUE, Card, Drills, Run, check_drill, parse

__all__ = ["CATALOGUE", "Card", "Drill", "Drills", "Options", "Run", "check_drill", "parse"]

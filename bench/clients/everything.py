"""Asks for everything that a station has of the day: ``everything.py PORT CONTROL_PORT``.

The name of a request on each line that comes in, JSON of bytes and seconds on each that goes out.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.bigday import answer

answer(*map(int, sys.argv[1:]))

"""Option models: accuracy and speed of ours, beside QuantLib and vollib where a Python has them.

Accuracy is the difference from ``tests/golden/options.csv`` with the spot brought to 100; speed is
by processor time, the best of five rounds over its contracts. ``--others`` names a Python of an
environment with QuantLib, vollib and msgspec: what it has is measured there, all in one process.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

from .common import CLIENTS, ROOT, show

TABLE = ROOT / "tests/golden/options.csv"


def run(options: list[str]) -> None:
    """Measure, print, keep."""
    parser = ArgumentParser(
        "python -m bench options", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--others", default=sys.executable, help="a Python with other libraries")
    chosen = parser.parse_args(options)
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [chosen.others, str(CLIENTS / "options.py"), str(TABLE)]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    head = ("model", "exercise", "largest error of a value", "mean", "values a second",
            "greeks a second", "volatilities a second")  # fmt: skip
    show("Option models", head, json.loads(done.stdout.splitlines()[-1]), "options")

"""Tests with a browser: a package, for they share one and the stations that it looks at."""

"""A storm: a program is run once for each seed, each time against a fresh station in a world whose
faults are drawn from the seed. What it does wrong is judged, shrunk and printed as a world."""

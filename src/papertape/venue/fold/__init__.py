"""How facts change the state: one file for each file of ``venue.facts``."""

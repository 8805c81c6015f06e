"""Fuzzing of the wire: targets, seeds and the runner behind ``make fuzz``."""

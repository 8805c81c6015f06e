"""The control API: HTTP on a port of its own, for users, tests and the console."""

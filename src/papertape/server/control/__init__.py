"""The control API: HTTP beside the station's own port, for people, tests and the console."""

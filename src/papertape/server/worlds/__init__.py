"""Worlds on a station: their steps as commands, their moments, what is expected and what came."""

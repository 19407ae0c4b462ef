"""Judges rendered trees by real tools, offline: whatever cannot be checked is a problem, never a skip."""

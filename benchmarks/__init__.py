"""Measurements of the whole; how to run each, and what it gave, is in README.md beside this file."""

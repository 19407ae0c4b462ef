"""Renders plan/: what an environment has to keep, carries and costs, as Markdown for people and JSON for machines."""

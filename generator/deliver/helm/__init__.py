"""Helm charts: the files around templates and values, of a component and of the whole platform."""

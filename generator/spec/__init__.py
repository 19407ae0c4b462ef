"""Spec documents: reading them as untrusted input, checking them against the schemas, and merging their layers."""

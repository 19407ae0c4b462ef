"""gen: from a short description of a platform to the whole GitOps repository that runs it."""

__version__ = "0.1.0"

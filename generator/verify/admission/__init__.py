"""Lets a real Kubernetes API server judge every object by a server-side dry run."""

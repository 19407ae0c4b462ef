"""Proves that the Helm charts and Kustomize overlays of a tree mean the same as its manifests, by the real tools."""

"""Reads any folder of Kubernetes manifests as objects, and says which cluster each of them is for."""

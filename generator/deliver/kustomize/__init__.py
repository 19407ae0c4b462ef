"""The Kustomize form: a base of what the regions of a component share, an overlay a region, and a root a region."""

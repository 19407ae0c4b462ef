"""Who owns a rendered file, in words for whoever edited it: where the change belongs instead."""

from generator.spec.model import Platform


def remedy(platform: Platform, path: str) -> str:
    """Return what to edit instead of a file of the tree (path is relative to it)."""
    specs = f"environments/{platform.name}"
    parts = path.split("/")
    if parts[0] == "charts" and len(parts) > 2:
        inner = len(parts) > 4 and parts[2] == "charts"
        name = parts[3] if inner else parts[1]
        file = parts[-1]
        where = _place(platform, name) if inner else f"{specs}/{platform.environment}.yaml"
        if file.startswith("values") and file.endswith(".yaml"):
            region = file.removesuffix(".yaml").partition("-")[2]
            only = f" (for {region} alone below in.{region})" if region else ""
            own = "values for a trial go into a file of yours, passed to helm with one more -f"
            return f"gen owns the values of the chart {name}: change {where}{only}; {own}."
        return f"gen owns the chart {name}: change {where}, or its templates in a component of your own."
    if parts[0] == "kustomize" and len(parts) > 2 and parts[1] != "regions":
        own = "a patch of your own goes into an overlay outside of output/ that has this one as its resource"
        return f"gen owns the kustomization of {parts[1]}: change {_place(platform, parts[1])}; {own}."
    if parts[0] == "clusters" and len(parts) > 3:
        return f"gen owns the manifests of {parts[2]}: change {_place(platform, parts[2])}, or add to its 'patches'."
    if parts[0] == "runbooks":
        return f"gen owns the runbooks: change the spec in {specs}/, or the page's template."
    return f"gen owns this file: change the spec in {specs}/."


def _place(platform: Platform, name: str) -> str:
    """Return the place in the specs where a component is described."""
    folder = f"environments/{platform.name}"
    section = "components" if any(name in found for found in platform.instances.values()) else ""
    if any(name in found for found in platform.services.values()):
        section = "services"
    if not section:
        return f"{folder}/platform.yaml"
    return f"{section}.{name} in {folder}/{platform.environment}.yaml or platform.yaml"

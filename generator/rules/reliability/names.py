"""What the API server takes as the name of a port."""

import re

_ALLOWED = re.compile(r"[a-z0-9-]+").fullmatch
_LETTER = re.compile(r"[a-z]").search
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?").fullmatch


def port_name_mistake(name: str) -> str:
    """Return why a container's port cannot have a name (RFC 6335: IANA service name), or ""."""
    if len(name) > 15:
        return f"has {len(name)} characters, more than 15"
    if not _ALLOWED(name):
        return "has other characters than a-z, 0-9 and '-'"
    if not _LETTER(name):
        return "has no letter"
    if name.startswith("-") or name.endswith("-") or "--" in name:
        return "begins or ends with '-', or has two in a row"
    return ""


def service_port_name_mistake(name: str) -> str:
    """Return why a Service's port cannot have a name (a DNS label), or ""."""
    if len(name) > 63:
        return "is longer than 63 characters"
    return "" if _LABEL(name) else "is no DNS label"

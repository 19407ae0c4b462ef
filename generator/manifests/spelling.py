"""How sigs.k8s.io/yaml, which kubectl, Argo CD and kubeconform use, takes a scalar that readers disagree over.

Source: go.yaml.in/yaml/v2 resolve.go, which sigs.k8s.io/yaml carries as goyaml.v2.
"""

import math
import re

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_DECIMAL = re.compile(r"[-+]?[0-9]+").fullmatch
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?").fullmatch
_PREFIXED = re.compile(r"([-+]?)0([xXbBoO]?)([0-9a-fA-F]+)").fullmatch
# A number that begins with its point goes to strconv.ParseFloat as it stands, which takes `_` between digits only.
_LOOSE = re.compile(r"(?<![0-9])_|_(?![0-9])").search
_BASES = {"": 8, "o": 8, "x": 16, "b": 2}


def as_kubernetes_reads(text: str) -> str | int | float | bool | None:
    """Return the value of a plain scalar; a date stays the string that it is written as."""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _NULL:
        return None
    plain = text if text.startswith(".") and _LOOSE(text) else text.replace("_", "")
    prefixed = _PREFIXED(plain)
    if prefixed and len(plain) <= 70:
        sign, prefix, digits = prefixed.groups()
        try:
            return int(sign + digits, _BASES[prefix.lower()])
        except ValueError:
            pass  # 089 is no octal number: a float, below
    if _DECIMAL(plain) and len(plain) <= 20:
        return int(plain)
    if _FLOAT(plain):
        number = float(plain)
        return number if math.isfinite(number) else text
    return text

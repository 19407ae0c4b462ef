"""The typed words of a spec: durations, percentages, CPU and memory quantities. One parser and one printer for each.

The JSON Schemas have checked the form before a value comes here, so that a parser never has to guess.
"""

from decimal import Decimal
from math import ceil

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DECIMAL_BYTES = {"B": 0, "KB": 3, "MB": 6, "GB": 9, "TB": 12, "PB": 15}
_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}


def milliseconds(duration: str) -> int:
    """Return the length of a duration ("500ms", "30s", "5m", "1h", "7d") in milliseconds."""
    unit = duration.lstrip("0123456789")
    return int(duration[: -len(unit)]) * _MILLISECONDS[unit]


def seconds(duration: str) -> int:
    """Return the length of a duration in whole seconds, rounded up: no wait is cut short."""
    return -(-milliseconds(duration) // 1000)


def duration_text(length: int) -> str:
    """Return a length in milliseconds as the shortest duration that Go, Istio and Prometheus read ("90s", "5m")."""
    for unit in ("h", "m", "s"):
        if length and length % _MILLISECONDS[unit] == 0:
            return f"{length // _MILLISECONDS[unit]}{unit}"
    return f"{length}ms"


def share(percent: str) -> Decimal:
    """Return a percentage ("99.95%") as a share of one (0.9995)."""
    return Decimal(percent[:-1]).scaleb(-2)


def per_second(rate: str) -> Decimal:
    """Return a rate ("100/s", "30/m") as a number each second (100, 0.5)."""
    number, _, unit = rate.partition("/")
    return Decimal(number) * 1000 / _MILLISECONDS[unit]


def decimal_text(number: Decimal) -> str:
    """Return a decimal without exponent or superfluous zeros ("0.01", "0.9", "0")."""
    text = format(number.normalize(), "f")
    return "0" if text == "-0" else text


def millicores(cpu: str) -> int:
    """Return a CPU quantity ("500m", "2", "1.5") in thousandths of a core."""
    return int(cpu[:-1]) if cpu.endswith("m") else int(Decimal(cpu) * 1000)


def cpu_text(number: int) -> str:
    """Return thousandths of a core as Kubernetes prints them ("500m", "2")."""
    return str(number // 1000) if number % 1000 == 0 else f"{number}m"


def size_bytes(quantity: str) -> int:
    """Return an amount of memory or storage ("512Mi") in bytes."""
    return int(quantity[:-2]) * _BYTES[quantity[-2:]]


def decimal_bytes(quantity: str) -> int:
    """Return an amount of data in powers of a thousand ("5KB", "28.8TB") in bytes, rounded up to whole ones."""
    unit = quantity.lstrip("0123456789.")
    return ceil(Decimal(quantity[: -len(unit)]).scaleb(_DECIMAL_BYTES[unit]))


def bytes_text(number: int) -> str:
    """Return bytes in the largest binary unit that needs no fraction ("1536Mi", "2Gi")."""
    for unit in ("Pi", "Ti", "Gi", "Mi", "Ki"):
        if number and number % _BYTES[unit] == 0:
            return f"{number // _BYTES[unit]}{unit}"
    return str(number)

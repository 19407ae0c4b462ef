"""How the plan writes numbers: exact ones for machines, rounded ones with their units for people."""

from decimal import Decimal
from fractions import Fraction

from generator.base.scalars import decimal_text
from generator.derive.costs import decimal_of

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
NONE = "not said"


def money(amount: Decimal) -> str:
    """Return USD for people: $802,640, -$740, $0.80."""
    sign = "-" if amount < 0 else ""
    whole = abs(amount)
    return f"{sign}${whole:,.0f}" if whole == whole.to_integral_value() else f"{sign}${whole:,.2f}"


def number(value: Decimal) -> int | float:
    """Return a number for JSON: whole ones as such; a spec's decimals have few digits, which a float keeps."""
    return int(value) if value == value.to_integral_value() else float(value)


def rate(value: Fraction) -> str:
    """Return requests a second for people: rounded to a tenth below a thousand, to whole ones above."""
    step = Decimal("0.1") if value < 1000 else Decimal(1)
    return f"{decimal_of(value, step).normalize():,f}"


def rate_number(value: Fraction) -> int | float:
    """Return requests a second for JSON, to hundredths."""
    return number(decimal_of(value))


def cores(value: Fraction) -> str:
    """Return cores for people."""
    return f"{decimal_of(value).normalize():,f}"


def size(amount: int) -> str:
    """Return bytes in the largest unit of powers of a thousand that leaves a whole number in front: 15 TB, 1.5 TB."""
    unit, value = 0, Fraction(amount)
    while value >= 1000 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    return f"{decimal_of(value).normalize():f} {_UNITS[unit]}"


def percent(share: Decimal | Fraction) -> str:
    """Return a share of one in percent, to four digits behind the point."""
    hundredths = decimal_of(Fraction(share) * 100, Decimal("0.0001"))
    return f"{decimal_text(hundredths)} %"


def yes(value: bool) -> str:
    """Return yes or no, the latter set off."""
    return "yes" if value else "**no**"

"""Money and points: exact decimals, rounding by currency exponent (ISO 4217)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from .errors import invalid_field

_ZERO_EXPONENT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_EXPONENT = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
MAX_AMOUNT = Decimal("99999999999999.9999")


def exponent(currency: str) -> int:
    """Return the number of minor digits of a currency code (2 unless ISO 4217 says otherwise)."""
    if currency in _ZERO_EXPONENT:
        return 0
    return 3 if currency in _THREE_EXPONENT else 2


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)


def parse_amount(text: str, pointer: str, *, places: int = 4) -> Decimal:
    """Read a decimal text such as ``"12.50"``; raise 422 at ``pointer`` when it is none, too large or too fine."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise invalid_field(pointer, 'An amount must be a decimal text, like "12.50"') from None
    exp = value.as_tuple().exponent
    if not value.is_finite() or abs(value) > MAX_AMOUNT or not isinstance(exp, int) or exp < -18:
        raise invalid_field(pointer, "This amount is outside the range that can be stored")
    if exp < -places and value != value.quantize(Decimal(1).scaleb(-places)):
        raise invalid_field(pointer, f"An amount may have {places} decimal places at most")
    return value


def amount_text(value: Decimal, currency: str | None = None) -> str:
    """Write a decimal as plain text; with a currency, with at least its minor digits."""
    least = exponent(currency) if currency else 0
    text = format(value.normalize(), "f")
    whole, _, fraction = text.partition(".")
    if len(fraction) < least:
        fraction = fraction.ljust(least, "0")
    return f"{whole}.{fraction}" if fraction else whole

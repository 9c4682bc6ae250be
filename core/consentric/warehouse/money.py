"""Money in integer minor units, by the exponents of ISO 4217."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_DEFAULT_EXPONENT = 2
# ISO 4217 (list of 2026-01): currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}  # fmt: skip


def exponent_of(currency: str) -> int:
    """How many decimals the currency has.

    >>> exponent_of("EUR"), exponent_of("JPY")
    (2, 0)
    """
    return _EXPONENTS.get(currency, _DEFAULT_EXPONENT)


def minor_units(amount: Decimal, currency: str) -> int:
    """The amount in the currency's minor unit, half to even.

    >>> minor_units(Decimal("12.34"), "EUR"), minor_units(Decimal("1200"), "JPY")
    (1234, 1200)
    >>> minor_units(Decimal("1.5"), "TND")
    1500
    """
    return int(amount.scaleb(exponent_of(currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

"""Floats, integers, decimals, fractions and complex numbers to text and back."""

import decimal
import fractions
import math
import statistics
import sys

for value in (0.1, 1e22, 1e-7, 123456789.123456789, float("inf"), -0.0, 2**-1074, 1.7e308):
    text = repr(value)
    assert float(text) == value and float.fromhex(value.hex()) == value
    print(text, f"{value:.3e}", f"{value:>15,.2f}"[:40], value.hex())
print(f"{10**20:,}", f"{255:#x} {255:08b} {-5:+} {0.256:.1%}", 7**77, round(2.675, 2), 5 // -2)
with decimal.localcontext() as context:
    context.prec = 50
    print(decimal.Decimal(2).sqrt(), decimal.Decimal(1) / 7)
    print(decimal.Decimal("1.005").quantize(decimal.Decimal("0.01"), decimal.ROUND_HALF_UP))
print(decimal.getcontext().prec, fractions.Fraction("0.125") + fractions.Fraction(1, 3))
print(math.fsum([0.1] * 10), math.gamma(5.5), math.erf(0.5), math.comb(50, 25), math.isqrt(10**40))
print((1 + 2j) ** 3, statistics.stdev([1, 2, 4, 8]), statistics.NormalDist(1, 2).cdf(2.5))
print(str(3**5000)[:20], int("z" * 20, 36), sys.float_info.dig, float("1_000.5"))

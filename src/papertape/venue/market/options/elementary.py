"""exp, log and the normal distribution out of exactly rounded arithmetic alone.

The functions of ``math`` call the C library, whose last bit differs between machines; a price of
the tape must not. Here are only ``+ - * /``, ``sqrt``, ``frexp`` and ``ldexp``, which IEEE 754
rounds in one way, so every result is the same bits wherever Python runs. Coefficients: exp and log
as in FreeBSD's msun (``e_exp.c``, ``e_log.c``), the distribution by Hart's rational fit as
published by G. West, "Better approximations to cumulative normal functions" (Wilmott, 2005).
"""

from math import frexp, ldexp

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_INVERSE_LN2 = 1.44269504088896338700
_MOST, _LEAST = 709.0, -708.0
_HALF_ROOT = 0.7071067811865476
ROOT_2PI = 2.5066282746310002
_FAR = 37.5
"""Beyond, the tail is too small for a float that is exact to all its digits."""
_SPLIT = 7.07106781186547


def exp(x: float) -> float:
    """e**x within an ulp; 0 below -708. Raises ``OverflowError`` above 709."""
    if x < _LEAST:
        return 0.0
    if x > _MOST:
        raise OverflowError(f"exp({x})")
    power = int(x * _INVERSE_LN2 + (0.5 if x >= 0.0 else -0.5))
    high = x - power * _LN2_HIGH
    low = power * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * (
        1.66666666666666019037e-01
        + t
        * (
            -2.77777777770155933842e-03
            + t
            * (
                6.61375632143793436117e-05
                + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08)
            )
        )
    )
    return ldexp(1.0 - ((low - (r * c) / (2.0 - c)) - high), power)


def log(x: float) -> float:
    """The natural logarithm within an ulp. Raises ``ValueError`` for what is not positive."""
    if not x > 0.0:
        raise ValueError(f"log({x})")
    mantissa, power = frexp(x)
    if mantissa < _HALF_ROOT:
        mantissa += mantissa
        power -= 1
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = w * (
        3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    )
    even = z * (
        6.666666666666735130e-01
        + w
        * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    half = 0.5 * f * f
    return power * _LN2_HIGH - ((half - (s * (half + odd + even) + power * _LN2_LOW)) - f)


def below(x: float, bell: float) -> float:
    """The normal distribution at ``x``, given ``bell`` = e**(-x*x/2)."""
    far = -x if x < 0.0 else x
    if far > _FAR:
        return 0.0 if x < 0.0 else 1.0
    if far < _SPLIT:
        upper = (
            (
                (
                    (
                        ((3.52624965998911e-02 * far + 0.700383064443688) * far + 6.37396220353165)
                        * far
                        + 33.912866078383
                    )
                    * far
                    + 112.079291497871
                )
                * far
                + 221.213596169931
            )
            * far
            + 220.206867912376
        )  # fmt: skip
        lower = (
            (
                (
                    (
                        (
                            ((8.83883476483184e-02 * far + 1.75566716318264) * far
                             + 16.064177579207) * far
                            + 86.7807322029461
                        )
                        * far
                        + 296.564248779674
                    )
                    * far
                    + 637.333633378831
                )
                * far
                + 793.826512519948
            )
            * far
            + 440.413735824752
        )  # fmt: skip
        tail = bell * upper / lower
    else:
        fraction = far + 1.0 / (far + 2.0 / (far + 3.0 / (far + 4.0 / (far + 0.65))))
        tail = bell / fraction / ROOT_2PI
    return tail if x < 0.0 else 1.0 - tail

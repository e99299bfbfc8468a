"""What is still taken for chance: the limits that random ids practically never pass.

Ids are looked at again and again, at many positions and in many ways, so each single limit is far stricter than the one in a
million that all of them together are held to.
"""

import math

CHANCE = 1e-6
"""What is less probable than this is not taken for chance."""
BY_FAR = 6.0
"""Standard deviations of a normal distribution: passed on one side once in a thousand million times."""
BY_FAR_OF_MANY = 6.8
"""The same where up to some thousand things are tried at once."""


def chi_square_limit(degrees: int) -> float:
    """What chi-square with so many degrees of freedom passes once in a thousand million times (Wilson and Hilferty 1931)."""
    ninth = 2 / (9 * degrees)
    return degrees * (1 - ninth + BY_FAR * math.sqrt(ninth)) ** 3


def chi_square_deviations(degrees: int) -> float:
    """The same limit in standard deviations above what is expected."""
    return (chi_square_limit(degrees) - degrees) / math.sqrt(2 * degrees)

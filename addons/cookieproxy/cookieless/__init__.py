"""Sessions for browsers without cookies: the id in the URL, for applications that know nothing of it.

Implements R3, R15 to R17, R22 to R24, R31 and R33 to R36.
"""

"""Sessions for browsers without cookies: the id in the URL, for applications that know nothing of it (R3, R15-R17, R22-R24, R31-R35)."""

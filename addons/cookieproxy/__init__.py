"""Cookie Proxy: records, explains, limits and rewrites cookies between browsers and applications.

The rooms of the house and what each may import stand in README.md under "Developing"; `tests/test_floors.py` holds them to it.
"""

VERSION = "0.1.0"

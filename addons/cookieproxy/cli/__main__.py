"""`python -m cookieproxy.cli`, which scripts/cookies runs."""

import sys

try:
    from .main import main

    code = main()
except KeyboardInterrupt:  # also while modules are still being read
    code = 130
sys.exit(code)

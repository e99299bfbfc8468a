"""`python -m cookieproxy.config` writes the JSON schema of rules.yaml to standard output."""

import sys

from .schema import schema_text

sys.stdout.write(schema_text())

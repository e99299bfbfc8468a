"""The command line, `scripts/cookies`: asks a store what was recorded, explains a Set-Cookie, checks a rules file."""

"""The mitmproxy side: turns flows into exchanges and back. The only room that imports mitmproxy."""

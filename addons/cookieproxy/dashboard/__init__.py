"""The dashboard: what happens to cookies, live, in a browser beside the application.

Where to look: `server` (which addresses there are) · `gate` (who may ask what) · `live` (what is sent as it happens) · one module
for what each page shows · `inside` (what the proxy has to give) · `static` (the page itself).

Knows tornado; does not know mitmproxy. Everything it gives is masked but a value that was asked for by itself, and an export.
"""

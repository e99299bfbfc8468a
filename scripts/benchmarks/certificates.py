"""A certificate for the origin, signed by itself: the proxies are told not to look at it."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mitmproxy.certs import create_ca

from .programs import LOOPBACK

KEY_BITS = 2048


def write_certificate(path: Path) -> None:
    """The certificate and its key in one PEM file."""
    key, certificate = create_ca(organization="benchmarks", cn=LOOPBACK, key_size=KEY_BITS)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))

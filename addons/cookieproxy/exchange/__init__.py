"""One exchange from end to end, pure: what the proxy, saved flows, try-outs and simulations drive.

`requests` is the way up, `responses` the way down; `evidence` reads who asked, `compare` holds the mirror against what came,
`browser` is the state of a client, `tell` words the observations.
"""

from .browser import Browser
from .evidence import RequestHead
from .requests import RequestResult, RequestSide
from .responses import PassedField, ResponseHead, ResponseResult, ResponseSide

__all__ = [
    "Browser",
    "PassedField",
    "RequestHead",
    "RequestResult",
    "RequestSide",
    "ResponseHead",
    "ResponseResult",
    "ResponseSide",
]

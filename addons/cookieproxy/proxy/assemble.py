"""Puts the addons together: what `addons/cookies.py` hands to mitmproxy."""

import logging
import os

from ..fleet.orders import ALONE, Orders, OrdersError, read
from .addon import Cookies
from .balanced import Balanced
from .commands import CookieCommands

logger = logging.getLogger(__name__)


def assemble() -> list[object]:
    """The addons of Cookie Proxy, in the order of their work."""
    orders = _orders()
    cookies = Cookies(orders)
    cookies.commanded_by(CookieCommands(cookies))
    balanced = [Balanced(orders, cookies)] if orders.balancers else []
    return [*balanced, cookies]


def _orders() -> Orders:
    try:
        return read(os.environ)
    except OrdersError as error:
        logger.error(str(error))  # at start-up that ends mitmproxy
        return ALONE

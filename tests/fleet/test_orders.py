"""What a proxy is told by its environment, and how it says that it cannot be meant."""

import pytest

from cookieproxy.fleet.orders import BALANCERS, WORKER, Orders, OrdersError, Worker, read


def test_nothing_is_told() -> None:
    assert read({}) == Orders()
    assert not Orders().trusts("127.0.0.1")


def test_what_was_told_is_read() -> None:
    told = Orders(read({BALANCERS: "10.0.0.0/24, 127.1.2.3,::1"}).balancers, Worker(5, "secret", 8080))
    assert read(told.environment()) == told
    assert [told.trusts(each) for each in ("10.0.0.9", "::ffff:10.0.0.9", "::1", "127.1.2.3")] == [True] * 4
    assert [told.trusts(each) for each in ("10.0.1.9", "127.0.0.1", "::2", "somewhere")] == [False] * 4


@pytest.mark.parametrize(
    ("variable", "said"), [(BALANCERS, "balancer.example"), (WORKER, "{"), (WORKER, "[]"), (WORKER, '{"channel": 5}')]
)
def test_what_cannot_be_meant(variable: str, said: str) -> None:
    with pytest.raises(OrdersError, match=variable):
        read({variable: said})

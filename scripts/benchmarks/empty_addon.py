"""A script for mitmdump whose hooks do nothing. For measurements of what any script costs."""


class Empty:
    """The hooks that ours has on the path of an exchange."""

    def requestheaders(self, flow: object) -> None:
        """Do nothing."""

    def request(self, flow: object) -> None:
        """Do nothing."""

    def responseheaders(self, flow: object) -> None:
        """Do nothing."""

    def response(self, flow: object) -> None:
        """Do nothing."""


addons = [Empty()]

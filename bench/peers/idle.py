"""What our servers ask of an API when they end, for one in which nobody waits and nothing is to be closed."""


class Idle:
    """Stands where our APIs keep their resources."""

    draining = False

    def close(self) -> None:
        """The library closes its connections itself, or they end with the process."""

"""What a person meets when a command cannot do its work: what went wrong, in which part, what to do next."""


class CliError(Exception):
    """The root. ``str()`` says what went wrong; ``mend`` says what to do next."""

    exit_code = 1

    def __init__(self, what: str, *, part: str = "lab", mend: str = "") -> None:
        super().__init__(what)
        self.part = part
        self.mend = mend


class Failed(CliError):
    """The command could not do what was asked, although the environment is fine."""

    exit_code = 1


class WrongUse(CliError):
    """The command was called with something it does not know."""

    exit_code = 2


class Broken(CliError):
    """Something around the lab must be mended first: a package, a port, a setting, an engine."""

    exit_code = 3

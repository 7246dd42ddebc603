"""Which way this lab runs, and which way it would."""

from cli import memory, packages
from cli.compose import ComposeStack, require
from cli.config import Lab
from cli.engine import engine
from cli.errors import Broken, Failed
from cli.language import _
from cli.native import NativeStack
from cli.stack import Stack, Way


def current(lab: Lab) -> Stack | None:
    """The lab as it runs now, whoever started it; None where it does not."""
    native = NativeStack(lab)
    if packages.on_linux() and native.exists():
        return native
    compose = ComposeStack(lab)
    return compose if compose.exists() else None


def running(lab: Lab) -> Stack:
    """The lab as it runs now; Failed where it does not."""
    stack = current(lab)
    if stack is None:
        raise Failed(_("it is not running"), mend="./lab up")
    return stack


def choose(lab: Lab, wish: Way | None) -> tuple[Stack, str]:
    """The way to start the lab and why: the one it runs, else the one that was asked for, else the first that works."""
    now = current(lab)
    if now is not None:
        return _as_it_runs(now, wish)
    if wish == "native":
        return NativeStack(lab), _("asked for")
    if wish == "docker":
        require()
        return ComposeStack(lab), _("asked for")
    found = engine()
    if not found.missing:
        return ComposeStack(lab), _("a Docker engine with Compose answers ({version})", version=found.version)
    return _native(lab, found.missing, found.mend)


def _as_it_runs(now: Stack, wish: Way | None) -> tuple[Stack, str]:
    if wish not in {None, now.way}:
        raise Failed(_("it already runs the {way} way", way=now.way), mend=_("./lab down, then try again"))
    return now, _("it already runs this way")


def _native(lab: Lab, missing: str, mend: str) -> tuple[Stack, str]:
    reason = packages.supported()
    if reason:
        raise Broken(f"{missing}; {reason}", part="docker", mend=mend)
    return NativeStack(lab), missing


def last(lab: Lab) -> Stack:
    """The way the lab ran last, for what must be cleaned up after it."""
    known = memory.recall(lab.state).way
    if known is None:
        known = "native" if packages.on_linux() and (engine().missing or lab.state.exists()) else "docker"
    return NativeStack(lab) if known == "native" else ComposeStack(lab)

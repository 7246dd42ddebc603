"""Waiting by looking again until a deadline; no test sleeps for a time it hopes is long enough."""

from drills.waiting import wait_until, wait_until_no_error

__all__ = ["wait_until", "wait_until_no_error"]

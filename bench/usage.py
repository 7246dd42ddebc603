"""What processes take: seconds of a processor, and memory."""

from collections.abc import Mapping, Sequence

import psutil

MEGABYTE = 1e6


def cpu(processes: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Seconds of a processor that the processes of each service have taken since they began."""
    return {service: sum(_cpu(pid) for pid in pids) for service, pids in processes.items()}


def memory(processes: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Megabytes of memory in use by the largest process of each service; 0 where it has none."""
    return {service: max(map(_memory, pids), default=0.0) for service, pids in processes.items()}


def _cpu(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _memory(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / MEGABYTE
    except psutil.NoSuchProcess:
        return 0.0

"""How much memory this machine has free, measured where the system tells it, and unknown (None) where it does not."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path

from msgspec import Struct


class MachineMemory(Struct, frozen=True):
    """Bytes of main memory; `source` says who told. None where it could not be measured."""

    total_bytes: int | None
    free_bytes: int | None
    source: str


def machine_memory() -> MachineMemory:
    """Measures now. A container's limit counts where it is lower than the machine's own."""
    try:
        if sys.platform == "win32":
            return _windows()
        if sys.platform == "darwin":
            return _macos()
        return _linux(Path("/"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return MachineMemory(None, None, "not readable on this system")


def _linux(root: Path) -> MachineMemory:
    total, free = parse_meminfo((root / "proc/meminfo").read_text())
    limit = _cgroup_limit(root)
    if limit is None or (total is not None and limit[0] >= total):
        return MachineMemory(total, free, "/proc/meminfo")
    total, left = limit[0], max(0, limit[0] - limit[1])
    return MachineMemory(total, left if free is None else min(free, left), "the container's memory limit")


def parse_meminfo(text: str) -> tuple[int | None, int | None]:
    """(total, available) bytes from the text of /proc/meminfo."""
    fields = {name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return fields.get("MemTotal"), fields.get("MemAvailable")


def _cgroup_limit(root: Path) -> tuple[int, int] | None:
    """(limit, used) bytes of this process's container; file caches count as free, as the kernel would drop them."""
    folder = root / "sys/fs/cgroup"
    for limit, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most = int((folder / limit).read_text())
            now = int((folder / used).read_text())
            statistics = (folder / limit).with_name("memory.stat").read_text()
        except (OSError, ValueError):  # no such file, or "max"
            continue
        found = re.search(rf"^{cache} (\d+)", statistics, re.MULTILINE)
        return most, max(0, now - (int(found[1]) if found else 0))
    return None


def _macos() -> MachineMemory:
    total = int(_output("sysctl", "-n", "hw.memsize"))
    return MachineMemory(total, parse_vm_stat(_output("vm_stat")), "vm_stat")


def parse_vm_stat(text: str) -> int | None:
    """Free bytes from macOS's `vm_stat`: pages that are free, inactive, speculative or purgeable."""
    page = re.search(r"page size of (\d+) bytes", text)
    pages = re.findall(r"^Pages (free|inactive|speculative|purgeable):\s+(\d+)\.", text, re.MULTILINE)
    return int(page[1]) * sum(int(count) for _, count in pages) if page and pages else None


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout


class _MemoryStatus(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("available", ctypes.c_uint64),
        ("total_page", ctypes.c_uint64),
        ("available_page", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended", ctypes.c_uint64),
    )


def _windows() -> MachineMemory:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the name exists on Windows only
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        raise OSError("GlobalMemoryStatusEx failed")
    return MachineMemory(int(status.total), int(status.available), "GlobalMemoryStatusEx")

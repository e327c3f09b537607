"""What the processor is: its name, its physical cores, and the instruction sets that matter to llama.cpp."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

INTERESTING = (
    *("avx", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "f16c", "fma"),
    *("amx_tile", "amx_int8", "amx_bf16", "neon", "asimd", "sve", "i8mm", "bf16"),
)


class Processor(Struct, frozen=True):
    """`physical_cores` is None where the system does not tell; `usable_cores` are logical ones, for this process."""

    name: str
    physical_cores: int | None
    usable_cores: int
    features: tuple[str, ...]


def processor() -> Processor:
    """Asks the system."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        if sys.platform.startswith("linux"):
            return parse_cpuinfo(Path("/proc/cpuinfo").read_text(), usable)
        if sys.platform == "darwin":
            return _macos(usable)
    except (OSError, ValueError, subprocess.SubprocessError):
        pass
    return Processor(platform.processor() or platform.machine(), None, usable, ())


def parse_cpuinfo(text: str, usable: int) -> Processor:
    """Reads /proc/cpuinfo; hyper-threads of one core share a physical id and a core id."""
    name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    packages = re.findall(r"^physical id\s*:\s*(\d+)$", text, re.MULTILINE)
    cores = re.findall(r"^core id\s*:\s*(\d+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    there = set(flags[1].split()) if flags else set()
    physical = len(set(zip(packages, cores, strict=True))) if cores and len(cores) == len(packages) else None
    return Processor(
        name[1].strip() if name else platform.machine(), physical, usable, tuple(f for f in INTERESTING if f in there)
    )


def _macos(usable: int) -> Processor:
    def ask(key: str) -> str:
        return subprocess.run(
            ["sysctl", "-n", key], capture_output=True, text=True, timeout=5, check=True
        ).stdout.strip()

    features = ("neon",) if platform.machine() == "arm64" else ()
    return Processor(ask("machdep.cpu.brand_string"), int(ask("hw.physicalcpu")), usable, features)

"""Energy of a run: read from the machine's own counters where they can be read, estimated where not."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from engine.events import EnergySource

POWERCAP = Path("/sys/class/powercap")
NVML_NAMES = ("nvml.dll",) if sys.platform == "win32" else ("libnvidia-ml.so.1", "libnvidia-ml.so")


class Counter(Protocol):
    """A meter that the machine has. `joules` may start anywhere, and raises OSError or ValueError when it fails."""

    source: EnergySource

    def joules(self) -> float:
        """What the meter shows."""


class RaplDomain:
    """One energy counter of Intel's Running Average Power Limit, which AMD's processors have too.

    The counter goes from 0 to `max_energy_range_uj` and begins again, on a busy machine about once an hour.

    Source: Linux kernel documentation, power/powercap.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text()) + 1
        self._last = int(self._path.read_text())
        self._turns = 0

    def joules(self) -> float:
        """What the counter shows, with the turns it has made since."""
        now = int(self._path.read_text())
        if now < self._last:
            self._turns += 1
        self._last = now
        return (self._turns * self._range + now) / 1e6


class Rapl:
    """All processors of the machine, with their memory where it is counted apart.

    Raises:
        OSError: There is no such counter, or it may not be read (it is for root on many systems).
    """

    source: EnergySource = "rapl"

    def __init__(self, root: Path | None = None) -> None:
        self._domains = [RaplDomain(folder) for folder in _rapl_folders(root or POWERCAP)]
        if not self._domains:
            raise OSError("no RAPL counter")

    def joules(self) -> float:
        """The sum of the counters."""
        return sum(domain.joules() for domain in self._domains)


class Nvml:
    """All NVIDIA GPUs of the machine.

    Args:
        library: The loaded NVML.

    Raises:
        OSError: No GPU says what it uses.
    """

    source: EnergySource = "nvml"

    def __init__(self, library: Any) -> None:
        self._library = library
        _check(library.nvmlInit_v2())
        count = ctypes.c_uint()
        _check(library.nvmlDeviceGetCount_v2(ctypes.byref(count)))
        self._devices = [self._device(index) for index in range(count.value)]
        if not self._devices:
            raise OSError("no GPU")
        self.joules()

    def joules(self) -> float:
        """The sum of the GPUs' counters; NVML counts millijoules since the driver was loaded."""
        return sum(map(self._millijoules, self._devices)) / 1e3

    def _device(self, index: int) -> ctypes.c_void_p:
        device = ctypes.c_void_p()
        _check(self._library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(device)))
        return device

    def _millijoules(self, device: ctypes.c_void_p) -> int:
        used = ctypes.c_ulonglong()
        _check(self._library.nvmlDeviceGetTotalEnergyConsumption(device, ctypes.byref(used)))
        return used.value


class EnergyMeter:
    """What the machine has used since the meter was made. It never raises.

    The counters count the whole machine, not this program alone. The processors' and the GPUs' are added up, and the
    source is then "nvml". When one of them fails on the way, the whole run is estimated, and says so.

    Args:
        watts: The power to reckon with where nothing can be read.
        gpu: Whether the run uses the GPU; an idle one is not charged to it.
        counters: The meters to read; None is those of this machine.
    """

    def __init__(self, watts: float, *, gpu: bool = True, counters: Sequence[Counter] | None = None) -> None:
        self._watts = watts
        self._counters = machine_counters(gpu) if counters is None else list(counters)
        self._start = self._total()

    def read(self, seconds: float) -> tuple[float, EnergySource]:
        """Joules since the meter was made, and where the figure comes from.

        Args:
            seconds: How long that was, for the estimate.
        """
        now = self._total()
        if now is None or self._start is None:
            self._counters = []  # a gap cannot be filled: from here on, and for what was, the estimate
            return self._watts * max(0.0, seconds), "estimate"
        source: EnergySource = "nvml" if any(c.source == "nvml" for c in self._counters) else "rapl"
        return max(0.0, now - self._start), source

    def _total(self) -> float | None:
        try:
            return sum(counter.joules() for counter in self._counters) if self._counters else None
        except (OSError, ValueError):
            return None


def machine_counters(gpu: bool) -> list[Counter]:
    """The counters that can be read on this machine."""
    makers: list[Callable[[], Counter]] = [Rapl]
    if gpu:
        makers.append(lambda: Nvml(_load_nvml()))
    found: list[Counter] = []
    for make in makers:
        try:
            found.append(make())
        except (OSError, ValueError, AttributeError):  # AttributeError: an NVML too old for the function
            continue
    return found


def _rapl_folders(root: Path) -> list[Path]:
    """Packages, and memory where it is a domain of its own; `psys` and the parts of a package would count twice."""
    names = {folder: (folder / "name").read_text().strip() for folder in sorted(root.glob("intel-rapl:*"))}
    return [folder for folder, name in names.items() if name.startswith("package") or name == "dram"]


def _load_nvml() -> Any:
    for name in NVML_NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise OSError("no NVML")


def _check(status: int) -> None:
    if status != 0:
        raise OSError(f"NVML says {status}")

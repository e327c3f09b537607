"""Which builds of llama.cpp crash on this machine, remembered, so that one crash is enough."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
from pathlib import Path


class SafeModeMemory:
    """A small file: for each build and CPU whose probe decode crashed, the reason.

    Never raises; a lost file is no loss.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "safe-mode.json"

    def reason(self) -> str:
        """Why safe mode is needed here, or an empty string."""
        found = self._read().get(_machine())
        return found if isinstance(found, str) else ""

    def remember(self, reason: str) -> None:
        """Safe mode from now on, for this build on this machine."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({**self._read(), _machine(): reason}, indent=1), encoding="utf-8")

    def forget(self) -> None:
        """The normal kernels may be tried again on this machine."""
        kept = {machine: reason for machine, reason in self._read().items() if machine != _machine()}
        with contextlib.suppress(OSError):
            self._path.write_text(json.dumps(kept, indent=1), encoding="utf-8")

    def _read(self) -> dict[str, object]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _machine() -> str:
    """The build and the CPU: another of either may work."""
    return f"llama-cpp-python {importlib.metadata.version('llama-cpp-python')} on {_cpu()}"


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()

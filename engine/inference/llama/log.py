"""llama.cpp's log, kept instead of printed: it tells why a load failed and how many layers reached the GPU."""

from __future__ import annotations

import ctypes
import re
from collections import deque

import llama_cpp

OFFLOADED = re.compile(r"offloaded (\d+)/(\d+) layers to GPU")
DEVICE = re.compile(r"using device (\S+) \(([^)]*)\)")
ERROR_LEVEL = 4


class Log:
    """The last lines of llama.cpp's log. One instance a process: llama.cpp has one log."""

    def __init__(self, size: int = 2000) -> None:
        self._lines: deque[tuple[int, str]] = deque(maxlen=size)
        self._callback = llama_cpp.llama_log_callback(self._take)  # llama.cpp keeps the pointer: so must we
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: object) -> None:
        self._lines.append((level, text.decode("utf-8", "replace").rstrip()))

    def clear(self) -> None:
        """Forgets all lines."""
        self._lines.clear()

    def errors(self) -> list[str]:
        """The lines logged as errors, oldest first."""
        return [line for level, line in self._lines if level == ERROR_LEVEL and line]

    def offloaded_layers(self) -> tuple[int, int] | None:
        """(layers on the GPU, all layers) as llama.cpp reported them, or None when it said nothing."""
        for _, line in reversed(self._lines):
            if found := OFFLOADED.search(line):
                return int(found[1]), int(found[2])
        return None

    def devices(self) -> list[str]:
        """The accelerators used, as llama.cpp names them: "CUDA0 (NVIDIA H200)"."""
        return [f"{found[1]} ({found[2]})" for _, line in self._lines if (found := DEVICE.search(line))]

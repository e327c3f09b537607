"""The commands that build llama.cpp again, for a GPU or for another processor."""

from __future__ import annotations

import sys

REBUILD = "uv sync --reinstall-package llama-cpp-python --no-cache"
# Each kind of GPU with what it is called and the switch of llama.cpp's build.
GPU_SWITCHES = {
    "CUDA (NVIDIA)": "-DGGML_CUDA=on",
    "Metal (Apple)": "-DGGML_METAL=on",
    "Vulkan (any)": "-DGGML_VULKAN=on",
    "ROCm (AMD)": "-DGGML_HIP=on",
}


def build_command(switches: str, platform: str = sys.platform) -> str:
    """The command with these switches of CMake, as the usual shell of a platform takes it."""
    if platform == "win32":
        return f"$env:CMAKE_ARGS='{switches}'; {REBUILD}"
    return f'CMAKE_ARGS="{switches}" {REBUILD}'


def usual_gpu_build(platform: str = sys.platform) -> str:
    """The command for the kind of GPU that most machines of a platform have."""
    return build_command(GPU_SWITCHES["Metal (Apple)" if platform == "darwin" else "CUDA (NVIDIA)"], platform)

"""The commands that build llama.cpp again fit the platform they are shown on."""

from __future__ import annotations

from engine.models.gpu_builds import usual_gpu_build


def test_the_usual_build_fits_the_platform() -> None:
    assert usual_gpu_build("linux").startswith('CMAKE_ARGS="-DGGML_CUDA=on" uv sync')
    assert "-DGGML_METAL=on" in usual_gpu_build("darwin")
    assert usual_gpu_build("win32").startswith("$env:CMAKE_ARGS='-DGGML_CUDA=on'; uv sync")

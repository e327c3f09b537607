"""`doctor`: what this machine can do, and why not more. Every line is looked up now, and says what to do about it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from app.processor import processor
from app.qt_libraries import IMPORT_LIBRARIES, X11_LIBRARIES, install_command, missing_packages
from engine.errors import ModelError
from engine.models.gguf_header import read_header
from engine.models.gpu_builds import GPU_SWITCHES, REBUILD, build_command
from engine.models.library import default_model_path
from engine.models.machine_memory import machine_memory
from engine.models.memory_estimate import mebibytes
from engine.models.model_facts import facts_of
from engine.setup import LoadOptions
from engine.trace.store import data_folder

Status = Literal["ok", "note", "bad"]
SIGNS = {"ok": "ok  ", "note": "note", "bad": "BAD "}
QT_TEST = "from PySide6.QtWidgets import QApplication; a = QApplication([]); print(a.platformName())"


class Check(msgspec.Struct, frozen=True):
    """One line of the report. `note` is a limit that a person may want to know; `bad` keeps something from working."""

    name: str
    status: Status
    value: str
    next_step: str = ""


def run_doctor(as_json: bool) -> int:
    """Prints the report; returns 0 when everything needed works, else 3."""
    checks = []
    for check in CHECKS:
        found = _guarded(check)
        checks += found
        if not as_json:
            for line in found:
                _print(line)
    bad = [check.name for check in checks if check.status == "bad"]
    if as_json:
        print(json.dumps({"works": not bad, "checks": msgspec.to_builtins(checks)}, indent=2))
    else:
        print(f"\nNot working: {', '.join(bad)}." if bad else "\nEverything needed works.")
    return 3 if bad else 0


def qt_problem(error: ImportError) -> tuple[str, str]:
    """Why Qt cannot be imported, and what to do."""
    missing = missing_packages(IMPORT_LIBRARIES)
    if missing:
        return (
            f"System libraries that Qt needs are missing ({error}).",
            f"On Debian and Ubuntu: {install_command(missing)}",
        )
    return f"The system says: {error}.", "Run `uv sync`; `main.py doctor` says more."


def _print(check: Check) -> None:
    print(f"{SIGNS[check.status]} {check.name:<15} {check.value}", flush=True)
    for line in check.next_step.splitlines():
        print(f"{'':20} -> {line}", flush=True)


def _guarded(check: Callable[[], list[Check]]) -> list[Check]:
    """A check that fails in an unforeseen way is a finding, not the end of the report."""
    try:
        return check()
    except Exception as error:
        name = check.__name__.strip("_").replace("_", " ")
        return [Check(name, "bad", f"The check itself failed: {type(error).__name__}: {error}.")]


def _python() -> list[Check]:
    version = platform.python_version()
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    step = "" if fits else "Use Python 3.11, 3.12 or 3.13: uv run --python 3.12 main.py"
    return [
        Check("Python", "ok" if fits else "bad", f"{version} ({platform.python_implementation()})", step),
        Check("system", "ok", f"{platform.platform()}"),
    ]


def _processor() -> list[Check]:
    cpu = processor()
    cores = f"{cpu.physical_cores} physical cores" if cpu.physical_cores else "physical cores unknown"
    features = ", ".join(cpu.features) or "instruction sets unknown"
    return [Check("processor", "ok", f"{cpu.name}: {cores}, {cpu.usable_cores} usable threads; {features}")]


def _memory() -> list[Check]:
    memory = machine_memory()
    if memory.total_bytes is None or memory.free_bytes is None:
        return [Check("memory", "note", f"unknown: {memory.source}")]
    value = f"{mebibytes(memory.free_bytes)} free of {mebibytes(memory.total_bytes)} ({memory.source})"
    return [Check("memory", "ok", value)]


def _qt() -> list[Check]:
    try:
        version = importlib.metadata.version("PySide6-Essentials")
    except importlib.metadata.PackageNotFoundError:
        return [Check("Qt", "bad", "PySide6 is not installed.", "Run `uv sync`.")]
    if version.startswith("6.12.0") and sys.version_info < (3, 12):
        step = "Use PySide6-Essentials 6.11.3 (`uv sync`), or Python 3.12."
        return [Check("Qt", "bad", f"PySide6 {version} aborts the interpreter on Python before 3.12.", step)]
    missing = missing_packages(IMPORT_LIBRARIES)
    if missing:
        value = f"PySide6 {version}, but system libraries are missing."
        return [Check("Qt", "bad", value, f"On Debian and Ubuntu: {install_command(missing)}")]
    works, said = _try_qt()
    if not works:
        return [Check("Qt", "bad", f"PySide6 {version} does not start: {said}", "Run `uv sync`.")]
    return [Check("Qt", "ok", f"PySide6 {version}"), _display(said)]


def _try_qt() -> tuple[bool, str]:
    """Starts Qt in a child process, which a missing plugin may abort; offscreen when there is no display."""
    environment = dict(os.environ)
    if not _has_display():
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, "-c", QT_TEST]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return False, "it did not answer within a minute."
    if done.returncode == 0:
        return True, done.stdout.strip()
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return False, lines[-1] if lines else f"it ended with status {done.returncode}."


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _display(qt_platform: str) -> Check:
    missing = missing_packages(X11_LIBRARIES)
    if not _has_display():
        steps = ["The command line works without one."]
        if missing:
            steps.append(f"A window on an X display would also need: {install_command(missing)}")
        return Check("display", "note", "none: DISPLAY and WAYLAND_DISPLAY are not set.", "\n".join(steps))
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") and missing:
        step = f"On Debian and Ubuntu: {install_command(missing)}"
        return Check("display", "bad", "Qt's X11 plugin misses libraries.", step)
    return Check("display", "ok", f"Qt platform “{qt_platform}”")


def _llama() -> list[Check]:
    try:
        version = importlib.metadata.version("llama-cpp-python")
    except importlib.metadata.PackageNotFoundError:
        step = "Run `uv sync`; building it needs a C++ compiler (Debian: sudo apt-get install build-essential)."
        return [Check("llama.cpp", "bad", "llama-cpp-python is not installed.", step)]
    return [Check("llama.cpp", "ok", f"llama-cpp-python {version}")]


def _model() -> list[Check]:
    try:
        path = default_model_path()
        facts = facts_of(read_header(path))
    except ModelError as error:
        return [Check("default model", "bad", f"{error.what} {error.why}", error.next_step)]
    value = f"{path.name}: {facts.architecture}, {facts.quantization}, {mebibytes(facts.file_bytes)}, header whole"
    return [Check("default model", "ok", value), *_probe(path)]


def _probe(path: Path) -> list[Check]:
    """Loads and decodes in a child process: only this shows whether the native code works on this processor."""
    from app.probe import probe_model

    probe = probe_model(LoadOptions(str(path)))
    gpu = _gpu(probe.gpu_supported)
    if probe.report is None:
        return [Check("probe decode", "bad", probe.problem, "Build llama.cpp again on this machine: " + REBUILD), *gpu]
    report = probe.report
    value = f"works: loaded in {report.load_seconds:.2f} s on {report.device}, {report.n_threads} threads"
    if not report.safe_mode:
        return [Check("probe decode", "ok", value), *gpu]
    reason = report.safe_mode_reason or "the first attempt ended the process"
    return [Check("probe decode", "note", f"{value}, in safe mode: {reason}", _amx_step()), *gpu]


def _amx_step() -> str:
    if not any(feature.startswith("amx") for feature in processor().features):
        return "Slower kernels are used; everything else works."
    flags = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
    arguments = f"-DCMAKE_C_FLAGS='{flags}' -DCMAKE_CXX_FLAGS='{flags}'"
    words = "Everything works, a little slower. For the faster kernels build without AMX:"
    return f"{words}\n{build_command(arguments)}"


def _gpu(supported: bool | None) -> list[Check]:
    if supported is None:
        return [Check("GPU", "note", "unknown: the worker process did not start.")]
    if supported:
        return [Check("GPU", "ok", "this build can offload layers; choose how many with --gpu-layers")]
    builds = [f"{name}: {build_command(switches)}" for name, switches in GPU_SWITCHES.items()]
    return [Check("GPU", "note", "this build of llama.cpp has no GPU support. To get it:", "\n".join(builds))]


def _data() -> list[Check]:
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        step = "Set THINKSCOPE_DATA to a folder that can be written to; until then runs are kept in a temporary one."
        return [Check("data folder", "bad", f"{folder} cannot be written to ({error.strerror}).", step)]
    return [Check("data folder", "ok", f"{folder}")]


CHECKS = (_python, _processor, _memory, _qt, _llama, _data, _model)

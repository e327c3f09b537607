"""`bench startup`: opens the window as a person would and asks it when it was visible, moving, answering.

The window writes its milestones, a line each (`name seconds`, seconds of `time.monotonic()`, which all processes of a
machine share), to the file named by the environment variable `THINKSCOPE_BENCH_STARTUP`. With that variable set it also
starts its default run by itself as soon as the model is loaded.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from engine.errors import EngineError

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "THINKSCOPE_BENCH_STARTUP"
LONGEST_WAIT = 60.0
LOOK_SECONDS = 0.05
# What each milestone may take, from `docs/benchmarks.md`.
BOUNDS = {"window_visible": 1.0, "something_moving": 2.0, "first_real_token": 3.0}
TITLES = {
    "window_visible": "window visible",
    "something_moving": "something moving",
    "first_real_token": "first real token",
}


class Milestone(msgspec.Struct, frozen=True):
    """Seconds from the launch, over all runs."""

    name: str
    median: float
    worst: float
    bound: float
    seconds: tuple[float, ...]


def bench_startup(runs: int, as_json: bool) -> int:
    """Measures, prints and returns the exit status.

    Raises:
        EngineError: The window did not reach a milestone.
    """
    measured = [launch() for _ in range(runs)]
    milestones = [_milestone(name, [times[name] for times in measured]) for name in BOUNDS]
    if as_json:
        display = os.environ.get("QT_QPA_PLATFORM", "the system's own")
        report = {"kind": "startup", "runs": runs, "qt_platform": display}
        print(json.dumps({**report, "milestones": msgspec.to_builtins(milestones)}, indent=2))
        return 0
    for found in milestones:
        print(
            f"{TITLES[found.name]:<18} median {found.median:.2f} s, worst of {runs} {found.worst:.2f} s"
            f" (bound {found.bound:g} s)"
        )
    return 0


def launch() -> dict[str, float]:
    """Opens the window once, in a fresh data folder, and returns the seconds to each milestone."""
    with tempfile.TemporaryDirectory(prefix="thinkscope-bench-") as folder:
        marks = Path(folder) / "milestones"
        log = Path(folder) / "log"
        environment = {**os.environ, VARIABLE: str(marks), "THINKSCOPE_DATA": str(Path(folder) / "data")}
        if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        with log.open("wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "main.py")], cwd=ROOT, env=environment, stdout=output, stderr=output
            )
            try:
                return _wait(process, marks, log, began)
            finally:
                _end(process)


def _wait(process: subprocess.Popen[bytes], marks: Path, log: Path, began: float) -> dict[str, float]:
    """The times are stamped by the window, so looking now and then loses nothing and costs the cores little."""
    while True:
        times = read_milestones(marks, began)
        missing = [TITLES[name] for name in BOUNDS if name not in times]
        if not missing:
            return times
        if process.poll() is not None or time.monotonic() - began > LONGEST_WAIT:
            words = log.read_text(errors="replace").strip().splitlines()
            why = words[-1] if words else f"It waited {time.monotonic() - began:.0f} seconds."
            raise EngineError(f"The window did not come to: {', '.join(missing)}.", why)
        time.sleep(LOOK_SECONDS)


def read_milestones(path: Path, began: float) -> dict[str, float]:
    """Milestones written so far, in seconds since `began`; the first of a name counts, a half-written line does not."""
    times: dict[str, float] = {}
    text = path.read_text() if path.exists() else ""
    for line in text[: text.rfind("\n") + 1].splitlines():
        name, _, seconds = line.partition(" ")
        times.setdefault(name, float(seconds) - began)
    return times


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _milestone(name: str, seconds: list[float]) -> Milestone:
    return Milestone(name, statistics.median(seconds), max(seconds), BOUNDS[name], tuple(seconds))

"""The energy meter: counters where there are any, an honest estimate where not."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pytest

from engine import energy
from engine.energy import EnergyMeter, Nvml, Rapl
from engine.events import EnergySource


class Scripted:
    """A counter that shows one figure after the other; None is a failure."""

    def __init__(self, source: EnergySource, *figures: float | None) -> None:
        self.source, self.figures = source, list(figures)

    def joules(self) -> float:
        figure = self.figures.pop(0)
        if figure is None:
            raise OSError("gone")
        return figure


class FakeNvml:
    """NVML's functions over a list of GPUs, each a list of readings in millijoules."""

    def __init__(self, *gpus: list[int]) -> None:
        self.gpus = gpus

    def nvmlInit_v2(self) -> int:
        return 0

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = len(self.gpus)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: ctypes.c_uint, device: Any) -> int:
        device._obj.value = index.value + 1
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, device: ctypes.c_void_p, used: Any) -> int:
        readings = self.gpus[(device.value or 0) - 1]
        if not readings:
            return 3
        used._obj.value = readings.pop(0)
        return 0


def domain(root: Path, folder: str, name: str, microjoules: int) -> Path:
    path = root / folder
    path.mkdir(parents=True)
    (path / "name").write_text(f"{name}\n")
    (path / "max_energy_range_uj").write_text("999999\n")
    (path / "energy_uj").write_text(f"{microjoules}\n")
    return path / "energy_uj"


def test_without_a_counter_it_is_watts_times_seconds_and_says_estimate() -> None:
    meter = EnergyMeter(45.0, counters=[])
    assert meter.read(2.0) == (90.0, "estimate")
    assert meter.read(-1.0) == (0.0, "estimate")


def test_packages_and_memory_are_added_up_and_their_parts_are_not_counted_twice(tmp_path: Path) -> None:
    package = domain(tmp_path, "intel-rapl:0", "package-0", 100_000)
    core = domain(tmp_path, "intel-rapl:0:0", "core", 50_000)
    dram = domain(tmp_path, "intel-rapl:0:1", "dram", 10_000)
    platform = domain(tmp_path, "intel-rapl:1", "psys", 500_000)
    meter = EnergyMeter(45.0, counters=[Rapl(tmp_path)])
    for counter, microjoules in ((package, 300_000), (core, 999_000), (dram, 20_000), (platform, 999_000)):
        counter.write_text(str(microjoules))
    assert meter.read(1.0) == (pytest.approx(0.21), "rapl")


def test_a_counter_that_begins_again_goes_on(tmp_path: Path) -> None:
    counter = domain(tmp_path, "intel-rapl:0", "package-0", 900_000)
    meter = EnergyMeter(45.0, counters=[Rapl(tmp_path)])
    for microjoules, joules in ((999_999, 0.099999), (100_000, 0.2), (50_000, 1.15)):
        counter.write_text(str(microjoules))
        assert meter.read(1.0)[0] == pytest.approx(joules)


def test_a_counter_that_is_not_there_or_not_readable_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match="no RAPL"):
        Rapl(tmp_path)
    domain(tmp_path, "intel-rapl:0", "package-0", 1).write_text("")

    def refuse(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    monkeypatch.setattr(energy.ctypes, "CDLL", refuse)
    assert EnergyMeter(10.0).read(3.0) == (30.0, "estimate")


def test_gpus_are_added_up() -> None:
    meter = EnergyMeter(45.0, counters=[Nvml(FakeNvml([0, 1000, 3000], [0, 500, 700]))])
    assert meter.read(1.0) == (pytest.approx(2.2), "nvml")


def test_a_gpu_that_cannot_tell_is_no_counter() -> None:
    for library in (FakeNvml([]), FakeNvml()):
        with pytest.raises(OSError, match=r"NVML|GPU"):
            Nvml(library)


def test_processor_and_gpu_are_added_up_under_the_gpus_name() -> None:
    meter = EnergyMeter(45.0, counters=[Scripted("rapl", 10, 15), Scripted("nvml", 100, 130)])
    assert meter.read(1.0) == (35.0, "nvml")


def test_a_counter_that_fails_on_the_way_makes_the_rest_an_estimate() -> None:
    meter = EnergyMeter(45.0, counters=[Scripted("rapl", 10.0, 12.0, None, 20.0)])
    assert meter.read(1.0) == (2.0, "rapl")
    assert meter.read(2.0) == (90.0, "estimate")
    assert meter.read(3.0) == (135.0, "estimate")


def test_on_this_machine_it_gives_something_and_never_less_than_nothing() -> None:
    joules, source = EnergyMeter(45.0).read(0.5)
    assert joules >= 0
    assert source in ("rapl", "nvml", "estimate")

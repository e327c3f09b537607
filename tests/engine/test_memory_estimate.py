"""The memory estimate: its arithmetic, its verdict, and the measurements it is compared with."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.models.gguf_header import read_header
from engine.models.library import default_model_path
from engine.models.machine_memory import MachineMemory, _linux, machine_memory, parse_meminfo, parse_vm_stat
from engine.models.memory_estimate import MIB, estimate_memory
from engine.models.model_facts import facts_of

FACTS = facts_of(read_header(default_model_path()))


def with_free(free: int | None) -> MachineMemory:
    return MachineMemory(free, free, "made up")


def test_the_estimate_agrees_with_what_llama_cpp_allocates_for_the_default_model() -> None:
    # llama.cpp's own log for n_ctx 4096, 16 sequences, batches of 512: 92.10, 90.00, 98.25 and 3.00 MiB.
    found = estimate_memory(FACTS, with_free(None), n_ctx=4096, n_seqs=16)
    assert [round(part.bytes / MIB, 2) for part in found.parts] == [92.10, 90.00, 98.25, 3.00]


@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "fits"), (1.05, "tight"), (0.9, "too_large")])
def test_the_verdict_follows_from_what_is_free(factor: float, verdict: str) -> None:
    total = estimate_memory(FACTS, with_free(None), n_ctx=2048).total_bytes
    assert estimate_memory(FACTS, with_free(int(total * factor)), n_ctx=2048).verdict == verdict


def test_unknown_free_memory_is_said_to_be_unknown() -> None:
    found = estimate_memory(FACTS, with_free(None), n_ctx=2048)
    assert found.verdict == "unknown"
    assert "free unknown" in found.lines[-1]


@given(n_ctx=st.integers(1, 10**7), more=st.integers(1, 10**6), seqs=st.integers(1, 256), flash=st.booleans())
def test_a_longer_context_never_needs_less_and_the_parts_add_up(n_ctx: int, more: int, seqs: int, flash: bool) -> None:
    short = estimate_memory(FACTS, with_free(10**9), n_ctx=n_ctx, n_seqs=seqs, flash_attention=flash)
    longer = estimate_memory(FACTS, with_free(10**9), n_ctx=n_ctx + more, n_seqs=seqs, flash_attention=flash)
    assert longer.total_bytes > short.total_bytes
    assert short.total_bytes == sum(part.bytes for part in short.parts)
    assert len(short.lines) == len(short.parts) + 1


def test_this_machine_says_how_much_memory_is_free() -> None:
    found = machine_memory()
    assert found.total_bytes is not None
    assert found.free_bytes is not None
    assert 0 < found.free_bytes <= found.total_bytes


def test_meminfo_is_read_in_bytes() -> None:
    text = "MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    400 kB\nHugePages_Total:       0\n"
    assert parse_meminfo(text) == (1_024_000, 409_600)
    assert parse_meminfo("") == (None, None)


def test_vm_stat_counts_the_pages_that_can_be_had() -> None:
    text = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
        "Pages free:                               10.\nPages active:                            99.\n"
        "Pages inactive:                           20.\nPages speculative:                        3.\n"
    )
    assert parse_vm_stat(text) == 33 * 16384
    assert parse_vm_stat("nothing") is None


def test_a_container_limit_lowers_what_is_free_and_file_caches_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 900000 kB\n")
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("100000000\n")
    (group / "memory.current").write_text("60000000\n")
    (group / "memory.stat").write_text("anon 1\ninactive_file 20000000\n")
    found = _linux(tmp_path)
    assert (found.total_bytes, found.free_bytes) == (100_000_000, 60_000_000)
    (group / "memory.max").write_text("max\n")
    assert _linux(tmp_path).free_bytes == 900_000 * 1024

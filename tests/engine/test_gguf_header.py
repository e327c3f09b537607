"""The header reader: right about good files, and never anything but a ModelError about bad ones."""

from __future__ import annotations

import contextlib
import os
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.models.gguf_header import GgufArray, read_header
from engine.models.library import default_model_path
from engine.models.model_facts import check_usable, facts_of
from tests.gguf_files import LLAMA, entry, gguf, tensor, text

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder: Path, data: bytes) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_header(path)
    assert caught.value.what
    assert caught.value.next_step
    return str(caught.value)


def test_the_default_model_is_read_as_what_it_is() -> None:
    facts = facts_of(read_header(default_model_path()))
    assert (facts.architecture, facts.quantization, facts.n_ctx_train) == ("llama", "Q4_1", 8192)
    assert (facts.parameters, facts.n_layers, facts.n_embd, facts.n_vocab) == (134_515_008, 30, 576, 49_152)
    assert (facts.n_heads, facts.n_heads_kv, facts.kv_bytes_per_token) == (9, 3, 30 * 3 * 128 * 2)
    assert facts.has_chat_template
    assert not facts.embedding_only
    assert not facts.recurrent
    check_usable(facts)


def test_values_and_tensors_are_read_as_written(tmp_path: Path) -> None:
    metadata = {**LLAMA, "x.list": [1, -2, 3], "x.yes": True, "x.half": 0.5, "x.big": 2**40, "x.name": "Größe ☃"}
    header = read_header(write(tmp_path, gguf(metadata, [tensor("w", (32, 2), type_id=2)], data=36)))
    assert header.metadata["x.list"] == GgufArray(3, (1, -2, 3))
    assert header.metadata["tokenizer.ggml.tokens"] == GgufArray(3)
    assert (header.metadata["x.yes"], header.metadata["x.half"], header.metadata["x.big"]) == (True, 0.5, 2**40)
    assert header.metadata["x.name"] == "Größe ☃"
    assert (header.tensors[0].items, header.tensors[0].nbytes) == (64, 36)


def test_a_missing_file_a_folder_and_a_nul_in_the_path_are_said_in_words(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "nothing.gguf")
    assert "is a folder" in refusal(tmp_path)
    assert "cannot be opened" in refusal(Path("a\0b.gguf"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said_in_words(tmp_path: Path) -> None:
    path = write(tmp_path, gguf())
    path.chmod(0)
    assert "may not be read" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    assert "not a regular file" in refusal(tmp_path / "pipe.gguf")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"GG", "not a GGUF file"),
        (b"PK\x03\x04" + b"\0" * 100, "not a GGUF file"),
        (b"GGUF", "cut short"),
        (gguf(version=1), "version 1"),
        (gguf(version=4), "version 4"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
        (gguf(counts=(1, 2**63)), "damaged"),
        (gguf(counts=(2**40, 1)), "damaged"),
        (gguf(counts=(10_000, 11)), "cut short"),
        (gguf(data=10), "cut short"),
        (gguf({"general.alignment": 3}), "alignment is 3"),
        (gguf({}, [tensor("w", (1, 1, 1, 1, 1))]), "5 dimensions"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refusal(write(tmp_path, data))


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    twice = entry("a", 1) * 2
    assert "twice" in refusal(write(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + twice))


@pytest.mark.parametrize("length", [2**31, 2**62, 2**64 - 1])
@pytest.mark.parametrize("item", [0, 8, 9, 12])
def test_a_huge_announced_length_costs_no_time_and_no_memory(tmp_path: Path, item: int, length: int) -> None:
    body = text("a") + struct.pack("<IIQ", 9, item, length) + b"\0" * 64
    path = write(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + body)
    began = time.perf_counter()
    assert "cut short" in refusal(path)
    assert time.perf_counter() - began < 1.0


def test_arrays_of_arrays_are_followed_only_so_deep(tmp_path: Path) -> None:
    nested = struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 50 + struct.pack("<IQ", 0, 0)
    path = write(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + nested)
    assert "nested too deeply" in refusal(path)


def test_a_file_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    whole = gguf()
    for length in range(len(whole)):
        refusal(write(tmp_path, whole[:length]))
    read_header(write(tmp_path, whole))


@FUZZ
@given(data=st.binary(max_size=400))
def test_random_bytes_end_in_a_model_error(tmp_path: Path, data: bytes) -> None:
    for prefix in (b"", b"GGUF", b"GGUF\x03\0\0\0", b"GGUF" + struct.pack("<IQQ", 3, 1, 2)):
        read_or_refuse(write(tmp_path, prefix + data))


@FUZZ
@given(changes=st.lists(st.tuples(st.integers(4, 700), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(gguf())
    for place, value in changes:
        data[place % len(data)] = value
    read_or_refuse(write(tmp_path, bytes(data)))


@FUZZ
@given(
    values=st.dictionaries(
        st.sampled_from([*LLAMA, "split.no", "split.count", "general.alignment", "llama.pooling_type"]),
        st.one_of(
            st.integers(-(2**63), 2**63 - 1),
            st.booleans(),
            st.text(max_size=20),
            st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=5),
        ),
    )
)
def test_odd_values_in_the_metadata_never_break_the_facts(tmp_path: Path, values: dict[str, int | bool | str]) -> None:
    read_or_refuse(write(tmp_path, gguf({**LLAMA, **values})))


def read_or_refuse(path: Path) -> None:
    """Anything but a ModelError fails the test."""
    with contextlib.suppress(ModelError):
        check_usable(facts_of(read_header(path)))

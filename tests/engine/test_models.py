"""Facts, refusals and the library of models."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models import library
from engine.models.architectures import EMBEDDING, HYBRID, KNOWN, RECURRENT, USABLE
from engine.models.gguf_header import read_header
from engine.models.model_facts import ModelFacts, check_usable, facts_of
from engine.models.tensor_types import TENSOR_TYPES
from tests.gguf_files import LLAMA, Value, gguf, tensor


def facts(folder: Path, changes: dict[str, Value], tensors: list[bytes] | None = None) -> ModelFacts:
    path = folder / "model.gguf"
    path.write_bytes(gguf({**LLAMA, **changes}, tensors, data=4096))
    return facts_of(read_header(path))


def as_architecture(name: str) -> dict[str, Value]:
    return {key.replace("llama.", f"{name}."): value for key, value in LLAMA.items()} | {"general.architecture": name}


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("bert", "embedding model"),
        ("nomic-bert", "embedding model"),
        ("clip", "a projector"),
        ("t5", "encoder-decoder"),
        ("llada", "diffusion"),
        ("frobnicator9", "does not know the architecture “frobnicator9”"),
        ("", "does not say which architecture"),
    ],
)
def test_a_model_that_cannot_answer_is_refused_in_words(tmp_path: Path, architecture: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        check_usable(facts(tmp_path, as_architecture(architecture)))
    assert caught.value.exit_status == 2
    assert caught.value.next_step


def test_a_known_architecture_that_pools_its_text_is_an_embedding_model(tmp_path: Path) -> None:
    assert facts(tmp_path, {"llama.pooling_type": 3}).embedding_only
    assert not facts(tmp_path, {"llama.pooling_type": 0}).embedding_only


def test_a_later_part_of_a_split_model_is_refused_and_the_first_is_not(tmp_path: Path) -> None:
    check_usable(facts(tmp_path, {"split.no": 0, "split.count": 3}))
    with pytest.raises(ModelError, match="part 2 of 3"):
        check_usable(facts(tmp_path, {"split.no": 1, "split.count": 3}))


def test_a_header_without_layers_holds_no_whole_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no whole model"):
        check_usable(facts(tmp_path, {"llama.block_count": 0}))


def test_heads_that_differ_by_layer_are_summed_into_the_cache(tmp_path: Path) -> None:
    found = facts(tmp_path, {"llama.attention.head_count_kv": [2, 1]})
    assert found.kv_bytes_per_token == (2 + 1) * (16 + 16) * 2
    assert found.n_heads_kv == 2


def test_a_recurrent_model_has_no_cache_that_grows(tmp_path: Path) -> None:
    found = facts(tmp_path, as_architecture("mamba2"))
    assert found.recurrent
    assert found.kv_bytes_per_token == 0


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"),
        ("Qwen2.5-7B-Instruct-Q4_K_M-00001-of-00002.gguf", "Qwen2.5-7B-Instruct"),
        ("llama-3-8b.IQ2_XXS.gguf", "llama-3-8b"),
        ("phi-4-F16.gguf", "phi-4"),
        ("gemma-3-270m.gguf", "gemma-3-270m"),
        ("model.gguf", "Tiny"),
        ("sha256-0123abcd", "Tiny"),
    ],
)
def test_a_model_goes_by_the_name_that_people_know(tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / file).write_bytes(gguf())
    assert facts_of(read_header(tmp_path / file)).name == name


def test_the_quantisation_comes_from_the_tensors_when_the_file_does_not_say(tmp_path: Path) -> None:
    tensors = [tensor("a", (32, 1), type_id=0), tensor("b", (256, 4), type_id=12, offset=128)]
    metadata = {**LLAMA, "general.file_type": 9999}
    assert facts(tmp_path, metadata, tensors).quantization == "Q4_K"


def test_the_architectures_are_those_that_the_installed_llama_cpp_names() -> None:
    folder = next(Path(p) for p in sys.path if (Path(p) / "llama_cpp").is_dir()) / "llama_cpp/lib"
    library_file = next((f for f in folder.glob("*llama.*") if f.suffix in (".so", ".dylib", ".dll")), None)
    if library_file is None:
        pytest.skip("llama.cpp is not built as one shared library here")
    code = library_file.read_bytes()
    # Short names may be kept inside instructions, and longer ones may share the end of another text.
    assert not [name for name in KNOWN if len(name) > 8 and name.encode() + b"\0" not in code]


def test_an_architecture_has_one_role_only() -> None:
    assert not USABLE & EMBEDDING
    assert not RECURRENT & HYBRID


def test_every_tensor_type_has_whole_blocks() -> None:
    assert all(kind.block_items >= 1 and kind.block_bytes >= 1 for kind in TENSOR_TYPES.values())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("HF_HUB_CACHE", "HF_HOME", "OLLAMA_MODELS", "LLAMA_CACHE", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(library, "models_folder", lambda: tmp_path / "models")
    return tmp_path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf())
    return path


def test_the_default_model_is_found_without_importing_its_package() -> None:
    assert library.default_model_path().name == library.DEFAULT_FILE
    assert library.DEFAULT_PACKAGE not in sys.modules


def test_models_are_found_where_neighbouring_programs_keep_them(home: Path) -> None:
    put(home / "models/mine.gguf")
    put(home / "models/mmproj-eyes.gguf")
    put(home / "models/big-00001-of-00002.gguf")
    put(home / "models/big-00002-of-00002.gguf")
    put(home / ".cache/huggingface/hub/models--org--hub/snapshots/abc/hub.Q8_0.gguf")
    put(home / ".lmstudio/models/maker/studio.gguf")
    put(home / ".ollama/models/blobs/sha256-0123")
    manifest = home / ".ollama/models/manifests/registry.ollama.ai/library/tiny/latest"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:0123"}
    manifest.write_text(json.dumps({"layers": [layer]}))
    (manifest.parent / "broken").write_text("{")
    found = {model.name: model.source for model in library.find_models()}
    assert found == {
        "SmolLM2-135M-Instruct.Q4_1": "default",
        "mine": "models folder",
        "big-00001-of-00002": "models folder",
        "hub.Q8_0": "Hugging Face cache",
        "studio": "LM Studio",
        "tiny:latest": "ollama",
    }


def test_a_model_is_named_by_path_by_name_or_by_a_part_of_its_name(home: Path) -> None:
    mine = put(home / "models/Mine-1B.Q4_0.gguf")
    assert library.resolve_model("mine-1b.q4_0") == mine
    assert library.resolve_model("mine") == mine
    assert library.resolve_model(str(mine)) == mine
    assert library.resolve_model(None) == library.default_model_path()
    assert library.resolve_model("~/elsewhere.gguf") == home / "elsewhere.gguf"


def test_a_name_that_fits_no_model_or_several_is_refused(home: Path) -> None:
    put(home / "models/twin-a.gguf")
    put(home / "models/twin-b.gguf")
    with pytest.raises(ModelError, match="fits 2 models"):
        library.resolve_model("twin")
    with pytest.raises(ModelError, match="There is no model"):
        library.resolve_model("nobody")
    with pytest.raises(ModelError, match="web address"):
        library.resolve_model("https://example.org/model.gguf")

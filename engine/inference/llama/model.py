"""A GGUF model in llama.cpp: weights and vocabulary, without any context."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

import llama_cpp

from engine.errors import ModelError
from engine.inference.llama.log import Log
from engine.setup import LoadOptions
from engine.thinking import markers_of

SPLIT_MODES = {
    "layer": llama_cpp.LLAMA_SPLIT_MODE_LAYER,
    "row": llama_cpp.LLAMA_SPLIT_MODE_ROW,
    "none": llama_cpp.LLAMA_SPLIT_MODE_NONE,
}
_log: Log | None = None


def shared_log() -> Log:
    """llama.cpp's log in this process, taken over at the first call."""
    global _log
    if _log is None:
        _log = Log()
        llama_cpp.llama_backend_init()
    return _log


def gpu_supported() -> bool:
    """Whether this build of llama.cpp can offload layers at all."""
    return bool(llama_cpp.llama_supports_gpu_offload())


class LlamaModel:
    """Implements `Vocabulary`. Freed by `close`.

    Raises:
        ModelError: llama.cpp cannot load the file.
    """

    def __init__(self, options: LoadOptions, progress: Callable[[float], None]) -> None:
        self.options = options
        self._log = shared_log()
        self._log.clear()
        self.pointer = _load(options, progress)
        if not self.pointer:
            raise ModelError(
                "This model cannot be loaded.",
                self.log_errors() or "llama.cpp gave no reason.",
                "Choose another GGUF file.",
            )
        self._vocab = llama_cpp.llama_model_get_vocab(self.pointer)
        self.n_vocab = int(llama_cpp.llama_vocab_n_tokens(self._vocab))
        self.n_ctx_train = int(llama_cpp.llama_model_n_ctx_train(self.pointer))
        self.n_layers = int(llama_cpp.llama_model_n_layer(self.pointer))
        self.n_embd = int(llama_cpp.llama_model_n_embd(self.pointer))
        self.parameters = int(llama_cpp.llama_model_n_params(self.pointer))
        self.can_fork = not (
            llama_cpp.llama_model_is_recurrent(self.pointer) or llama_cpp.llama_model_is_hybrid(self.pointer)
        )
        self.offloaded = self._log.offloaded_layers()
        self.devices = self._log.devices()
        self.text_of = functools.lru_cache(maxsize=None)(self._text_of)
        self.piece = functools.lru_cache(maxsize=None)(self._piece)
        self._marks = self._tokens_of_markers()

    def close(self) -> None:
        """Frees the weights."""
        if self.pointer:
            llama_cpp.llama_model_free(self.pointer)
            self.pointer = None

    def log_errors(self) -> str:
        """What llama.cpp logged as errors, the last lines of it, for people."""
        lines = [line.split(": ", 1)[-1] for line in self._log.errors()[-3:]]
        return " ".join(dict.fromkeys(lines))[:400]

    def metadata(self, key: str) -> str | None:
        """A value of the file's metadata as text, or None."""
        size = 256
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = llama_cpp.llama_model_meta_val_str(self.pointer, key.encode(), buffer, size)
            if length < 0:
                return None
            if length < size:
                return buffer.value.decode("utf-8", "replace")
            size = length + 1

    def description(self) -> str:
        """llama.cpp's own short description, such as "llama 135M Q4_1"."""
        buffer = ctypes.create_string_buffer(256)
        llama_cpp.llama_model_desc(self.pointer, buffer, 256)
        return buffer.value.decode("utf-8", "replace")

    def chat_template(self) -> str | None:
        """The model's own chat template, a Jinja program from a stranger, or None for a base model."""
        found = llama_cpp.llama_model_chat_template(self.pointer, None)
        return found.decode("utf-8", "replace") if found else None

    def rerank_template(self) -> str | None:
        """The text with {query} and {document} that a reranker's file brings, or None."""
        found = llama_cpp.llama_model_chat_template(self.pointer, b"rerank")
        return found.decode("utf-8", "replace") if found else None

    def pair_marks(self) -> tuple[list[int], list[int], list[int]]:
        """Control tokens before a query, between it and its document, and after both, as in llama.cpp's server."""
        vocab = self._vocab
        bos, eos, sep = (
            llama_cpp.llama_vocab_bos(vocab),
            llama_cpp.llama_vocab_eos(vocab),
            llama_cpp.llama_vocab_sep(vocab),
        )
        ends = [eos if eos >= 0 else sep] if llama_cpp.llama_vocab_get_add_eos(vocab) else []
        parts = [sep] if llama_cpp.llama_vocab_get_add_sep(vocab) else []
        return ([bos] if self.adds_bos else []), ends + parts, ends

    def head_labels(self, outputs: int) -> list[str]:
        """What each of the `outputs` of a classification head means; empty texts where the file does not say."""
        labels = (llama_cpp.llama_model_cls_label(self.pointer, i) for i in range(outputs))
        return [label.decode("utf-8", "replace") if label else "" for label in labels]

    def token_text(self, name: str) -> str:
        """The text of the vocabulary's "bos" or "eos" token, or an empty string."""
        get = {"bos": llama_cpp.llama_vocab_bos, "eos": llama_cpp.llama_vocab_eos}[name]
        token = get(self._vocab)
        return llama_cpp.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    @property
    def adds_bos(self) -> bool:
        """Whether the vocabulary wants its beginning token put before a text."""
        return bool(llama_cpp.llama_vocab_get_add_bos(self._vocab))

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """Tokens of `text`. Without `special`, text that looks like a control token stays text."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        while True:
            tokens = (llama_cpp.llama_token * room)()
            count = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, room, start, special)
            if count >= 0:
                return list(tokens[:count])
            room = -count

    def _piece(self, token: int) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, size, 0, token in self._marks)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def _tokens_of_markers(self) -> frozenset[int]:
        """The control tokens that the model's markers of reasoning are made of: these are seen in its texts."""
        markers = markers_of(self.chat_template())
        if markers is None:
            return frozenset()
        tokens = self.tokenize(markers.open + markers.close, special=True, start=False)
        return frozenset(token for token in tokens if not self.is_end(token))

    def _text_of(self, token: int) -> str:
        """A token's text on its own, for people: control tokens by name, broken UTF-8 as replacement characters."""
        piece = self.piece(token)
        if piece:
            return piece.decode("utf-8", "replace")
        return str(llama_cpp.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace"))

    @functools.cached_property
    def end_tokens(self) -> frozenset[int]:
        """All tokens that end generation."""
        return frozenset(filter(self.is_end, range(self.n_vocab)))

    def is_end(self, token: int) -> bool:
        """Whether the token ends generation (end of text, of turn, ...)."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))


def _load(options: LoadOptions, progress: Callable[[float], None]) -> object:
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = options.n_gpu_layers if options.n_gpu_layers >= 0 else 0x7FFFFFFF
    params.main_gpu, params.split_mode = options.main_gpu, SPLIT_MODES[options.split_mode]
    if options.safe_mode:
        params.use_extra_bufts = False
    if options.tensor_split:
        split = (ctypes.c_float * llama_cpp.llama_max_devices())(*options.tensor_split)
        params.tensor_split = ctypes.cast(split, ctypes.POINTER(ctypes.c_float))

    def report(fraction: float, _: object) -> bool:
        progress(fraction)
        return True

    callback = llama_cpp.llama_progress_callback(report)
    params.progress_callback = callback
    return llama_cpp.llama_model_load_from_file(options.path.encode(), params)

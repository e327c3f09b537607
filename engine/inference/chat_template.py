"""From turns to tokens: the model's own chat template, or worked examples for a base model that has none."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, NoReturn, Protocol

import jinja2
import jinja2.ext
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct
from msgspec.structs import replace

from engine.errors import ModelError
from engine.inference.decoder import Vocabulary
from engine.prompts import with_examples
from engine.thinking import CLOSE, OPEN, fill, markers_of
from engine.types import Message, Prompt

_MARKS = re.compile(f"([{OPEN}{CLOSE}])")
LONGEST = 1_000_000  # items: what a template may make by repeating something
BASE_STOP = ("\nQuestion:", "\n\nQuestion")
MARK = "\ue000{}\ue001"  # private-use characters: no tokenizer and no template gives them a meaning


class Rendered(Struct, frozen=True):
    """A prompt as the model gets it. `template` says how it was made; `stop` are texts that end an answer."""

    text: str
    tokens: tuple[int, ...]
    template: str
    stop: tuple[str, ...]


class ChatModel(Vocabulary, Protocol):
    """A vocabulary that may come with a chat template."""

    @property
    def adds_bos(self) -> bool:
        """Whether a text begins with the vocabulary's own beginning token."""

    def chat_template(self) -> str | None:
        """The Jinja source, or None."""

    def token_text(self, name: str) -> str:
        """The text of "bos" or "eos"."""


class ChatTemplate:
    """Renders prompts for one model. Templates are programs from strangers: they run in a sandbox.

    Raises:
        ModelError: The template cannot be compiled or does not accept these turns.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        source = model.chat_template()
        self.markers = markers_of(source)
        self._template = _compile(source) if source else None

    def render(self, prompt: Prompt) -> Rendered:
        """Text and tokens of a prompt; what a user wrote can never become a control token."""
        if self._template is None:
            return self._render_base(prompt)
        asked = self._fill(prompt.messages)
        continuation = self._continuation(asked, prompt.continuation)
        text = asked + continuation
        if all(self._is_plain(message.content) for message in prompt.messages) and self._is_plain(prompt.continuation):
            tokens = self._tokenize_template(text)
        else:
            tokens = self._tokenize_apart(prompt, continuation)
        return Rendered(text, tuple(tokens), "the model's own chat template", ())

    def _continuation(self, asked: str, written: str) -> str:
        """The beginning of the answer. Many templates open the reasoning themselves: then it is not opened twice."""
        opened = self.markers is not None and asked.rstrip().endswith(self.markers.open.rstrip())
        return fill(written.replace(OPEN, "", 1) if opened else written, self.markers)

    def tokenize(self, text: str) -> list[int]:
        """Tokens of text that a strategy puts in: only markers of reasoning become control tokens."""
        tokens: list[int] = []
        for part in _MARKS.split(text):
            special = part in (OPEN, CLOSE)
            tokens += self._model.tokenize(fill(part, self.markers), special=special, start=False) if part else []
        return tokens

    def _is_plain(self, text: str) -> bool:
        return self._model.tokenize(text, special=True, start=False) == self._model.tokenize(
            text, special=False, start=False
        )

    def _tokenize_template(self, text: str) -> list[int]:
        bos = self._model.token_text("bos")
        start = self._model.adds_bos and not (bos and text.startswith(bos))
        return self._model.tokenize(text, special=True, start=start)

    def _tokenize_apart(self, prompt: Prompt, continuation: str = "") -> list[int]:
        """Template text with control tokens, user text without, joined in order."""
        marked = tuple(Message(m.role, MARK.format(i)) for i, m in enumerate(prompt.messages))
        rest = self._fill(marked)
        tokens: list[int] = []
        for i, message in enumerate(prompt.messages):
            before, found, after = rest.partition(MARK.format(i))
            if not found:  # the template leaves this turn out
                continue
            tokens += self._tokenize_template(before) if not tokens else self._control(before)
            tokens += self._model.tokenize(message.content, special=False, start=False)
            rest = after
        opened = self._control(fill(OPEN, self.markers)) if OPEN in prompt.continuation and continuation else []
        written = prompt.continuation.replace(OPEN, "").replace(CLOSE, "")
        return tokens + self._control(rest) + opened + self._model.tokenize(written, special=False, start=False)

    def _control(self, text: str) -> list[int]:
        return self._model.tokenize(text, special=True, start=False)

    def _fill(self, messages: tuple[Message, ...]) -> str:
        if self._template is None:
            raise AssertionError("a base model has no template to fill")
        try:
            return self._template.render(
                messages=[{"role": m.role, "content": m.content} for m in messages],
                add_generation_prompt=messages[-1].role != "assistant",  # else the conversation is complete
                bos_token=self._model.token_text("bos"),
                eos_token=self._model.token_text("eos"),
                raise_exception=_raise,
                strftime_now=lambda form: datetime.now().strftime(form),
            )
        except (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            KeyError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as e:
            raise ModelError(
                "The model's chat template does not accept this conversation.", str(e), "Try another prompt style."
            ) from e

    def _render_base(self, prompt: Prompt) -> Rendered:
        """Without examples a base model does not know that it is to answer, so a prompt without any gets some."""
        prompt = replace(prompt, continuation=fill(prompt.continuation, None))
        text = completion_text(with_examples(prompt))
        tokens = self._model.tokenize(text, special=False, start=True)
        return Rendered(text, tuple(tokens), "worked examples, for a base model", BASE_STOP)


def completion_text(prompt: Prompt) -> str:
    """Turns as a text that a base model continues: Question and Answer pairs, the last answer left open."""
    lines = []
    for message in prompt.messages:
        head = {"system": "", "user": "Question: ", "assistant": "Answer: "}[message.role]
        lines.append(head + message.content.strip() + ("\n" if message.role == "assistant" else ""))
    return "\n".join(lines) + "\nAnswer:" + (" " + prompt.continuation if prompt.continuation else "")


def _compile(source: str) -> jinja2.Template:
    environment = _Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols, _GenerationTag])
    environment.filters["tojson"] = _to_json
    try:
        return environment.from_string(source)
    except jinja2.TemplateError as error:
        raise ModelError(
            "The model's chat template cannot be read.", str(error), "Choose a model file with another template."
        ) from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which a product cannot fill the memory either."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuses powers, and repetitions that are longer than any prompt."""
        if operator == "**":
            raise SecurityError("powers are not allowed in a chat template")
        sizes = [len(part) if isinstance(part, str | list | tuple) else part for part in (left, right)]
        if any(isinstance(part, str | list | tuple) for part in (left, right)) and sizes[0] * sizes[1] > LONGEST:
            raise SecurityError("a repetition is too long")
        return super().call_binop(context, operator, left, right)


class _GenerationTag(jinja2.ext.Extension):
    """Passes `{% generation %}` through: it marks training spans and means nothing here."""

    tags = {"generation"}  # noqa: RUF012  (the name and kind are Jinja's)

    def parse(self, parser: Any) -> Any:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)

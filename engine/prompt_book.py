"""The prompts of a run: each is rendered once, gets a number, and is shown."""

from __future__ import annotations

from collections.abc import Callable

from engine.inference.backend import PromptTemplate
from engine.inference.chat_template import Rendered
from engine.types import Prompt


class PromptBook:
    """Renders prompts. None is shown before `open`: rendering the first ones tells whether the run can be at all.

    Args:
        template: The run's model's.
        show: Takes each prompt once, with its number.
    """

    def __init__(self, template: PromptTemplate, show: Callable[[int, Rendered], None]) -> None:
        self._template, self._show = template, show
        self._entries: dict[Prompt, tuple[int, Rendered]] = {}
        self._labels: set[str] = set()
        self._is_open = False

    def open(self) -> None:
        """Shows what has been rendered so far, and from now on each new prompt at once."""
        self._is_open = True
        for number, rendered in self._entries.values():
            self._show(number, rendered)

    def render(self, prompt: Prompt, template: PromptTemplate | None = None) -> tuple[int, Rendered]:
        """A prompt with its number, from 0 in order of appearance."""
        if prompt not in self._entries:
            self._entries[prompt] = len(self._entries), (template or self._template).render(prompt)
            if self._is_open:
                self._show(*self._entries[prompt])
        return self._entries[prompt]

    def render_for_judge(self, label: str, prompt: Prompt, template: PromptTemplate) -> Rendered:
        """Prompts of judges differ by the judged text alone, so that the first of each label is shown for all."""
        if label in self._labels:
            return template.render(prompt)
        self._labels.add(label)
        return self.render(prompt, template)[1]

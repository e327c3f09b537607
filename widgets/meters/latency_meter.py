"""Where the time of a candidate goes: waiting, reading the prompt, writing, being judged."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.trace.fold import RunState
from widgets.meters import numbers
from widgets.meters.bars import SplitBar
from widgets.meters.fact_rows import FactRows
from widgets.panels.section import Section
from widgets.theme import THEMES, current_theme
from widgets.track_picture import phase_colour
from widgets.translation import later, tr, tr_each

ROWS = {
    "queue": (later("Queue"), later("Waiting for a place in the batch, while others wrote.")),
    "prompt": (later("Prompt"), later("Reading the prompt, until the first token could be drawn.")),
    "generate": (later("Generation"), later("Writing, from the first token to the last.")),
    "verify": (later("Verifiers"), later("Being judged, all verifiers together.")),
}


class LatencyMeter(Section):
    """Where the time of a candidate goes, as parts of a bar in the colours of the timeline, and in seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Latency, mean candidate"), parent)
        self.bar = SplitBar()
        self.rows = FactRows({key: tr_each(words) for key, words in ROWS.items()})
        self.body.addWidget(self.bar)
        self.body.addWidget(self.rows)
        self._state = RunState()
        THEMES.theme_changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self.show_state(self._state)

    def show_state(self, state: RunState) -> None:
        """Shows the split of a state."""
        self._state = state
        split, theme = latency_split(state), current_theme()
        colours = {name: phase_colour(theme, name) for name in ROWS} | {"queue": theme.handle}
        self.bar.set_parts([(split.get(name, 0.0), colours[name]) for name in ROWS])
        for name in ROWS:
            self.rows.set_value(name, numbers.seconds(split.get(name)))


def latency_split(state: RunState) -> dict[str, float]:
    """Mean seconds of the finished candidates by where they went; empty before the first one.

    What lies between being asked for and having the prompt in the cache is reading as far as the run was in that phase,
    and waiting otherwise.
    """
    spans = [(span.start, state.t if span.end is None else span.end) for span in state.phases if span.phase == "prompt"]
    done = 0
    queue = prompt = generate = verify = 0.0
    for candidate in state.candidates.values():  # a search has thousands of them: no objects made for each
        first, end = candidate.first_token_at, candidate.finished_at
        if first is None or end is None:
            continue
        done += 1
        queued = candidate.queued_at
        started = candidate.started_at if candidate.started_at is not None else first
        reading = 0.0
        if started > queued:
            for start, stop in spans:
                reading += max(0.0, min(started, stop) - max(queued, start))
        queue += started - queued - reading
        prompt += reading
        generate += end - started
        for verdict in candidate.verdicts.values():
            verify += verdict.seconds
    totals = {"queue": queue, "prompt": prompt, "generate": generate, "verify": verify}
    return {name: total / done for name, total in totals.items()} if done else {}

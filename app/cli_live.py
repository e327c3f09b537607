"""A run in a terminal, live: candidates side by side as they stream, votes, speed, the answer."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.cli_screens import describe_run, shown_answer, summary_lines
from engine.events import Event
from engine.plain_text import printable
from engine.trace.fold import CandidateState, RunState

ACCENT, GOOD, BAD, WARN, MUTED = "#56b4e9", "#2bbf8f", "#e8744a", "#e69f00", "#98a3b3"
ANSWER_COLORS = ("#56b4e9", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#f0e442", "#0072b2")
RATE_WINDOW = 2.0
# Lines of the picture that are not candidates: header, borders, votes, speed.
OTHER_LINES = 18
# Columns of the table that are neither text nor scores: number, sign, tokens, answer, with their padding.
OTHER_COLUMNS = 36
VOTES_SHOWN = 5


class LiveScreen:
    """Draws the run in place and leaves the last picture standing."""

    def __init__(self, console: Console | None = None, label: str = "") -> None:
        self.console = console or Console()
        self.label = label
        self.plain_signs = not (self.console.encoding or "").lower().startswith("utf")
        self._live = Live(console=self.console, auto_refresh=False, transient=False, vertical_overflow="crop")
        self._started = False
        self._said = ""

    def say(self, text: str) -> None:
        """Shows the text dimly above the picture, or as the picture before there is one."""
        if text != self._said:
            self._said = text
            self.console.print(Text(text, style=MUTED))

    def take(self, event: Event, state: RunState) -> None:
        """Nothing: the state is drawn at the next refresh."""

    def refresh(self, state: RunState) -> None:
        """Draws the state."""
        if state.start is None:
            return
        if not self._started:
            self._live.start()
            self._started = True
        self._live.update(self._picture(state), refresh=True)

    def finish(self, state: RunState) -> None:
        """Draws the last picture, ends the live part and prints the summary below."""
        if self._started:
            self._live.update(self._picture(state), refresh=True)
            self._live.stop()
        lines = summary_lines(state)
        if lines:
            self.console.print(_answer_panel(state, lines))

    def _picture(self, state: RunState) -> RenderableType:
        parts: list[RenderableType] = [self._header(state), self._candidates(state), ""]
        if state.votes and len(state.candidates) > 1:
            parts += [self._votes(state), ""]
        parts.append(self._meter(state))
        return Group(*parts)

    def _header(self, state: RunState) -> RenderableType:
        assert state.start is not None
        question = Text(_one_line(state.start.setup.problem.question, 3 * self.console.width), style="bold")
        badge = Text(describe_run(state.start), style=MUTED)
        if self.label:
            badge = Text.assemble((f" {self.label} ", f"bold #07131c on {WARN}"), "  ", badge)
        return Panel(Group(question, badge), border_style="#2a323d", padding=(0, 1))

    def _candidates(self, state: RunState) -> Table:
        verifiers = [v.name for v in state.start.setup.verifiers] if state.start else []
        table = Table(box=None, expand=True, padding=(0, 1), header_style=MUTED, show_edge=False)
        table.add_column("", width=3, justify="right", style=MUTED)
        table.add_column("", width=1)
        alone = len(state.candidates) == 1
        table.add_column("text", ratio=1, no_wrap=not alone, overflow="fold" if alone else "ellipsis")
        table.add_column("tokens", justify="right", width=6, style=MUTED)
        for name in verifiers:
            table.add_column(_short(name), justify="right", width=max(5, len(_short(name))))
        table.add_column("answer", width=16, no_wrap=True, overflow="ellipsis")
        colors = self._colors(state)
        shown, hidden = self._shown(state)
        for candidate in shown:
            table.add_row(*self._row(candidate, state, verifiers, colors))
        if hidden:
            table.add_row("", "", Text(f"and {hidden} more", style=MUTED), "", *["" for _ in verifiers], "")
        return table

    def _shown(self, state: RunState) -> tuple[list[CandidateState], int]:
        """As many as fit: the picked one, then those that are writing, then the rest; in their own order."""
        room = max(4, self.console.height - OTHER_LINES)
        everyone = list(state.candidates.values())
        if len(everyone) <= room:
            return everyone, 0
        order = {"writing": 1, "prompt": 1, "finished": 2, "stopped": 3, "failed": 3, "queued": 4}
        ranked = sorted(everyone, key=lambda c: (0 if c.picked else order[c.status], c.id))
        kept = {c.id for c in ranked[: room - 1]}
        return [c for c in everyone if c.id in kept], len(everyone) - len(kept)

    def _row(
        self, candidate: CandidateState, state: RunState, verifiers: list[str], colors: dict[str, str]
    ) -> list[RenderableType]:
        faded = candidate.status in ("queued", "stopped") or (
            state.finish is not None and state.answer is not None and not candidate.picked
        )
        room = self.console.width - OTHER_COLUMNS - sum(max(5, len(_short(name))) + 2 for name in verifiers)
        if len(state.candidates) == 1:
            room *= max(4, self.console.height - OTHER_LINES)
        text = _tail(candidate.text, room)
        return [
            str(candidate.id + 1),
            self._sign(candidate, state),
            Text(text, style=MUTED if faded else ""),
            str(len(candidate.tokens)) if candidate.tokens else "",
            *(_score(candidate, name) for name in verifiers),
            self._chip(candidate, colors),
        ]

    def _sign(self, candidate: CandidateState, state: RunState) -> Text:
        if candidate.picked:
            return Text("*" if self.plain_signs else "♛", style=f"bold {ACCENT}")
        if candidate.id == state.perfect_pick and state.finish is not None:
            return Text("o" if self.plain_signs else "◎", style=GOOD)
        if candidate.finish_reason == "doubt":
            return Text("?", style=MUTED)
        signs = {"queued": "·", "prompt": "…", "writing": "▸", "finished": " ", "stopped": "■", "failed": "!"}
        plain = {"queued": ".", "prompt": ".", "writing": ">", "finished": " ", "stopped": "x", "failed": "!"}
        return Text((plain if self.plain_signs else signs)[candidate.status], style=ACCENT)

    def _chip(self, candidate: CandidateState, colors: dict[str, str]) -> Text:
        if candidate.answer is None:
            return Text("" if candidate.finish_reason is None else "-", style=MUTED)
        text = Text(_one_line(candidate.answer, 12), style=f"bold {colors.get(candidate.vote or '', MUTED)}")
        if candidate.correct is not None:
            right, wrong = ("+", "-") if self.plain_signs else ("✓", "✗")
            text.append(f" {right if candidate.correct else wrong}", style=GOOD if candidate.correct else BAD)
        return text

    def _colors(self, state: RunState) -> dict[str, str]:
        """A colour for each distinct answer, in the order of arrival, so that it never changes."""
        finished = sorted(
            (c for c in state.candidates.values() if c.vote is not None), key=lambda c: (c.finished_at or 0.0, c.id)
        )
        votes = dict.fromkeys(c.vote for c in finished if c.vote is not None)
        return {vote: ANSWER_COLORS[i % len(ANSWER_COLORS)] for i, vote in enumerate(votes)}

    def _votes(self, state: RunState) -> Table:
        table = Table(box=None, padding=(0, 1), show_header=False)
        table.add_column(width=3)
        table.add_column(justify="right", max_width=20, no_wrap=True)
        table.add_column()
        colors = self._colors(state)
        most = state.votes[0].weight
        width = max(10, self.console.width // 3)
        for i, vote in enumerate(state.votes[:VOTES_SHOWN]):
            bar = ("#" if self.plain_signs else "━") * max(1, round(width * vote.weight / most))
            color = colors.get(vote.vote, MUTED)
            count = Text(f" {vote.weight:g} vote{'s' if vote.weight != 1 else ''}", style=MUTED)
            row = Text.assemble((bar, color), count)
            if i == VOTES_SHOWN - 1 and len(state.votes) > VOTES_SHOWN:
                row.append(f", and {len(state.votes) - VOTES_SHOWN} other answers", style=MUTED)
            table.add_row("", Text(_one_line(vote.answer, 20), style=f"bold {color}"), row)
        return table

    def _meter(self, state: RunState) -> Text:
        ledger = state.ledger
        done = sum(c.finished_at is not None for c in state.candidates.values())
        parts = [
            f"{state.t:6.1f} s",
            f"{rate(state):4.0f} tokens/s",
            f"{ledger.completion_tokens:,} tokens",
            f"{done}/{len(state.candidates)} finished",
        ]
        budget = state.start.setup.budget if state.start else None
        if budget and budget.tokens:
            parts.append(f"{ledger.completion_tokens / budget.tokens:.0%} of {budget.tokens:,} tokens")
        if budget and budget.seconds:
            parts.append(f"{state.t / budget.seconds:.0%} of {budget.seconds:g} s")
        separator = "  |  " if self.plain_signs else "  ·  "
        return Text("  " + separator.join(parts), style=ACCENT if state.status == "running" else MUTED)


def rate(state: RunState) -> float:
    """Tokens per second of the run clock over the last two seconds of it."""
    since = state.t - RATE_WINDOW
    tokens = 0
    for t, count, _ in reversed(state.rate_samples):
        if t < since:
            break
        tokens += count
    return tokens / min(RATE_WINDOW, state.t) if state.t > 0 else 0.0


def _score(candidate: CandidateState, verifier: str) -> Text:
    score = candidate.scores.get(verifier)
    if score is None:
        return Text("")
    if score.value is None:
        return Text("?", style=MUTED)
    color = GOOD if score.value >= 0.75 else WARN if score.value >= 0.4 else BAD
    return Text(f"{score.value:.2f}", style=color)


def _answer_panel(state: RunState, lines: list[str]) -> RenderableType:
    if state.failure is not None:
        return Text("\n".join(line for line in lines if line), style=MUTED)
    answer = state.answer
    correct = answer.correct if answer else None
    color = {True: GOOD, False: BAD, None: ACCENT}[correct]
    title = shown_answer(answer.answer if answer else None, correct)
    reason, *figures = [line for line in lines if line and not line.startswith("Answer")]
    body = Text("\n".join([reason.strip(), *figures]))
    heading = f"[bold {color}]{escape(title)}[/]"
    return Panel(body, title=heading, title_align="left", border_style=color, padding=(0, 1))


def _short(verifier: str) -> str:
    return verifier if len(verifier) <= 10 else verifier[:9] + "…"


def _one_line(text: str, width: int) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _tail(text: str, room: int) -> str:
    """The newest words, as those are what moves."""
    line = _one_line(text, len(text) + 1)
    room = max(20, room)
    return line if len(line) <= room else "…" + line[-(room - 1) :].partition(" ")[2]

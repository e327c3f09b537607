"""A refinement as a chain: draft, critique, revision, critique, and so on, with what each round was worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.moves import DraftJudged, LoopEnded
from engine.trace.fold import RunState
from widgets.models.candidate_words import branch_words, is_branch
from widgets.translation import later, tr

LinkKind = Literal["draft", "critique", "revision", "branch"]
Change = Literal["better", "worse", "same", "unknown"]
REFINING = frozenset(("self-refine",))
CHANGE_SIGNS: dict[Change, str] = {"better": "↑", "worse": "↓", "same": "=", "unknown": "?"}
CHANGE_WORDS: dict[Change, str] = {
    "better": later("better"), "worse": later("worse"), "same": later("the same"), "unknown": later("cannot tell"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One column of the chain.

    Attributes:
        kind: What it is.
        title: What it is called.
        candidate: Who wrote it; None for a critique that only verifiers made.
        about: The draft that it criticises, improves on or branches from.
        findings: What verifiers found in the draft that a critique is about.
        score: What the draft was worth, once it was judged; None also where nobody could tell.
        judged: Whether it was judged.
        change: How a revision compares with the draft before; None until it is judged.
        best: Whether it is the best draft so far.
    """

    kind: LinkKind
    title: str
    candidate: int | None
    about: int | None = None
    findings: str = ""
    score: float | None = None
    score_before: float | None = None
    judged: bool = False
    change: Change | None = None
    best: bool = False

    @property
    def is_draft(self) -> bool:
        """Whether it is a text that is judged."""
        return self.kind in ("draft", "revision")


def makes_chain(state: RunState) -> bool:
    """Whether a run refines one text again and again."""
    return state.start is not None and state.start.setup.strategy.name in REFINING


def chain_links(state: RunState) -> list[ChainLink]:
    """The columns of a run, from left to right."""
    judged = {moved.move.draft: moved.move for moved in state.moves if isinstance(moved.move, DraftJudged)}
    links: list[ChainLink] = []
    drafts = critiques = 0
    said: set[int] = set()  # drafts whose critique has its column
    for candidate in state.candidates.values():
        about = candidate.refines
        if candidate.purpose == "critique" and about is not None:
            critiques += 1
            said.add(about)
            findings = judged[about].findings if about in judged else ""
            links.append(ChainLink("critique", tr("Critique {0}", critiques), candidate.id, about, findings))
        elif candidate.purpose in ("draft", "revision"):
            if candidate.purpose == "revision" and about is not None and about not in said:
                critiques += 1
                said.add(about)
                links.append(_by_verifiers(critiques, about, judged.get(about)))
            links.append(_text(state, candidate.id, drafts, judged))
            drafts += 1
    last = next((link for link in reversed(links) if link.is_draft), None)
    if last is not None and last.candidate in judged and last.candidate not in said and judged[last.candidate].findings:
        links.append(_by_verifiers(critiques + 1, last.candidate, judged[last.candidate]))
    return links + _branches(state)


def end_reason(state: RunState) -> str:
    """Why the loop stopped, in a sentence; empty while it goes on."""
    ended = next((moved.move for moved in reversed(state.moves) if isinstance(moved.move, LoopEnded)), None)
    if state.status == "failed":
        return state.failure.what if state.failure is not None else tr("The run failed.")
    if state.status != "finished":
        return ended.reason if ended is not None else ""
    if ended is not None:
        return ended.reason
    return state.finish.reason if state.finish is not None and state.finish.reason else tr("It was stopped.")


def _by_verifiers(place: int, about: int, move: DraftJudged | None) -> ChainLink:
    return ChainLink("critique", tr("Critique {0}", place), None, about, move.findings if move else "")


def _text(state: RunState, id: int, place: int, judged: dict[int, DraftJudged]) -> ChainLink:
    candidate, move = state.candidates[id], judged.get(id)
    before = judged.get(candidate.refines) if candidate.refines is not None else None
    change = None
    if move is not None and candidate.refines is not None:
        change = _compare(move.score, before.score if before is not None else None)
    return ChainLink(
        "draft" if place == 0 else "revision",
        tr("Draft") if place == 0 else tr("Revision {0}", place),
        id,
        candidate.refines,
        score=move.score if move is not None else None,
        score_before=before.score if before is not None else None,
        judged=move is not None,
        change=change,
        best=candidate.picked,
    )


def _branches(state: RunState) -> list[ChainLink]:
    found = [candidate for candidate in state.candidates.values() if is_branch(candidate)]
    return [ChainLink("branch", branch_words(c).capitalize(), c.id, c.parent) for c in found]


def _compare(score: float | None, before: float | None) -> Change:
    if score is None or before is None:
        return "unknown"
    if abs(score - before) < 0.005:  # what two decimals do not show is no difference
        return "same"
    return "better" if score > before else "worse"

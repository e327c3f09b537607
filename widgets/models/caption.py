"""What happens at this moment of a run, in one plain sentence, for people in the last row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from engine.events import CandidateScored
from engine.moves import (
    AnyMove,
    DraftJudged,
    GenerationRanked,
    LoopEnded,
    NodesMerged,
    NodesPruned,
    ParticlesResampled,
    PathSelected,
    PosteriorsSampled,
    ValueBackedUp,
)
from engine.setup import BUDGET_UNITS
from engine.trace.fold import CandidateState, RunState
from engine.trace.marks import SEARCH_PHASES, Span, act_words
from widgets.models.candidate_words import written_answer

LONGEST = 60
WRONG_BELOW = 0.5
RUN_PHASES = ("prompt", "generate", "verify", "answer")
PEERS = ("majority", "person")  # what they say is said by the votes, and by the one who clicked

Notable = tuple[float, int, str]  # when, what outranks what at the same time, the sentence


def caption(state: RunState) -> str:
    """The sentence; empty when nothing has been asked."""
    if state.start is None:
        return ""
    if state.failure is not None:
        return f"The run failed: {state.failure.what}"
    if state.finish is not None:
        return _result(state)
    return max(_notable(state), default=(0.0, 0, _beginning(state)))[2]


def spotlight(state: RunState, search_spans: Sequence[Span]) -> tuple[tuple[str, ...], str]:
    """The phases that a run goes through, and the one it is in (empty: none)."""
    over = state.status in ("finished", "failed", "empty")
    if not search_spans:
        return RUN_PHASES, "" if over or state.phase is None else state.phase
    place = bisect_right(search_spans, state.t, key=lambda span: span[1]) - 1
    return SEARCH_PHASES, search_spans[place][0] if place >= 0 and not over else ""


def _notable(state: RunState) -> Iterator[Notable]:
    """The newest of each kind of thing that can happen."""
    newest = max((c for c in state.candidates.values() if c.finished_at is not None), key=_order, default=None)
    if newest is not None and newest.finished_at is not None:
        yield max(newest.finished_at, *_judged_at(newest)), 2, _finished(newest, state)
    if state.answer is not None and state.answer.answer is not None:
        yield state.answer.t, 0, f"The answer so far is {_short(state.answer.answer)}."
    told = next((m for m in reversed(state.moves) if move_sentence(m.move, state)), None)
    if told is not None:
        yield told.t, 1, move_sentence(told.move, state)
    if state.acts:
        yield state.acts[-1].t, 3, f"By hand: {act_words(state.acts[-1].act)}."
    if state.budget_spent is not None:
        spent = state.budget_spent
        yield spent.t, 4, f"The budget of {spent.limit:,.10g} {BUDGET_UNITS[spent.unit]} is spent."


def _order(candidate: CandidateState) -> int:
    return candidate.arrival


def _judged_at(candidate: CandidateState) -> list[float]:
    return [verdict.t for verdict in candidate.verdicts.values() if verdict.verifier not in PEERS] or [0.0]


def _beginning(state: RunState) -> str:
    count = len(state.candidates)
    if not any(candidate.token_count for candidate in state.candidates.values()):
        return "The model reads the prompt."
    return "The model writes its answer." if count == 1 else f"The model writes {count} candidates side by side."


def _finished(candidate: CandidateState, state: RunState) -> str:
    """What came of a text, how the votes stand, and what the verifier has found."""
    number, answer = candidate.id + 1, written_answer(candidate)
    if candidate.finish_reason == "step":
        said = f"A new thought: {_quoted(candidate)}."
    elif candidate.finish_reason == "doubt":
        said = f"Candidate {number} is stopped: the model was too unsure of it."
    elif candidate.purpose in ("critique", "thinking"):
        said = "The draft has been criticised." if candidate.purpose == "critique" else "The thinking has ended."
    elif answer is None:
        said = f"Candidate {number} has ended without an answer."
    else:
        said = f"Candidate {number} has answered {_short(answer)}{_standing(candidate, answer, state)}."
    return " ".join(part for part in (said, _judged(candidate)) if part)


def _standing(candidate: CandidateState, answer: str, state: RunState) -> str:
    votes = state.votes
    total = sum(len(vote.candidates) for vote in votes)
    mine = next((len(vote.candidates) for vote in votes if candidate.id in vote.candidates), 0)
    return f": now {mine} of {total} say {_short(answer)}" if total > 1 and mine else ""


def _judged(candidate: CandidateState) -> str:
    """The verdict that says most: one that finds something wrong, or else the newest."""
    verdicts = [v for v in candidate.verdicts.values() if v.verifier not in PEERS and v.value is not None]
    if not verdicts:
        return ""
    worst = min(verdicts, key=lambda verdict: verdict.value or 0.0)
    return _verdict(worst)


def _verdict(verdict: CandidateScored) -> str:
    value = verdict.value or 0.0
    name = verdict.verifier.replace("-", " ")
    if verdict.verifier == "arithmetic" and value < 1:
        return "The verifier finds an equation that is wrong."
    if value < WRONG_BELOW:
        return f"The verifier ({name}) doubts it: {value:.2f}."
    return f"The verifier ({name}) gives it {value:.2f}."


def move_sentence(move: AnyMove, state: RunState) -> str:
    """A move of the strategy in a sentence; empty for those that need none."""
    match move:
        case PathSelected(simulation=number, path=path):
            where = f"goes down to the thought {_thought(path[-1], state)}" if path else "begins at the problem"
            return f"Simulation {number + 1} {where}."
        case ValueBackedUp(simulation=number, value=value):
            return f"Simulation {number + 1} ends with the value {value:.2f}, which goes back up along its path."
        case NodesMerged(node=node):
            return f"The thought {_thought(node, state)} was there already: the two are one."
        case NodesPruned(nodes=nodes, reason=reason) if nodes:
            what = f"The thought {_thought(nodes[0], state)} is" if len(nodes) == 1 else f"{len(nodes)} thoughts are"
            return f"{what} pruned: {reason}."
        case GenerationRanked(nodes=nodes, scores=scores, kept=kept):
            best = f", the best with {max(scores):.2f}" if scores else ""
            return f"Of {len(nodes)} thoughts {len(kept)} are kept{best}."
        case ParticlesResampled(survivors=survivors, effective_size=size):
            return f"{len(survivors)} particles are drawn anew by weight; they counted for {size:.1f}."
        case PosteriorsSampled(options=options, chosen=chosen) if 0 <= chosen < len(options):
            taken = options[chosen]
            way = "a new answer is tried" if taken.option == "wider" else "an answer is refined"
            return f"The draws say: {way}, for it drew {taken.drawn:.2f}."
        case DraftJudged(draft=draft, score=score, findings=findings):
            value = "cannot be judged" if score is None else f"gets {score:.2f}"
            return f"Draft {draft + 1} {value}{f': {findings}' if findings else ''}."
        case LoopEnded(reason=reason):
            return f"The loop stops: {reason.rstrip('.')}."
        case _:
            return ""


def _result(state: RunState) -> str:
    picked = state.answer
    if picked is None or picked.answer is None:
        return "The run has ended without an answer."
    said = f"The answer is {_short(picked.answer)}"
    if picked.correct is None or state.start is None:
        return f"{said}: {picked.reason.rstrip('.')}."
    right = state.start.setup.problem.answer
    return f"{said}, and it is right." if picked.correct else f"{said}, and it is wrong: {right} would be right."


def _thought(node: int, state: RunState) -> str:
    candidate = state.candidates.get(node)
    return f"number {node + 1}" if candidate is None else _quoted(candidate)


def _quoted(candidate: CandidateState) -> str:
    return f"“{_short(' '.join(candidate.text.split()).removesuffix('.') or '…')}”"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

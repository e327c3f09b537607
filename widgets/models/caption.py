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
from widgets.translation import tr

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
        return tr("The run failed: {0}", state.failure.what)
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
        yield state.answer.t, 0, tr("The answer so far is {0}.", _short(state.answer.answer))
    told = next((m for m in reversed(state.moves) if move_sentence(m.move, state)), None)
    if told is not None:
        yield told.t, 1, move_sentence(told.move, state)
    if state.acts:
        yield state.acts[-1].t, 3, tr("By hand: {0}.", act_words(state.acts[-1].act))
    if state.budget_spent is not None:
        spent = state.budget_spent
        yield spent.t, 4, tr("The budget of {0:,.10g} {1} is spent.", spent.limit, tr(BUDGET_UNITS[spent.unit]))


def _order(candidate: CandidateState) -> int:
    return candidate.arrival


def _judged_at(candidate: CandidateState) -> list[float]:
    return [verdict.t for verdict in candidate.verdicts.values() if verdict.verifier not in PEERS] or [0.0]


def _beginning(state: RunState) -> str:
    count = len(state.candidates)
    if state.phase in (None, "prompt"):
        return tr("The model reads the prompt.")
    return (
        tr("The model writes its answer.") if count == 1 else tr("The model writes {0} candidates side by side.", count)
    )


def _finished(candidate: CandidateState, state: RunState) -> str:
    """What came of a text, how the votes stand, and what the verifier has found."""
    number, answer = candidate.id + 1, written_answer(candidate)
    if candidate.finish_reason == "step":
        said = tr("A new thought: {0}.", _quoted(candidate))
    elif candidate.finish_reason == "doubt":
        said = tr("Candidate {0} is stopped: the model was too unsure of it.", number)
    elif candidate.purpose in ("critique", "thinking"):
        said = (
            tr("The draft has been criticised.") if candidate.purpose == "critique" else tr("The thinking has ended.")
        )
    elif answer is None:
        said = tr("Candidate {0} has ended without an answer.", number)
    else:
        said = tr("Candidate {0} has answered {1}{2}.", number, _short(answer), _standing(candidate, answer, state))
    return " ".join(part for part in (said, _judged(candidate)) if part)


def _standing(candidate: CandidateState, answer: str, state: RunState) -> str:
    votes = state.votes
    total = sum(len(vote.candidates) for vote in votes)
    mine = next((len(vote.candidates) for vote in votes if candidate.id in vote.candidates), 0)
    return tr(": now {0} of {1} say {2}", mine, total, _short(answer)) if total > 1 and mine else ""


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
        return tr("The verifier finds an equation that is wrong.")
    if value < WRONG_BELOW:
        return tr("The verifier ({0}) doubts it: {1:.2f}.", name, value)
    return tr("The verifier ({0}) gives it {1:.2f}.", name, value)


def move_sentence(move: AnyMove, state: RunState) -> str:
    """A move of the strategy in a sentence; empty for those that need none."""
    match move:
        case PathSelected(simulation=number, path=path):
            if not path:
                return tr("Simulation {0} begins at the problem.", number + 1)
            return tr("Simulation {0} goes down to the thought {1}.", number + 1, _thought(path[-1], state))
        case ValueBackedUp(simulation=number, value=value):
            return tr(
                "Simulation {0} ends with the value {1:.2f}, which goes back up along its path.", number + 1, value
            )
        case NodesMerged(node=node):
            return tr("The thought {0} was there already: the two are one.", _thought(node, state))
        case NodesPruned(nodes=nodes, reason=reason) if nodes:
            if len(nodes) == 1:
                return tr("The thought {0} is pruned: {1}.", _thought(nodes[0], state), reason)
            return tr("{0} thoughts are pruned: {1}.", len(nodes), reason)
        case GenerationRanked(nodes=nodes, scores=scores, kept=kept):
            if not scores:
                return tr("Of {0} thoughts {1} are kept.", len(nodes), len(kept))
            return tr("Of {0} thoughts {1} are kept, the best with {2:.2f}.", len(nodes), len(kept), max(scores))
        case ParticlesResampled(survivors=survivors, effective_size=size):
            return tr("{0} particles are drawn anew by weight; they counted for {1:.1f}.", len(survivors), size)
        case PosteriorsSampled(options=options, chosen=chosen) if 0 <= chosen < len(options):
            taken = options[chosen]
            if taken.option == "wider":
                return tr("The draws say: a new answer is tried, for it drew {0:.2f}.", taken.drawn)
            return tr("The draws say: an answer is refined, for it drew {0:.2f}.", taken.drawn)
        case DraftJudged(draft=draft, score=score, findings=findings):
            found = f": {findings}" if findings else ""
            if score is None:
                return tr("Draft {0} cannot be judged{1}.", draft + 1, found)
            return tr("Draft {0} gets {1:.2f}{2}.", draft + 1, score, found)
        case LoopEnded(reason=reason):
            return tr("The loop stops: {0}.", reason.rstrip("."))
        case _:
            return ""


def _result(state: RunState) -> str:
    picked = state.answer
    if picked is None or picked.answer is None:
        return tr("The run has ended without an answer.")
    answer = _short(picked.answer)
    if picked.correct is None or state.start is None:
        return tr("The answer is {0}: {1}.", answer, picked.reason.rstrip("."))
    if picked.correct:
        return tr("The answer is {0}, and it is right.", answer)
    right = state.start.setup.problem.answer
    return tr("The answer is {0}, and it is wrong: {1} would be right.", answer, right)


def _thought(node: int, state: RunState) -> str:
    candidate = state.candidates.get(node)
    return tr("number {0}", node + 1) if candidate is None else _quoted(candidate)


def _quoted(candidate: CandidateState) -> str:
    return f"“{_short(' '.join(candidate.text.split()).removesuffix('.') or '…')}”"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

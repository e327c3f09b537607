"""What a strategy did, in a line for people. Candidates are numbered from 1, as everywhere on screen."""

from __future__ import annotations

from collections.abc import Iterable

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


def move_words(move: AnyMove) -> str:
    """The move in words."""
    match move:
        case PathSelected(simulation=number, path=path):
            return f"simulation {number + 1} selects {_path(path)}"
        case ValueBackedUp(simulation=number, path=path, value=value):
            return f"simulation {number + 1} backs up {value:.2f} along {_path(path)}"
        case NodesMerged(node=node, into=into):
            return f"step {node + 1} says the same as step {into + 1}: they are one"
        case NodesPruned(nodes=nodes, reason=reason):
            return f"pruned {_list(nodes)}: {reason}"
        case GenerationRanked(generation=number, nodes=nodes, scores=scores, kept=kept):
            ranked = ", ".join(f"{node + 1} {score:.2f}" for node, score in zip(nodes, scores, strict=False))
            return f"generation {number + 1}: {ranked}; kept {_list(kept)}"
        case ParticlesResampled(generation=number, survivors=survivors, effective_size=size):
            return f"generation {number + 1}: effective sample size {size:.1f}; particles now at {_list(survivors)}"
        case PosteriorsSampled(options=options, chosen=chosen):
            node = options[chosen].node if 0 <= chosen < len(options) else None
            return "goes wider: a new answer" if node is None else f"goes deeper, below {node + 1}"
        case DraftJudged(round=number, draft=draft, score=score, findings=findings):
            value = "nobody can tell" if score is None else f"score {score:.2f}"
            return f"round {number}: draft {draft + 1}, {value}{f'; {findings}' if findings else ''}"
        case LoopEnded(reason=reason):
            return reason


def _path(path: tuple[int, ...]) -> str:
    return " > ".join(["root", *(str(node + 1) for node in path)])


def _list(nodes: Iterable[int]) -> str:
    return ", ".join(str(node + 1) for node in nodes) or "none"

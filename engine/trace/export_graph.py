"""A run as a graph: the problem, and every candidate below the one it goes on from. For networkx, yEd, Gephi, scripts.

networkx is imported when a graph is asked for: it takes long, and most runs are never exported.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.trace.fold import CandidateState, RunState
from engine.whole_file import write_whole

if TYPE_CHECKING:
    import networkx as nx

PROBLEM = "problem"


def graph_of(state: RunState) -> nx.DiGraph:
    """The run as a directed graph from the problem downwards.

    Nodes are “problem” and the candidates' numbers on the screen; what is not known of one is not among its attributes.
    An edge of kind “goes on” leads to a thought from the one whose text it continues, “refines” to a text from the one
    it was made of, and “same as” to a thought from another one that said the same and was merged into it.
    """
    import networkx as nx

    start = state.start
    graph: nx.DiGraph = nx.DiGraph()
    if start is not None:
        graph.graph.update(run_id=start.run_id, strategy=start.setup.strategy.name, model=start.model.name)
        graph.graph.update(backend=start.backend, seconds=state.t)
    graph.add_node(PROBLEM, kind=PROBLEM, text=_text(start.setup.problem.question if start is not None else ""))
    for candidate in state.candidates.values():
        graph.add_node(_name(candidate.id), **_attributes(candidate))
        above = PROBLEM if candidate.parent is None else _name(candidate.parent)
        graph.add_edge(above, _name(candidate.id), kind="goes on")
    for candidate in state.candidates.values():
        if candidate.refines is not None and candidate.refines != candidate.parent:
            graph.add_edge(_name(candidate.refines), _name(candidate.id), kind="refines")
        if candidate.merged_into is not None:
            graph.add_edge(_name(candidate.id), _name(candidate.merged_into), kind="same as")
    return graph


def write_graphml(path: str | Path, state: RunState) -> None:
    """Writes the graph as GraphML.

    Raises:
        ThinkscopeError: The disk does not take it.
    """
    import networkx as nx

    out = io.BytesIO()
    # Not networkx's faster writer: that one needs lxml, and only sometimes has it.
    nx.write_graphml_xml(graph_of(state), out, named_key_ids=True)
    write_whole(path, out.getvalue())


def write_graph_json(path: str | Path, state: RunState) -> None:
    """Writes the graph as node-link JSON, which `networkx.node_link_graph(…, edges="edges")` reads.

    Raises:
        ThinkscopeError: The disk does not take it.
    """
    import networkx as nx

    content = nx.node_link_data(graph_of(state), edges="edges")
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8", errors="replace") + b"\n")


def _attributes(candidate: CandidateState) -> dict[str, Any]:
    known: dict[str, Any] = {
        "kind": candidate.purpose,
        "label": _text(candidate.label),
        "status": candidate.status,
        "tokens": candidate.token_count,
        "text": _text(candidate.text),
        "answer": None if candidate.answer is None else _text(candidate.answer),
        "correct": candidate.correct,
        "mix": candidate.mix,
        "mean_logprob": candidate.mean_logprob,
        "picked": candidate.picked,
        "visits": candidate.visits,
        "value": candidate.value_sum / candidate.visits if candidate.visits else None,
        "pruned": _text(candidate.pruned) or None,
        "started_seconds": candidate.started_at,
        "ended_seconds": candidate.finished_at,
    }
    known |= {f"score {name}": score.value for name, score in candidate.scores.items()}
    return {name: value for name, value in known.items() if value is not None}


def _text(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return "".join(char if char >= " " or char in "\n\t" else "�" for char in text if not _is_no_character(char))


def _is_no_character(char: str) -> bool:
    return "\ud800" <= char <= "\udfff" or char in "\ufffe\uffff"


def _name(candidate: int) -> str:
    return str(candidate + 1)

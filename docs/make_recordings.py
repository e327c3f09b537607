"""Makes the recordings that the program ships, on the default model: `uv run python -m docs.make_recordings`.

They are real runs, at the pace of the machine that makes them. Where the model lies on that machine is left out.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.bench.throughput import run_engine
from engine.events import AnyEvent, RunStarted
from engine.lab.problem_sets import find_problem
from engine.models.library import default_model_path
from engine.setup import DEFAULT_SAMPLING, Budget, LoadOptions, RunSetup, StrategyChoice, VerifierChoice
from engine.trace.store import write_trace

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "recordings"
VERIFIERS = (VerifierChoice("arithmetic", 0.8), VerifierChoice("majority", 0.2))
ORANGES = "A bag holds 8 oranges. How many oranges are in 3 bags?"
CARS = "Ben has 5 boxes with 4 toy cars each. He gives 3 cars away. How many toy cars does he have left?"


def setups(load: LoadOptions) -> dict[str, RunSetup]:
    """Each recording by its file name; the first one plays when the window opens."""
    best, vote = StrategyChoice("best-of-n", {"n": 16}), StrategyChoice("self-consistency", {"n": 16})
    return {
        "1-a-verifier-beats-the-vote": _setup(load, "What is 7 x 8?", best, 0.8),
        "2-the-vote-finds-it": _setup(load, ORANGES, vote, 0.7),
        "3-one-chain-of-thought": _setup(load, CARS, StrategyChoice("chain-of-thought"), 0.7, 31),
        "4-no-number-of-tries-helps": _setup(load, "What is 4738 x 9264?", StrategyChoice("best-of-n", {"n": 64}), 0.8),
    }


def record(setup: RunSetup) -> list[AnyEvent]:
    """A whole run in a fresh worker process as events, without the paths of this machine."""
    events: list[AnyEvent] = []
    run_engine(setup, events)
    return [_without_paths(event) for event in events]


def main() -> None:
    """Records all of them, over the ones that are there."""
    load = LoadOptions(str(default_model_path()))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, setup in setups(load).items():
        path = FOLDER / f"{name}.tsrun"
        path.unlink(missing_ok=True)
        write_trace(path, record(setup))
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def _setup(load: LoadOptions, question: str, strategy: StrategyChoice, temperature: float, seed: int = 1) -> RunSetup:
    problem = find_problem(question)
    if problem is None:
        raise SystemExit(f"“{question}” is not a problem of the ladder.")
    sampling = msgspec.structs.replace(DEFAULT_SAMPLING, temperature=temperature)
    return RunSetup(problem, strategy, VERIFIERS, sampling, Budget(8000, 60.0), load, seed)


def _without_paths(event: AnyEvent) -> AnyEvent:
    if not isinstance(event, RunStarted):
        return event
    name = Path(event.model.path).name
    replace = msgspec.structs.replace
    setup = replace(event.setup, load=replace(event.setup.load, path=name))
    return replace(event, setup=setup, model=replace(event.model, path=name))


if __name__ == "__main__":
    main()

"""`models list`, `models info` and `models check`."""

from __future__ import annotations

import json

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.errors import ModelError
from engine.models.gguf_header import read_header
from engine.models.library import ModelFile, default_model_path, find_models, models_folder, resolve_model
from engine.models.machine_memory import machine_memory
from engine.models.memory_estimate import estimate_memory, mebibytes
from engine.models.model_facts import ModelFacts, check_usable, facts_of
from engine.setup import LoadOptions

MUTED = "#98a3b3"
Row = dict[str, str | int | None]


def list_models(as_json: bool) -> int:
    """Prints every model that was found, with what its header says."""
    rows = [_row(model) for model in find_models()]
    if as_json:
        print(json.dumps(rows, indent=2))
        return 0
    console = Console(highlight=False)
    table = Table(box=None, padding=(0, 1), header_style=MUTED, pad_edge=False)
    table.add_column("NAME", overflow="fold", style="bold")
    for title, justify in (("PARAMS", "right"), ("QUANT", "left"), ("SIZE", "right"), ("CONTEXT", "right")):
        table.add_column(title, justify=justify, no_wrap=True)
    table.add_column("WHERE", style=MUTED, overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    console.print(table)
    for row in rows:
        if row["problem"] is not None:
            console.print(Text(f"{row['name']}: {row['problem']}", style="#e8744a"))
    console.print(Text(f"Put .gguf files into {models_folder()} to see them here.", style=MUTED), soft_wrap=True)
    return 0


def _cells(row: Row) -> list[str]:
    size = mebibytes(int(row["bytes"] or 0))
    if row["problem"] is not None:
        return [str(row["name"]), "", "", size, "", f"{row['source']} (not usable)"]
    params, context = parameters(int(row["parameters"] or 0)), f"{row['n_ctx_train']:,}"
    return [str(row["name"]), params, str(row["quantization"]), size, context, str(row["source"])]


def _row(model: ModelFile) -> Row:
    row: Row = {**msgspec.structs.asdict(model), "problem": None}
    try:
        facts = facts_of(read_header(model.path))
        check_usable(facts)
    except ModelError as error:
        return {
            **row,
            "architecture": None,
            "parameters": None,
            "quantization": None,
            "problem": error.why or error.what,
        }
    return {
        **row,
        "architecture": facts.architecture,
        "parameters": facts.parameters,
        "quantization": facts.quantization,
        "n_ctx_train": facts.n_ctx_train,
    }


def show_info(name: str | None, context: int, as_json: bool) -> int:
    """Prints what the header says, and what the model would need in memory."""
    path = resolve_model(name)
    facts = facts_of(read_header(path))
    n_ctx = context or min(facts.n_ctx_train or 4096, 4096)
    memory = estimate_memory(facts, machine_memory(), n_ctx=n_ctx, n_seqs=16)
    problem = _problem(facts)
    if as_json:
        estimate = {**msgspec.to_builtins(memory), "n_ctx": n_ctx, "n_seqs": 16}
        print(json.dumps({**msgspec.structs.asdict(facts), "problem": problem, "memory_estimate": estimate}, indent=2))
        return 0
    console = Console(highlight=False)
    console.print(Text(facts.name, style="bold"))
    if problem:
        console.print(Text(problem, style="#e8744a"))
    table = Table(box=None, show_header=False, padding=(0, 2), pad_edge=False)
    table.add_column(style=MUTED)
    table.add_column(overflow="fold")
    for label, value in describe(facts):
        table.add_row(label, value)
    console.print(table)
    console.print(Text(f"\nMemory with {n_ctx:,} tokens of context and 16 candidates (estimate)", style="bold"))
    for line in memory.lines:
        console.print(Text(f"  {line}"), soft_wrap=True)
    return 0


def _problem(facts: ModelFacts) -> str | None:
    try:
        check_usable(facts)
    except ModelError as error:
        return str(error)
    return None


def describe(facts: ModelFacts) -> list[tuple[str, str]]:
    """The facts as rows for people."""
    heads = f"{facts.n_heads} ({facts.n_heads_kv} for keys and values)"
    window = f"{facts.sliding_window:,} tokens" if facts.sliding_window else "none: every token sees all"
    return [
        ("file", facts.path),
        ("size", f"{mebibytes(facts.file_bytes)}, GGUF version {facts.gguf_version}"),
        ("architecture", facts.architecture + (" (recurrent)" if facts.recurrent else "")),
        ("parameters", f"{parameters(facts.parameters)} ({facts.parameters:,})"),
        ("quantisation", facts.quantization),
        ("context", f"{facts.n_ctx_train:,} tokens" if facts.n_ctx_train else "not said"),
        ("layers × width", f"{facts.n_layers} × {facts.n_embd:,}"),
        ("attention heads", heads),
        ("sliding window", window),
        ("vocabulary", f"{facts.n_vocab:,} tokens"),
        ("chat template", "yes" if facts.has_chat_template else "none: prompted with worked examples"),
        ("licence", facts.license or "not said"),
    ]


def parameters(count: int) -> str:
    """A parameter count as people write it: 135M, 1.5B."""
    for unit, size in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def check_model(name: str | None, as_json: bool) -> int:
    """Reads the header, then loads the model in a child process and makes a probe decode.

    Raises:
        ThinkscopeError: It cannot be used, in words.
    """
    from app.probe import probe_model

    path = resolve_model(name) if name else default_model_path()
    check_usable(facts_of(read_header(path)))
    probe = probe_model(LoadOptions(str(path)))
    if as_json:
        print(json.dumps(msgspec.to_builtins(probe), indent=2))
    elif probe.report is not None:
        mode = f" in safe mode ({probe.report.safe_mode_reason})" if probe.report.safe_mode else ""
        print(f"{probe.report.name} works: loaded in {probe.report.load_seconds:.2f} s on {probe.report.device}{mode}.")
    else:
        print(f"{path.name} does not work. {probe.problem}")
    return 0 if probe.report is not None else 3

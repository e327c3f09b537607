"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", help="A GGUF file, a name from `models list`, or simulated. Default: the built-in one."
    ),
]

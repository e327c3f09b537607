"""Set-up files as the window and the command line open and save them."""

from __future__ import annotations

from pathlib import Path

from engine.check import check_fields
from engine.models.library import models_folder
from engine.setup import RunSetup
from engine.setup_file import SUFFIX, load_setup, save_setup

__all__ = ["SUFFIX", "read_setup", "write_setup"]


def write_setup(path: Path, setup: RunSetup) -> None:
    """Saves a set-up.

    Raises:
        ThinkscopeError: The disk does not take it.
    """
    save_setup(setup, path)


def read_setup(path: Path) -> RunSetup:
    """Opens a set-up; a model that is not where it says is looked for in the person's model folder.

    Raises:
        BadInputError: It cannot be read, is not a set-up, or one that cannot be carried out.
    """
    setup = load_setup(path, [models_folder()])
    check_fields(setup)
    return setup

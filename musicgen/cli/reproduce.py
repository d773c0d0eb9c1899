"""Compose a song again from its provenance, and compare the bytes.

The provenance is the JSON file that a song's page offers, or the one in its bundle. On the machine
that composed the song, or one like it, the same bytes must come out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from musicgen.cli.loading import quiet_loading
from musicgen.cli.output import check_target, print_json, progress_bar, write_whole
from musicgen.sampling.recipe import Recipe, RecipeError

_MOST_BYTES: Final = 16 * 1024 * 1024
DIFFERENT: Final = 1  # exit code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("provenance", type=Path, metavar="PROVENANCE.json", help="of the song")
    parser.add_argument(
        "--checkpoint",
        metavar="NAME_OR_DIR",
        help="where the weights lie, if they are not shipped under the name that the provenance has",
    )
    parser.add_argument("--out", type=Path, metavar="FILE.mid", help="keep what was composed")
    parser.add_argument("--json", action="store_true", help="print what came of it as JSON")


def run(options: argparse.Namespace) -> int:
    """Compose, compare, say so."""
    from musicgen.learning.shipped import resolve_checkpoint

    if options.out is not None:
        check_target(options.out)
    written = _read(options.provenance)
    recipe = Recipe.from_json(written["recipe"])
    folder = resolve_checkpoint(options.checkpoint or written["checkpoint"])
    with quiet_loading():
        from musicgen.sampling.composers import composer_of

    composer = composer_of(folder)
    if composer.info.weights_sha256 != written["weights_sha256"]:
        raise RecipeError(
            f"{folder} holds other weights than those that composed the song; name the right checkpoint "
            "with --checkpoint."
        )
    with progress_bar("composing", "%") as show:
        composition = composer.compose(
            recipe.settings,
            prompt=recipe.music(),
            on_progress=lambda share: show(round(100 * share), 100),
            should_stop=recipe.stop_again(),
        )
    content = recipe.midi(composition.score)
    if options.out is not None:
        write_whole(options.out, content)
    sha256 = hashlib.sha256(content).hexdigest()
    is_same = sha256 == written["midi_sha256"]
    if options.json:
        print_json({"same": is_same, "sha256": sha256, "expected": written["midi_sha256"]})
    else:
        print(f"the same bytes, SHA-256 {sha256}" if is_same else f"other bytes, SHA-256 {sha256}")
    return 0 if is_same else DIFFERENT


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise RecipeError(f"{path} is too large to be a provenance.")
    try:
        written = json.loads(content)
    except ValueError as error:
        raise RecipeError(f"{path} is no JSON: {error}.") from error
    needed = ("recipe", "checkpoint", "weights_sha256", "midi_sha256")
    if not isinstance(written, dict) or any(name not in written for name in needed):
        raise RecipeError(f"{path} is no provenance of a song: it lacks one of {', '.join(needed)}.")
    return written

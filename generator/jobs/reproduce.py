"""Composing a song once more from what is written down about it, and comparing the bytes."""

import hashlib
import threading
from typing import Any

from generator.models import Reproduction
from generator.recipes import NoRecipeError, song_recipe
from musicgen.learning import CheckpointError
from musicgen.midi import MidiError
from musicgen.sampling.prompts import PromptError
from musicgen.sampling.recipe import RecipeError
from musicgen.sampling.settings import SamplingSettingsError
from training.services import WorkCancelledError, WorkFailedError, work_report


def reproduced(row: Reproduction, stop: threading.Event) -> dict[str, Any] | None:
    """Compose it again; done twice, it says the same."""
    from generator.composers import WARM_COMPOSERS  # loads TensorFlow

    song = row.song
    try:
        recipe = song_recipe(song)
        if song.checkpoint is None:
            raise NoRecipeError(f"{song} has no checkpoint.")
        stop_again = recipe.stop_again()
        composition = WARM_COMPOSERS.get(song.checkpoint).compose(
            recipe.settings,
            prompt=recipe.music(),
            on_progress=lambda share: work_report(row=row, progress=share),
            should_stop=lambda: stop.is_set() or (stop_again is not None and stop_again()),
        )
    except (
        CheckpointError, MidiError, NoRecipeError, OSError, PromptError, RecipeError, SamplingSettingsError,
    ) as error:  # fmt: skip
        raise WorkFailedError(f"It cannot be composed again: {error}") from error
    if stop.is_set():
        raise WorkCancelledError(f"{row.job_id} was asked to stop.")
    sha256 = hashlib.sha256(recipe.midi(composition.score)).hexdigest()
    return {"midi_sha256": sha256, "is_same": sha256 == song.midi_sha256}

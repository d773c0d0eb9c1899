"""From a row to what `musicgen.sampling` is asked for, and to the song's provenance as a document."""

from typing import Any, Final

from generator.models import ComposeRequest, Song
from musicgen.sampling.recipe import Recipe
from musicgen.sampling.settings import SamplingSettings

PROVENANCE_FORMAT: Final = "musicgen-song"


class NoRecipeError(LookupError):
    """A song cannot be composed again: nothing is written down about how it was made."""


def recipe_of(take: ComposeRequest, *, program: int | None = None) -> Recipe:
    """How a take is composed.

    Args:
        program: what its instruments were changed to since.

    Raises:
        OSError: the file of its prompt is gone.
        musicgen.sampling.SamplingSettingsError, musicgen.sampling.recipe.RecipeError: it cannot be.
    """
    return Recipe(
        settings=SamplingSettings.from_json(take.settings),
        task=take.task,
        prompt=take.prompt.file.read_bytes() if take.prompt is not None else None,
        passage=take.passage,
        stopped_after=take.stopped_after,
        program=program,
    )


def song_recipe(song: Song) -> Recipe:
    """How a song was composed.

    Raises:
        NoRecipeError: nobody asked for it here, so that nothing is written down.
        OSError: the file of its prompt is gone.
    """
    take = ComposeRequest.objects.select_related("prompt").filter(song=song).first()
    if take is None or song.checkpoint_id is None:
        raise NoRecipeError(f"{song} was not composed on this site.")
    return recipe_of(take, program=song.program)


def song_provenance(song: Song) -> dict[str, Any]:
    """All that is needed to compose a song again, as plain JSON values: `python -m musicgen reproduce`.

    Raises:
        NoRecipeError, OSError: as for `song_recipe`.
    """
    recipe = song_recipe(song)
    checkpoint = song.checkpoint
    if checkpoint is None:
        raise NoRecipeError(f"{song} has no checkpoint.")
    return {
        "format": PROVENANCE_FORMAT,
        "title": song.title,
        "checkpoint": checkpoint.slug,
        "network": checkpoint.network,
        "step": checkpoint.step,
        "corpus_hash": checkpoint.corpus_hash,
        "weights_sha256": checkpoint.weights_sha256,
        "recipe": recipe.to_json(),
        "midi_sha256": song.midi_sha256,
        "composed_at": song.created_at.isoformat(),
    }

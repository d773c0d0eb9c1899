"""Composing with a trained network. Importing this loads no Keras; `composer` does.

The way in for whoever composes::

    from musicgen.sampling.composer import Composer          # loads TensorFlow: in a worker only

    composer = Composer(resolve_checkpoint("lstm-chorales"))  # loads; the first piece compiles
    piece = composer.compose(SamplingSettings(seed=7))        # Composition: score, seconds, stuck …
    pieces = composer.compose_takes(SamplingSettings(seed=7), 4)
    for chunk in composer.stream(SamplingSettings(seed=7), takes=1, should_stop=stop.is_set):
        chunk.take, chunk.restarted, chunk.progress           # which take; forget its notes so far
        for note in chunk.notes:                              # StreamedNote, a named tuple
            note.start_seconds, note.duration_seconds, note.pitch, note.cents
            note.velocity, note.program, note.is_drum
        chunk.composition                                     # the whole piece, in a take's last chunk

What holds of it:

* The same checkpoint, settings and prompt give the same bytes. Take i of several is what
  `settings.for_take(i)`, whose seed is larger by i, gives alone.
* Notes are streamed in order of onset, and only when they can no longer change; joined since a
  take's last restart they are the notes of its composition, as `streamed_notes` lists them. The
  last stretch of a piece comes at its end, because where it ends is chosen looking back.
* The first chunk comes after some ten tokens, later ones after ever more, up to 128.
* `should_stop` is asked after every chunk: the takes end at once with what there is, "cancelled".
  Closing the iterator ends them with nothing.
* A take that is stuck or silent is drawn anew once (`restarted`) and otherwise marked
  (`Composition.stuck`, `stuck_reason`).

`SamplingSettings` says how boldly to choose, how long the piece is in seconds, bars or notes, and
what is asked for: tempo, key, density, instrument. A prompt is music to set out from:
`Continuation`, `Variation`, `Infilling` or `Accompaniment`, each around a score. What a checkpoint
cannot do, `abilities(read_checkpoint(folder).vocabulary)` tells with the reason, without loading
Keras; asked for all the same, it is refused with `SamplingSettingsError` or `PromptError`.
"""

from __future__ import annotations

from musicgen.sampling.abilities import Ability, abilities
from musicgen.sampling.prompts import (
    Accompaniment,
    Continuation,
    Infilling,
    Prompt,
    PromptError,
    Variation,
)
from musicgen.sampling.settings import MOST_TAKES, SamplingSettings, SamplingSettingsError
from musicgen.sampling.streaming import StreamedNote, streamed_notes
from musicgen.sampling.wishes import FAMILIES, KEYS

__all__ = [
    "FAMILIES",
    "KEYS",
    "MOST_TAKES",
    "Ability",
    "Accompaniment",
    "Continuation",
    "Infilling",
    "Prompt",
    "PromptError",
    "SamplingSettings",
    "SamplingSettingsError",
    "StreamedNote",
    "Variation",
    "abilities",
    "streamed_notes",
]

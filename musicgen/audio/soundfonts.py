"""The soundfonts that come with the project, and which one a piece is played with.

Their licences stand beside them in `soundfonts/`. A soundfont is never taken from the
machine or from a user: the same piece must sound the same everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from musicgen.audio.errors import SoundfontError
from musicgen.score import Score

Synthesizer = Literal["fluidsynth", "midirenderer"]

SOUNDFONT_FOLDER: Final = Path(__file__).parent / "soundfonts"
GRAND_PIANO: Final = SOUNDFONT_FOLDER / "piano_msgeneral.sf3"  # one grand piano, finely sampled
PLAIN_PIANO: Final = SOUNDFONT_FOLDER / "piano_fluidr3mono.sf3"  # one piano, without modulators
GENERAL: Final = SOUNDFONT_FOLDER / "mini_gm_fluidr3mono.sf3"  # nine instruments and a drum kit

_HEADER_BYTES: Final = 12


def soundfont_for(score: Score, synthesizer: Synthesizer) -> Path:
    """The bundled soundfont that suits a piece.

    Returns:
        A piano where every part with notes is a piano (General MIDI program 0), else the
        general one; programs that it lacks sound as its piano. midirenderer knows no
        modulators, by which the grand piano opens its filter: it would sound muffled, so
        that synthesizer gets the plain piano.
    """
    sounding = [part for part in score.parts if len(part.notes)]
    if any(part.program != 0 or part.is_drum for part in sounding):
        return GENERAL
    return GRAND_PIANO if synthesizer == "fluidsynth" else PLAIN_PIANO


def checked_soundfont(path: Path) -> Path:
    """The absolute path of a soundfont, after a look into it.

    A synthesizer given a missing soundfont would fall back on the system's own, or on
    silence, without a word.

    Raises:
        SoundfontError: no such file, or not a SoundFont.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise SoundfontError(f"The soundfont {path} cannot be read: {error.strerror}.") from error
    if header[:4] != b"RIFF" or header[8:12] != b"sfbk":
        raise SoundfontError(f"{path} is not a SoundFont file (SF2 or SF3).")
    return path.resolve()

"""All that a piece is made from, written down: compose from it again, and the same bytes come out.

Loads no Keras.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from musicgen.midi import read_midi, write_midi
from musicgen.sampling.prompts import Accompaniment, Continuation, Infilling, Prompt, Variation
from musicgen.sampling.settings import SamplingSettings
from musicgen.score import Score

TASKS: Final = ("compose", "continue", "vary", "infill", "accompany")
_VERSION: Final = 1


class RecipeError(ValueError):
    """What is written down about a piece is not enough to make it again, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a piece was made from a checkpoint.

    Attributes:
        settings: seed and all.
        task: one of `TASKS`.
        prompt: the MIDI file that it set out from; None for the task "compose".
        passage: of the prompt, as far as the task has them: from_seconds, to_seconds.
        stopped_after: how many times the network was let go on before somebody stopped it;
            None if it came to an end of its own.
        program: the General MIDI program that all its pitched parts were given afterwards;
            None if they sound as composed.
    """

    settings: SamplingSettings
    task: str = "compose"
    prompt: bytes | None = None
    passage: Mapping[str, float] = field(default_factory=dict)
    stopped_after: int | None = None
    program: int | None = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise RecipeError(f"There is no task {self.task!r}; there are: {', '.join(TASKS)}.")
        if (self.task == "compose") != (self.prompt is None):
            raise RecipeError(f"The task {self.task!r} and its prompt do not belong together.")
        if self.task == "infill" and not {"from_seconds", "to_seconds"} <= set(self.passage):
            raise RecipeError("To fill in a passage, say where it begins and where it ends.")

    def music(self) -> Prompt | None:
        """What the network is given to set out from.

        Raises:
            musicgen.midi.MidiError: the prompt is no MIDI file.
        """
        if self.prompt is None:
            return None
        score = read_midi(self.prompt)
        start, end = self.passage.get("from_seconds"), self.passage.get("to_seconds")
        if self.task == "continue":
            return Continuation(score, start)
        if self.task == "vary":
            return Variation(score) if start is None else Variation(score, start)
        if self.task == "infill":
            assert start is not None and end is not None  # checked above  # noqa: PT018
            return Infilling(score, start, end)
        return Accompaniment(score)

    def stop_again(self) -> Callable[[], bool] | None:
        """What to ask "stop?" to be stopped where it was stopped the first time."""
        if self.stopped_after is None:
            return None
        left = self.stopped_after

        def asked() -> bool:
            nonlocal left
            left -= 1
            return left <= 0

        return asked

    def midi(self, score: Score) -> bytes:
        """The MIDI file of what was composed."""
        return midi_played_with(write_midi(score), self.program)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, the prompt included."""
        return {
            "version": _VERSION,
            "task": self.task,
            "settings": self.settings.to_json(),
            "passage": dict(self.passage),
            "stopped_after": self.stopped_after,
            "program": self.program,
            "prompt_sha256": hashlib.sha256(self.prompt).hexdigest() if self.prompt is not None else None,
            "prompt_base64": base64.b64encode(self.prompt).decode() if self.prompt is not None else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recipe:
        """Read what `to_json` wrote.

        Raises:
            RecipeError: it is of another version, incomplete, or its prompt is not the one it names.
            musicgen.sampling.SamplingSettingsError: its settings cannot be used.
        """
        if data.get("version") != _VERSION:
            raise RecipeError(
                f"The recipe is of version {data.get('version')!r}; this musicgen knows {_VERSION}."
            )
        try:
            encoded = data["prompt_base64"]
            prompt = base64.b64decode(encoded, validate=True) if encoded is not None else None
            recipe = cls(
                settings=SamplingSettings.from_json(data["settings"]),
                task=data["task"],
                prompt=prompt,
                passage=data["passage"],
                stopped_after=data["stopped_after"],
                program=data["program"],
            )
        except (KeyError, TypeError) as error:
            raise RecipeError(f"The recipe is incomplete: {error}.") from error
        if prompt is not None and hashlib.sha256(prompt).hexdigest() != data["prompt_sha256"]:
            raise RecipeError("The prompt is not the one that the recipe names.")
        return recipe


def midi_played_with(content: bytes, program: int | None) -> bytes:
    """A MIDI file of ours with its pitched parts given to one General MIDI program.

    The same for a piece just composed and for one whose instrument is changed later.

    Args:
        content: as composed.
        program: 0–127; None leaves the file as it is.
    """
    if program is None:
        return content
    score = read_midi(content)
    parts = (part if part.is_drum else replace(part, program=program, bank=0) for part in score.parts)
    return write_midi(replace(score, parts=tuple(parts)))

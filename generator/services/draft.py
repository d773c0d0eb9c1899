"""A listener tries several takes, holds one, keeps what there is, publishes, throws away, takes back."""

from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import Listener
from generator.models import ComposeRequest, ComposeTask, Draft, Prompt, Song
from generator.services.compose import fair_limit_check
from musicgen.sampling.settings import SamplingSettings
from training.models import Checkpoint, WorkState
from training.services import work_enqueue

MOST_TAKES: Final = 8  # at a time


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the network begins from.

    Attributes:
        prompt: music that it is given; None where it begins from nothing.
        passage: of the prompt, from_seconds and to_seconds as far as the task has them.
    """

    task: ComposeTask = ComposeTask.COMPOSE
    prompt: Prompt | None = None
    passage: dict[str, float] = field(default_factory=dict)


@transaction.atomic
def draft_compose(
    *,
    listener: Listener,
    checkpoint: Checkpoint,
    sampling: SamplingSettings,
    takes: int = 1,
    beginning: Beginning | None = None,
    program: int | None = None,
    parent: ComposeRequest | None = None,
) -> Draft:
    """Ask for some takes; beside the parent, if they go on from one, else in a draft of their own.

    Raises:
        FairLimitError: they have asked for as many as is fair for now.
    """
    begin = beginning or Beginning()
    # Two requests of one listener at once are counted one after the other.
    Listener.objects.select_for_update().get(pk=listener.pk)
    fair_limit_check(listener, more=takes)
    draft = parent.draft if parent is not None and parent.draft is not None else None
    if draft is None:
        draft = Draft.objects.create(listener=listener)
    rows = [
        ComposeRequest.objects.create(
            checkpoint=checkpoint,
            settings=sampling.for_take(number).to_json(),
            listener=listener,
            draft=draft,
            parent=parent,
            task=begin.task,
            prompt=begin.prompt,
            passage=begin.passage,
            program=program,
            publishes=False,
        )
        for number in range(takes)
    ]
    for row in rows:
        work_enqueue(row=row)
    draft_hold(draft=draft, take=rows[0])
    return draft


def draft_hold(*, draft: Draft, take: ComposeRequest) -> None:
    """Work on this take from now on; on an earlier one, that undoes what came after it."""
    if take.draft_id != draft.pk:
        raise LookupError(f"{take} is no take of {draft}.")
    Draft.objects.filter(pk=draft.pk).update(held=take)
    draft.held = take


def take_keep(*, take: ComposeRequest) -> bool:
    """Stop it and keep what there is. Returns whether it was being composed."""
    running = ComposeRequest.objects.filter(pk=take.pk, state=WorkState.RUNNING, song=None)
    return bool(running.update(keep_requested=True))


def song_throw_away(*, song: Song) -> None:
    """Take it out of sight; until it is cleared away it can be taken back."""
    Song.objects.filter(pk=song.pk, thrown_away_at=None).update(
        thrown_away_at=timezone.now(), is_published=False
    )
    song.refresh_from_db(fields=["thrown_away_at", "is_published"])


def song_take_back(*, song: Song) -> None:
    """Undo throwing it away; published it is only if its listener says so again."""
    Song.objects.filter(pk=song.pk).update(thrown_away_at=None)
    song.refresh_from_db(fields=["thrown_away_at"])

"""Studies are built, opened, taken page by page, and closed."""

import secrets
from collections.abc import Sequence
from random import SystemRandom
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Listener, User
from generator.models import Song, SongKind
from listening.models import (
    Clip,
    Excerpt,
    Method,
    Participation,
    Study,
    StudyAnswer,
    StudyState,
    Trial,
    TrialKind,
)
from listening.services.enrolment import enrolment_create
from listening.services.excerpt import excerpt_ensure
from listening.services.guards import GuardError, check_heard
from training.models import WorkState

SCALES: Final = {Method.ACR: (1, 5), Method.MULTIPLE: (0, 100), Method.MUSHRA: (0, 100)}
_SAME: Final = {
    Method.ACR: 1.0,
    Method.MULTIPLE: 20.0,
    Method.MUSHRA: 20.0,
}  # apart, and still the same answer
_REFERENCE_AT_LEAST: Final = 80.0  # of 100: who rates the hidden reference lower did not find it
_CHANCE: Final = SystemRandom()


class StudyError(ValueError):
    """A study cannot be so; the message says why and what to change."""


@transaction.atomic
def study_create(*, owner: User, songs: Sequence[Song], **fields: Any) -> Study:
    """Keep a new study as a draft, and have the excerpts of its songs made.

    Raises:
        StudyError: too few songs, or MUSHRA without a true reference.
    """
    method = Method(fields["method"])
    least = {Method.ACR: 1}.get(method, 2)
    if len(songs) < least:
        raise StudyError(_("Choose at least %(count)s songs.") % {"count": least})
    reference: Song | None = fields.get("reference")
    if method == Method.MUSHRA and (reference is None or reference.kind != SongKind.HUMAN):
        raise StudyError(
            _(
                "MUSHRA compares versions of one original: choose a piece by a human as the reference. "
                "Without one, take multiple stimuli without reference."
            )
        )
    if method != Method.MUSHRA:
        fields["reference"] = None
    study = Study.objects.create(
        owner=owner,
        **{"completion_code": secrets.token_hex(4).upper(), **{k: v for k, v in fields.items() if v != ""}},
    )
    study.songs.set(songs)
    for song in (*songs, *([study.reference] if study.reference else [])):
        excerpt_ensure(song=song)
    return study


def study_set_state(*, study: Study, state: StudyState) -> None:
    """Open it to participants, or close it.

    Raises:
        StudyError: its clips are not all ready.
    """
    if state == StudyState.OPEN and missing_clips(study):
        raise StudyError(_("Some clips are still being prepared. Wait a moment and try again."))
    Study.objects.filter(pk=study.pk).update(state=state)
    study.refresh_from_db(fields=["state"])


def missing_clips(study: Study) -> int:
    """How many of its songs cannot be heard yet."""
    wanted = _stimuli(study)
    return len(wanted) - Excerpt.objects.ready().filter(song__in=wanted).count()


def failed_clips(study: Study) -> list[Song]:
    """Those of its songs whose clip could not be made."""
    failed = Excerpt.objects.filter(song__in=_stimuli(study), state=WorkState.FAILED)
    return [excerpt.song for excerpt in failed.select_related("song")]


def _stimuli(study: Study) -> set[int]:
    songs = set(study.songs.values_list("pk", flat=True))
    return songs | ({study.reference_id} if study.reference_id else set())


@transaction.atomic
def participation_begin(
    *, study: Study, listener: Listener, training: str, consented: bool, is_preview: bool
) -> Participation:
    """Keep the consent and draw this listener's pages; begun twice, the first stays.

    Raises:
        ConsentError: no consent, or no level of training.
        StudyError: the study is not open.
    """
    if study.state != StudyState.OPEN and not is_preview:
        raise StudyError(_("This study is not open."))
    enrolment_create(listener=listener, training=training, consented=consented, study=study)
    if is_preview:
        Participation.objects.filter(study=study, listener=listener, is_preview=True).delete()
    return Participation.objects.get_or_create(
        study=study,
        listener=listener,
        is_preview=is_preview,
        defaults={"plan": _plan(study), "volume_checked": not study.has_volume_check},
    )[0]


def _plan(study: Study) -> list[dict[str, Any]]:
    """A random subset in random order, a training page before it, repeats as checks among it."""
    songs = list(study.songs.values_list("pk", flat=True))
    pages: list[dict[str, Any]] = []
    trials = 0
    deck: list[int] = []
    while trials < study.trials_each:
        shown = {Method.ACR: 1, Method.PAIRS: 2}.get(
            Method(study.method), min(study.stimuli_each, len(songs))
        )
        if len(deck) < shown:
            # Every song is heard once before any is heard again.
            rest = [song for song in songs if song not in deck]
            deck += _CHANCE.sample(rest, len(rest))
        stimuli, deck = deck[:shown], deck[shown:]
        pages.append({"role": "trial", "songs": stimuli})
        trials += 1
        if study.check_every and trials % study.check_every == 0 and trials > 1:
            repeated = _CHANCE.choice([page for page in pages[:-1] if page["role"] == "trial"])
            pages.append(
                {"role": "check", "songs": repeated["songs"][::-1], "repeats": pages.index(repeated)}
            )
    for page in pages:
        if study.method == Method.MUSHRA:
            hidden = [*page["songs"], study.reference_id]
            page["songs"] = _CHANCE.sample(hidden, len(hidden))
    if study.has_training:
        for page in pages:
            if "repeats" in page:
                page["repeats"] += 1
        pages.insert(0, {"role": "training", "songs": list(pages[0]["songs"])})
    return pages


def volume_check_pass(*, participation: Participation) -> None:
    """The volume and headphone check is behind them."""
    Participation.objects.filter(pk=participation.pk).update(volume_checked=True)


@transaction.atomic
def page_trial(*, participation: Participation) -> Trial | None:
    """The trial of the next unanswered page, made now if there is none; None at the end."""
    held = Participation.objects.select_for_update().select_related("study").get(pk=participation.pk)
    number = held.answers.count()
    if number >= len(held.plan):
        return None
    open_trial = (
        Trial.objects.filter(
            kind=TrialKind.STUDY,
            listener=held.listener,
            enrolment__study=held.study,
            number=number + 1,
            study_answer=None,
        )
        .order_by("-pk")
        .first()
    )
    if open_trial is not None:
        return open_trial
    enrolment = held.study.enrolments.filter(listener=held.listener).order_by("-pk").first()
    assert enrolment is not None  # a participation begins with one
    trial = Trial.objects.create(
        kind=TrialKind.STUDY, listener=held.listener, enrolment=enrolment, number=number + 1
    )
    songs = held.plan[number]["songs"]
    shown = [held.study.reference_id, *songs] if held.study.method == Method.MUSHRA else songs
    excerpts = dict(Excerpt.objects.ready().filter(song__in=shown).values_list("song_id", "pk"))
    if set(shown) - excerpts.keys():
        raise GuardError(_("A clip of this study is gone. Tell whoever invited you."), status=409)
    Clip.objects.bulk_create(
        Clip(trial=trial, position=position, excerpt_id=excerpts[song]) for position, song in enumerate(shown)
    )
    return trial


@transaction.atomic
def study_answer_record(*, participation: Participation, trial: Trial, given: list[float]) -> StudyAnswer:
    """Take a page's answer; sent twice, the first counts.

    Args:
        given: by place of the stimulus: a rating, or for pairs 1 for the better one, 0.5 each for a tie.

    Raises:
        GuardError: not heard for long enough, or no such answer.
    """
    held = Participation.objects.select_for_update().select_related("study").get(pk=participation.pk)
    number = trial.number - 1
    known = held.answers.filter(number=number).first()
    if known is not None:
        return known
    page = held.plan[number]
    _check_values(held.study, page, given)
    check_heard(Trial.objects.get(pk=trial.pk))
    values = {str(song): value for song, value in zip(page["songs"], given, strict=True)}
    answer = StudyAnswer.objects.create(
        participation=held,
        trial=trial,
        number=number,
        role=page["role"],
        values=values,
        passed=_passed(held, page, values),
    )
    if number + 1 >= len(held.plan):
        Participation.objects.filter(pk=held.pk).update(finished_at=timezone.now())
    return answer


def _check_values(study: Study, page: dict[str, Any], given: list[float]) -> None:
    if study.method == Method.PAIRS:
        good = sorted(given) in ([0.0, 1.0], [0.5, 0.5])
    else:
        low, high = SCALES[Method(study.method)]
        good = all(low <= value <= high for value in given)
    if len(given) != len(page["songs"]) or not good:
        raise GuardError(_("Answer for each clip first."))


def _passed(held: Participation, page: dict[str, Any], values: dict[str, float]) -> bool | None:
    study = held.study
    found_reference = None
    if study.method == Method.MUSHRA and page["role"] != "training":
        found_reference = values[str(study.reference_id)] >= _REFERENCE_AT_LEAST
    if page["role"] != "check":
        return found_reference
    before = held.answers.get(number=page["repeats"]).values
    if study.method == Method.PAIRS:
        return bool(before == values)
    apart = sum(abs(before[song] - value) for song, value in values.items()) / len(values)
    return apart <= _SAME[Method(study.method)] and found_reference is not False

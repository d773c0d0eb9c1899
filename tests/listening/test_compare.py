"""A blind pair: nothing leaks before the answer, it counts once, and only after listening."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from listening.models import Check, Clip, Comparison, Exclusion, PairTally, Trial
from listening.services.guards import check_result, listener_judge

KNOWN_HEADERS = {
    "Cache-Control",
    "Content-Language",  # the visitor's
    "Content-Length",
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Opener-Policy",
    "Referrer-Policy",
    "Vary",
    "X-Content-Type-Options",
    "X-Frame-Options",
}


def everything_secret(pool):
    """Whatever would tell a listener where a clip came from."""
    words = set()
    for excerpts in pool.values():
        for excerpt in excerpts:
            song = excerpt.song
            words |= {song.title, excerpt.system, excerpt.sha256, song.midi_sha256, excerpt.path}
    return {word for word in words if word} | {"real", "random", "shuffled", "lstm", "checkpoint", "opus-"}


def test_it_tells_nothing_before_the_answer(pool, person):
    secret = everything_secret(pool)
    shapes, sizes, headers = set(), set(), []
    for _ in range(15):
        answer = person.draw()
        told = answer.json()
        said = answer.content.decode() + str(dict(answer.headers))
        assert not [word for word in secret if word in said]
        assert sorted(told) == ["clips", "least", "seconds", "trial"]
        assert len(told["clips"]) == 2
        shapes.add((told["seconds"], told["least"], *(len(address) for address in told["clips"])))
        for address in told["clips"]:
            sound = person.client.get(address)
            assert sound.status_code == 200
            headers.append({name: sound[name] for name in sound.headers})
            sizes.add(len(b"".join(sound)))
        person.hear(told)
        assert person.answer(told).status_code == 200
    assert len(shapes) == 1  # lengths of addresses and of clips are all alike
    assert len(sizes) == 1
    for sound in headers:
        assert set(sound) <= KNOWN_HEADERS, set(sound) - KNOWN_HEADERS
        assert sound["Cache-Control"] == "private, no-store"
        assert not [word for word in secret if word in str(sound)]
    same = {
        json.dumps({k: v for k, v in sound.items() if k != "Content-Security-Policy"}) for sound in headers
    }
    assert len(same) == 1, "two clips differ in a header"


def test_it_names_no_clip_twice(pool, person):
    addresses = [address for _ in range(12) for address in _draw_and_answer(person)["clips"]]
    assert len(set(addresses)) == len(addresses)


def _draw_and_answer(person):
    told = person.draw().json()
    person.hear(told)
    person.answer(told)
    return told


def test_it_tells_after_the_answer(pool, person):
    told = person.draw().json()
    trial = person.hear(told)
    answer = person.answer(told, "right", reasons=["melody", "nonsense"]).json()
    kept = Comparison.objects.get()
    assert kept.outcome == "right"
    assert kept.reasons == ["melody"]
    for side, clip in zip(answer["sides"], trial.clips.order_by("position"), strict=True):
        assert side["title"] == clip.excerpt.song.title
        expected = clip.excerpt.song.get_absolute_url() if clip.excerpt.song.is_published else ""
        assert side["address"] == expected
    assert kept.trial.enrolment.consent_text


def test_it_gives_the_sound_to_nobody_else(pool, person, make_person):
    told = person.draw().json()
    stranger = make_person()
    assert stranger.client.get(told["clips"][0]).status_code == 404
    assert stranger.answer(told).status_code == 403
    assert Comparison.objects.count() == 0


def test_it_counts_a_double_answer_once(pool, person):
    told = person.draw().json()
    person.hear(told)
    first = person.answer(told, "left").json()
    again = person.answer(told, "right").json()
    assert first == again
    assert Comparison.objects.get().outcome == "left"
    assert PairTally.objects.get().count == 1


def test_it_wants_both_to_be_heard(pool, person):
    told = person.draw().json()
    assert person.answer(told).status_code == 422
    # Whatever the page claims: no more is credited than time has passed.
    claimed = person.send("/clips/heard/", {"trial": told["trial"], "heard": [3600, 3600], "plays": [1, 1]})
    assert sum(claimed.json()["heard"]) < 2
    assert person.answer(told, heard=[9, 9]).status_code == 422
    trial = person.trial(told)
    Trial.objects.filter(pk=trial.pk).update(
        created_at=timezone.now() - timedelta(seconds=14), reported_at=timezone.now() - timedelta(seconds=12)
    )
    assert person.answer(told, heard=[6, 6]).status_code == 200
    left, right = Comparison.objects.get().trial.clips.all()
    assert (
        6 <= left.heard_seconds + right.heard_seconds - 12 + 6 <= 8
    )  # what was claimed before counted little


def test_it_credits_what_is_reported_late(pool, person):
    told = person.draw().json()
    trial = person.trial(told)
    ahead = person.draw(holding=[told["trial"]]).json()
    asked = timezone.now() - timedelta(seconds=12)
    Trial.objects.filter(listener=trial.listener).update(created_at=asked)
    # Two reports of what was heard one after the other arrive in the same moment.
    person.send("/clips/heard/", {"trial": told["trial"], "heard": [5.5, 0], "plays": [1, 0]})
    assert person.answer(told, heard=[0, 5.5]).status_code == 200
    # What was asked at the same time was not heard meanwhile.
    assert person.answer(ahead, heard=[6, 6]).status_code == 422
    assert sum(clip.heard_seconds for clip in person.trial(ahead).clips.all()) < 3


@pytest.mark.parametrize("heard", ["x", [float("nan"), 9], {"a": 1}, [[1]], [-5, -5], [None]])
def test_it_is_not_fooled_by_strange_reports(pool, person, heard):
    told = person.draw().json()
    answer = person.send("/clips/heard/", {"trial": told["trial"], "heard": heard})
    assert answer.status_code in (200, 400)
    assert all(clip.heard_seconds == 0 for clip in person.trial(told).clips.all())


def test_it_refuses_forged_and_foreign_trials(pool, person):
    told = person.draw().json()
    person.hear(told)
    bare = told["trial"].split(":")[0]
    for forged in (bare, f"{bare}:x:y", "", None, 7):
        assert person.answer({"trial": forged}).status_code == 410
    assert person.answer(told, "better").status_code == 422
    assert person.send("/compare/answer/", []).status_code == 400
    assert person.client.get("/compare/next/").status_code == 405


def test_it_asks_for_consent_first(pool, client):
    assert client.post("/compare/next/", "{}", content_type="application/json").status_code == 403
    assert "I agree" in client.get("/compare/").content.decode()
    assert client.post("/compare/enrol/", {"training": "some"}).status_code == 422


def test_it_keeps_the_pace(pool, person, settings):
    settings.MUSICGEN_VERDICT_GAP_SECONDS = 10.0
    person.judge()
    told = person.draw().json()
    person.hear(told)
    answer = person.answer(told)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 11
    settings.MUSICGEN_VERDICT_GAP_SECONDS = 0.0
    settings.MUSICGEN_VERDICTS_A_DAY = 1
    assert person.answer(told).status_code == 429


def test_it_limits_an_address_without_keeping_it(pool, make_person, settings):
    settings.MUSICGEN_VERDICTS_A_MINUTE = 3
    for _ in range(3):
        make_person().judge()
    other = make_person()
    told = other.draw().json()
    other.hear(told)
    assert other.answer(told).status_code == 429
    make_person(address="192.0.2.99").judge()
    assert not Comparison.objects.filter(address_digest__contains="192.0").exists()
    assert Comparison.objects.values("address_digest").distinct().count() == 2


def test_it_asks_again_what_was_left_open(pool, person):
    first = person.draw().json()
    assert person.draw().json()["clips"] == first["clips"]
    ahead = person.draw(holding=[first["trial"]]).json()
    assert ahead["clips"] != first["clips"]
    assert Trial.objects.count() == 2


def test_it_checks_one_trial_of_ten_and_leaves_checks_out(pool, person):
    trials = [person.judge() for _ in range(20)]
    checks = [trial for trial in trials if trial.check_kind]
    assert len(checks) == 2
    assert sum(tally.count for tally in PairTally.objects.all()) == 18
    for trial in checks:
        left, right = trial.clips.order_by("position")
        if trial.check_kind == Check.REPEAT:
            before = trial.repeats.clips.order_by("position")
            assert [clip.excerpt_id for clip in before] == [right.excerpt_id, left.excerpt_id]
        else:
            assert {left.excerpt.system, right.excerpt.system} == {"real", "shuffled"}


def test_it_sets_apart_who_fails_and_spares_who_listens(pool, make_person):
    def by_ear(trial):
        order = {"random": 0, "shuffled": 0, "real": 3}
        left, right = (order.get(clip.excerpt.system, 2) for clip in trial.clips.all())
        return "left" if left > right else "right" if right > left else "tie"

    careful, careless = make_person(), make_person()
    for _ in range(16):
        careful.judge(by_ear)
        careless.judge(lambda trial: "left")
    assert not Exclusion.objects.filter(listener=careful.listener).exists()
    rows = Comparison.objects.filter(listener=careless.listener)
    rows.filter(check_kind=Check.NONE).update(passed=False)  # as if they had been checks
    assert listener_judge(listener=careless.listener).reason.startswith("failed ")
    assert Comparison.objects.filter(listener=careless.listener).count() == 16  # nothing is deleted


@pytest.mark.parametrize(
    ("systems", "again", "passed"),
    [
        (("real", "random"), "right", True),
        (("real", "random"), "left", False),
        (("lstm-a", "random"), "left", None),
        (("lstm-a", "lstm-b"), "left", None),
        (("real", "lstm-a"), "tie", None),
    ],
)
def test_it_blames_nobody_for_wavering_between_what_is_near(pool, person, systems, again, passed):
    told = person.draw().json()
    first = person.hear(told)
    for clip, system in zip(first.clips.order_by("position"), systems, strict=True):
        Clip.objects.filter(pk=clip.pk).update(excerpt=pool[system][0])
    person.answer(told, "left")
    repeat = Trial.objects.create(
        kind="pair",
        listener=first.listener,
        enrolment=first.enrolment,
        check_kind=Check.REPEAT,
        repeats=first,
    )
    for place, system in enumerate(reversed(systems)):
        Clip.objects.create(trial=repeat, position=place, excerpt=pool[system][0])
    assert check_result(repeat, again) is passed


def test_it_says_that_there_is_nothing_yet(person):
    answer = person.draw()
    assert answer.status_code == 409
    assert "not enough music" in answer.json()["problem"]

"""Human or machine: one clip at a time, the truth at the end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generator.models import Song
from listening.models import Clip, Trial, Verdict
from listening.services.leaderboard import leaderboards_compute


@pytest.fixture
def play(pool):
    """Plays a whole round; `say` decides what is said of a system."""

    def play(person, say, knew=lambda number: False):
        round_id, pages = "", []
        for number in range(10):
            told = person.send("/turing/next/", {"round": round_id}).json()
            round_id = told["round"]
            assert len(told["clips"]) == 1
            trial = person.trial(told)
            Trial.objects.filter(pk=trial.pk).update(created_at=timezone.now() - timedelta(seconds=60))
            Clip.objects.filter(trial=trial).update(heard_seconds=9)
            system = trial.clips.get().excerpt.system
            answer = person.send(
                "/turing/answer/", {"trial": told["trial"], "human": say(system), "knew": knew(number)}
            )
            assert answer.status_code == 200, answer.content
            pages.append(answer.json())
        return round_id, pages

    return play


def test_it_keeps_the_score_for_the_end(play, person, make_person, client):
    round_id, pages = play(person, lambda system: system == "real")
    assert [page["done"] for page in pages] == list(range(1, 11))
    assert [bool(page["end"]) for page in pages] == [False] * 9 + [True]
    assert not [page for page in pages if {"system", "right", "title"} & page.keys()]
    page = person.client.get(pages[-1]["end"]).content.decode()
    assert "10 of 10" in page
    other = make_person()
    _, wrong = play(other, lambda system: system != "real", knew=lambda number: number < 2)
    page = other.client.get(wrong[-1]["end"]).content.decode()
    assert "0 of 8" in page
    assert "known" in page
    assert client.get(f"/turing/{round_id}/").status_code == 404  # another's score


def test_it_plays_no_yardstick_and_counts_twice_given_answers_once(play, person):
    play(person, lambda system: True)
    assert not Verdict.objects.filter(system__in=("random", "shuffled")).exists()
    assert {"real"} < set(Verdict.objects.values_list("system", flat=True))
    told = person.send("/turing/next/", {}).json()
    assert person.send("/turing/answer/", {"trial": told["trial"], "human": True}).status_code == 422
    person.hear(told)
    assert person.send("/turing/answer/", {"trial": told["trial"], "human": "yes"}).status_code == 400
    for said in (True, False):
        person.send("/turing/answer/", {"trial": told["trial"], "human": said})
    assert Verdict.objects.get(trial=person.trial(told)).said_human
    assert person.send("/turing/next/", {"round": "x"}).status_code == 400


def test_it_enters_the_leaderboard_without_what_was_known(play, person, client):
    play(person, lambda system: system == "real", knew=lambda number: number == 0)
    leaderboards_compute()
    songs = Song.objects.filter(verdict_count__gt=0)  # which lists are narrowed by
    assert sum(song.verdict_count for song in songs) == 9
    assert (
        sum(song.human_count for song in songs)
        == Verdict.objects.filter(system="real", knew_it=False).count()
    )
    page = client.get("/leaderboard/").content.decode()
    assert "100 %" in page
    assert Verdict.objects.filter(knew_it=True).count() == 1

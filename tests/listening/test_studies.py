"""Studies: built, previewed, taken from consent to the code, read and exported."""

import json

import pytest

from listening.models import Clip, Participation, Study, StudyAnswer
from listening.selectors.studies import study_result
from training.models import WorkState

BASE = {
    "title": "Two networks",
    "question": "Which is better?",
    "consent_text": "You may stop at any time.",
    "trials_each": 4,
    "stimuli_each": 3,
    "check_every": 2,
    "has_training": "on",
    "has_volume_check": "on",
    "completion_code": "CODE-7",
}


@pytest.fixture
def build(pool, client, researcher):
    """Builds a study in the browser's way and opens it. Returns its row."""
    client.force_login(researcher)

    def make(method, **fields):
        songs = [excerpt.song_id for slug in ("lstm-a", "lstm-b") for excerpt in pool[slug]]
        answer = client.post("/studies/new/", {**BASE, "method": method, "songs": songs, **fields})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        study = Study.objects.get(pk=int(answer["Location"].strip("/").split("/")[1]))
        client.post(f"/studies/{study.pk}/state/", {"state": "open"})
        study.refresh_from_db()
        assert study.state == "open"
        return study

    return make


def take(person, study, answer):
    """Every page of it. Returns the pages as they were told."""
    root = f"/studies/take/{study.token}/"
    assert "Before you begin" in person.client.get(root).content.decode()
    assert person.send(f"{root}next/", {}).status_code == 403
    person.client.post(f"{root}begin/", {"consent": "yes", "training": "none"})
    assert "Tone on the left" in person.client.get(root).content.decode()
    person.client.post(f"{root}volume/", {"heard": "yes"})
    pages = []
    while not (told := person.send(f"{root}next/", {}).json()).get("end"):
        trial = person.trial(told)
        early = person.send(f"{root}answer/", {"trial": told["trial"], "values": answer(trial)})
        assert early.status_code == 422
        assert all(person.client.get(address).status_code == 200 for address in told["clips"])
        Clip.objects.filter(trial=trial).update(heard_seconds=7)
        body = {"trial": told["trial"], "values": answer(trial)}
        for _ in range(2):  # sent twice, it counts once
            done = person.send(f"{root}answer/", body)
            assert done.status_code == 200, done.content
        pages.append(told)
    return pages


def prefer_a(trial):
    left, right = (clip.excerpt.system for clip in trial.clips.order_by("position"))
    return [0.5, 0.5] if left == right else [1, 0] if left.endswith("a") else [0, 1]


def test_it_goes_from_consent_to_the_code(build, make_person, client):
    study = build("pairs")
    people = [make_person(), make_person()]
    for person in people:
        pages = take(person, study, prefer_a)
        assert [page["number"] for page in pages] == list(range(1, 8))  # training, 4 trials, 2 checks
        assert [page["training"] for page in pages] == [True] + [False] * 6
        assert "CODE-7" in person.client.get(f"/studies/take/{study.token}/").content.decode()
    roles = list(
        StudyAnswer.objects.filter(participation__listener=people[0].listener).values_list("role", flat=True)
    )
    assert roles == ["training", "trial", "trial", "check", "trial", "trial", "check"]
    result = study_result(study)
    assert (result.begun, result.finished, result.checks, result.passed) == (2, 2, 4, 4)
    assert result.songs[0].count >= 1
    page = client.get(f"/studies/{study.pk}/").content.decode()
    assert "2 finished, 2 began" in page
    exported = json.loads(client.get(f"/studies/{study.pk}/export.json").content)
    rows = exported["answers"]
    assert set(rows[0]) == set(exported["codebook"])  # every column is explained, and nothing else
    assert json.loads(client.get(f"/studies/{study.pk}/codebook.json").content) == exported["codebook"]
    assert exported["result"]["alpha"] == result.alpha
    checks = [row for row in rows if row["role"] == "check"]
    answered = {(row["participant"], row["page"], row["song"]): row["value"] for row in rows}
    for row in checks:
        assert row["value"] == answered[row["participant"], row["repeats_page"], row["song"]]
    assert len(rows) == 2 * 7 * 2
    assert len({row["participant"] for row in rows}) == 2
    assert str(people[0].listener.pk) not in json.dumps(rows)
    assert client.get(f"/studies/{study.pk}/export.csv").content.decode().count("\n") == len(rows) + 1


@pytest.mark.parametrize("method", ["acr", "multiple"])
def test_it_rates(build, person, method):
    study = build(method, check_every=3)
    pages = take(person, study, lambda trial: [4.0] * trial.clips.count())
    assert len(pages[0]["clips"]) == (1 if method == "acr" else 3)
    result = study_result(study)
    assert {row.value for row in result.songs} == {4.0}
    assert result.passed == result.checks == 1


def test_it_hides_the_reference_among_the_stimuli(build, pool, person):
    reference = pool["real"][0].song
    study = build("mushra", reference=reference.pk, stimuli_each=2)

    def rate(trial):
        songs = [clip.excerpt.song_id for clip in trial.clips.order_by("position")]
        assert songs[0] == reference.pk
        assert reference.pk in songs[1:]
        return [100 if song == reference.pk else 40 for song in songs[1:]]

    take(person, study, rate)
    result = study_result(study)
    assert result.passed == result.checks > 0
    assert (result.songs[0].title, result.songs[0].value) == (reference.title, 100)


def test_it_is_refused_without_what_it_needs(pool, client, researcher, listener_user, other_researcher):
    client.force_login(researcher)
    songs = [excerpt.song_id for excerpt in pool["lstm-a"]]
    no_reference = client.post("/studies/new/", {**BASE, "method": "mushra", "songs": songs})
    assert "reference" in no_reference.content.decode()
    assert client.post("/studies/new/", {**BASE, "method": "pairs", "songs": songs[:1]}).status_code == 422
    assert not Study.objects.exists()
    found = client.post("/studies/new/", {**BASE, "method": "acr", "query": "lstm"})
    study = Study.objects.get()
    assert found.status_code == 302
    assert study.songs.count() == 6
    pool["lstm-a"][0].state = WorkState.QUEUED
    pool["lstm-a"][0].save()
    client.post(f"/studies/{study.pk}/state/", {"state": "open"})
    study.refresh_from_db()
    assert study.state == "draft"  # a clip is missing
    page = client.get(f"/studies/{study.pk}/").content.decode()
    assert "1 clip is still being prepared" in page
    assert "hx-get" in page  # the page looks again by itself
    pool["lstm-a"][0].state = WorkState.FAILED
    pool["lstm-a"][0].save()
    page = client.get(f"/studies/{study.pk}/").content.decode()
    assert "Make a study without it" in page
    assert "hx-get" not in page
    client.force_login(other_researcher)
    assert client.get(f"/studies/{study.pk}/").status_code == 404
    client.force_login(listener_user)
    assert client.get("/studies/").status_code == 403


def test_it_does_not_count_the_owners_preview(build, client, researcher):
    study = build("acr")
    client.post(f"/studies/take/{study.token}/begin/", {"consent": "yes", "training": "none"})
    assert Participation.objects.get().is_preview
    assert study_result(study).begun == 0

"""What programs can do through the API."""

import base64
import hashlib
import itertools
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from generator.live import live_begin, live_put
from generator.models import ComposeRequest
from listening.api.judgments import ExportName
from listening.models import LeaderboardTable
from listening.selectors.boards import EXPORT_FILES
from tests.training.pieces import midi_bytes
from training.models import Dataset, Run, WorkState


def post(client, path, content, header, **more):
    return client.post(path, json.dumps(content), content_type="application/json", **header, **more)


def test_it_lists_songs_a_page_at_a_time(client, make_song):
    songs = [make_song() for _ in range(3)]
    make_song(is_published=False)
    page = client.get("/api/v1/songs", {"page_size": 2}).json()
    assert (page["count"], [song["id"] for song in page["items"]]) == (3, [songs[2].pk, songs[1].pk])
    first = page["items"][0]
    assert first["renditions"][0]["address"] == f"/songs/{songs[2].pk}/audio.opus" or first["renditions"]
    assert client.get(first["midi"]).status_code == 200
    assert client.get("/api/v1/songs", {"page": 9}).json()["items"] == []
    assert client.get("/api/v1/songs", {"network": "none"}).json()["count"] == 0
    assert client.get(f"/api/v1/songs/{songs[0].pk}/midi").getvalue() == b"MThd midi"


def test_it_names_the_field_that_cannot_be_used(client, db):
    answer = client.get("/api/v1/songs", {"page_size": 1000})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "page_size"


def test_it_composes_follows_and_cancels(client, listener_user, checkpoint, make_token):
    header = make_token(listener_user)
    wish = {"checkpoint": checkpoint.slug, "seed": 7, "length_seconds": 30}
    made = post(client, "/api/v1/compose", wish, header)
    assert made.status_code == 202
    path = f"/api/v1/compose/{made.json()['id']}"
    assert client.get(path, **header).json()["stage"] == "waiting"
    assert client.delete(path, **header).json()["stage"] == "cancelled"
    assert ComposeRequest.objects.get().settings["seed"] == 7


def test_it_asks_for_takes_and_tells_their_notes(client, listener_user, checkpoint, make_token, empty_redis):
    header = make_token(listener_user)
    wish = {"checkpoint": checkpoint.slug, "seed": 7, "takes": 3}
    made = post(client, "/api/v1/compose", wish, header).json()
    assert len(made["takes"]) == 3
    assert [row.settings["seed"] for row in ComposeRequest.objects.order_by("pk")] == [7, 8, 9]
    first = made["takes"][0]
    live_begin(first, {})
    live_put(first, "notes", {"notes": [[0.0, 0.5, 60.0, 80, 0]]})
    path = f"/api/v1/compose/{first}/events"
    told = client.get(path, **header).json()
    assert [event["kind"] for event in told["events"]] == ["begin", "notes"]
    assert client.get(path, {"after": told["offset"]}, **header).json()["events"] == []
    assert client.get(path, {"after": "x"}, **header).status_code == 400
    stream = client.get(f"/api/v1/compose/{first}/stream", **header)
    assert stream["Content-Type"] == "text/event-stream"
    parts = iter(stream.streaming_content)
    assert b"event: notes" in b"".join(itertools.islice(parts, 4))
    stream.close()


def test_it_takes_a_file_in_pieces_and_makes_a_dataset_of_it(
    client, researcher, other_researcher, make_token
):
    header = make_token(researcher)
    content = midi_bytes(5)
    told = {"HTTP_UPLOAD_METADATA": f"filename {base64.b64encode(b'a.mid').decode()}"}
    begun = client.post("/api/v1/uploads", HTTP_UPLOAD_LENGTH=str(len(content)), **told, **header)
    assert begun.status_code == 201, begun.content
    path = f"/api/v1/uploads/{begun.json()['id']}"
    assert begun["Location"].endswith(path)

    def send(piece, offset):
        kind = "application/offset+octet-stream"
        return client.patch(path, piece, content_type=kind, HTTP_UPLOAD_OFFSET=str(offset), **header)

    assert send(content[:50], 0)["Upload-Offset"] == "50"
    wrong = send(content[:50], 0)
    assert (wrong.status_code, wrong["Content-Type"]) == (409, "application/problem+json")
    assert client.head(path, **header)["Upload-Offset"] == "50"
    assert client.get(path, **make_token(other_researcher)).status_code == 404
    assert send(content[50:], 50).status_code == 204
    assert client.get(path, **header).json()["sha256"] == hashlib.sha256(content).hexdigest()
    form = {"name": "Mine", "licence": "cc0", "received": [begun.json()["id"]]}
    made = client.post("/api/v1/datasets", form, **header)
    assert made.status_code == 201, made.content
    assert Dataset.objects.get().uploads.get().path.read_bytes() == content
    assert client.post("/api/v1/uploads", HTTP_UPLOAD_LENGTH="9", **header).status_code == 422


def test_it_says_which_setting_is_wrong_and_when_it_is_enough(
    client, listener_user, checkpoint, make_token, monkeypatch
):
    monkeypatch.setattr("generator.services.compose.ACTIVE_LIMIT", 2)
    header = make_token(listener_user)
    wrong = post(client, "/api/v1/compose", {"checkpoint": checkpoint.slug, "temperature": 99}, header)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "temperature")
    statuses = {
        post(client, "/api/v1/compose", {"checkpoint": checkpoint.slug}, header).status_code for _ in range(5)
    }
    assert statuses == {202, 429}


def test_it_takes_an_upload_and_starts_follows_and_stops_a_run(client, researcher, ready_dataset, make_token):
    header = make_token(researcher)
    upload = SimpleUploadedFile("a.mid", midi_bytes(5))
    form = {"name": "Mine", "licence": "cc0", "uploads": upload}
    made = client.post("/api/v1/datasets", form, **header)
    assert made.status_code == 201, made.content
    kept = Dataset.objects.get(pk=made.json()["id"]).uploads.get()
    assert kept.path.read_bytes() == midi_bytes(5)

    wish = {"dataset_id": ready_dataset.pk, "settings": {"max_epochs": 2}}
    run = post(client, "/api/v1/runs", wish, header).json()
    assert run["settings"]["max_epochs"] == 2
    assert client.get(f"/api/v1/runs/{run['id']}/metrics").json()["points"]["step"] == []
    assert client.get(f"/api/v1/runs/{run['id']}/log", **header).json() == {"text": ""}
    stopped = client.post(f"/api/v1/runs/{run['id']}/stop", **header)
    assert stopped.json()["state"] == WorkState.CANCELLED
    bad = post(client, "/api/v1/runs", {**wish, "settings": {"units": -1}}, header)
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "units")


def test_it_keeps_others_away(client, listener_user, other_researcher, make_run, make_token):
    run = make_run()
    header = make_token(other_researcher)
    assert client.post(f"/api/v1/runs/{run.pk}/stop", **header).status_code == 403
    assert client.delete(f"/api/v1/datasets/{run.dataset_id}", **header).status_code == 403
    assert Run.objects.get().state == WorkState.QUEUED


def test_it_does_work_once_that_is_sent_twice(client, researcher, ready_dataset, make_token):
    header = make_token(researcher)
    wish = {"dataset_id": ready_dataset.pk}
    first = post(client, "/api/v1/runs", wish, header, HTTP_IDEMPOTENCY_KEY="k1")
    again = post(client, "/api/v1/runs", wish, header, HTTP_IDEMPOTENCY_KEY="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Run.objects.count() == 1
    other = post(client, "/api/v1/runs", {**wish, "transposed": True}, header, HTTP_IDEMPOTENCY_KEY="k1")
    assert other.status_code == 422
    assert post(client, "/api/v1/runs", wish, header, HTTP_IDEMPOTENCY_KEY="k2").status_code == 201
    failed = post(client, "/api/v1/runs", {"dataset_id": 999_999}, header, HTTP_IDEMPOTENCY_KEY="k3")
    assert failed.status_code == 404, "what failed may be tried again with its key"
    assert post(client, "/api/v1/runs", wish, header, HTTP_IDEMPOTENCY_KEY="k3").status_code == 201


def test_it_counts_requests_and_refuses_too_many(client, db, settings, empty_redis):
    settings.API_ADDRESS_LIMIT = 2
    answers = [client.get("/api/v1/songs") for _ in range(5)]
    # A minute may end in between, and a new one begin.
    assert 429 in [answer.status_code for answer in answers]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused["RateLimit-Remaining"] == "0"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused.json()["status"] == 429


def test_it_goes_on_without_redis(client, db, settings, monkeypatch):
    settings.API_ADDRESS_LIMIT = 0
    monkeypatch.setattr("musicgen_site.api.limits._count", lambda _key: None)
    assert client.get("/api/v1/songs").status_code == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"dataset_id": 1e999}', b'{"dataset_id": 1, "settings": 3}'])
def test_it_answers_nonsense_with_a_problem(client, researcher, make_token, body):
    header = make_token(researcher)
    answer = client.post("/api/v1/runs", body, content_type="application/json", **header)
    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"] == "application/problem+json"


def test_it_explains_itself(client, db):
    page = client.get("/api/v1/docs/").content.decode()
    schema = client.get("/api/v1/openapi.json").json()
    assert len(schema["paths"]) > 20
    assert all(path in page for path in schema["paths"])


def test_it_names_every_published_file():
    assert sorted(ExportName) == sorted(EXPORT_FILES)


def test_it_tells_the_leaderboard_and_what_it_rests_on(client, db, data_dir):
    assert client.get("/api/v1/leaderboard").status_code == 404
    assert client.get("/api/v1/judgments").json() == []
    LeaderboardTable.objects.create(name="network/standard", content={"rows": []}, version=3)
    assert client.get("/api/v1/leaderboard", {"by": "network"}).json()["version"] == 3
    (data_dir / "leaderboard").mkdir()
    (data_dir / "leaderboard" / "comparisons.csv").write_text("id\n1\n")
    (listed,) = client.get("/api/v1/judgments").json()
    assert client.get(listed["address"]).getvalue() == b"id\n1\n"
    assert client.get("/api/v1/judgments/secret_key").status_code == 422

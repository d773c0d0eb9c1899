"""Who may do what: every address of the app, asked by everybody."""

import uuid

import pytest
from django.urls import reverse

from tests.training.conftest import upload_form
from tests.training.pieces import midi_bytes
from training.models import Dataset, Licence, Trial, Visibility, WorkState
from training.services import run_register_checkpoints
from training.urls import urlpatterns

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "listener", "researcher", "other", "moderator")
SIGN_IN = "sign in"
EVERYBODY = (200, 200, 200, 200, 200)
RESEARCHERS = (SIGN_IN, 403, 200, 200, 403)
OWNER_AND_MODERATORS = (SIGN_IN, 403, 200, 403, 200)
CHANGES = (SIGN_IN, 403, 302, 403, 302)

# name -> (method, what each of PEOPLE gets); the dataset, run and checkpoint are the researcher's
ALLOWED = {
    "dataset_list": [("get", EVERYBODY)],
    "dataset_upload": [("get", RESEARCHERS), ("post", (SIGN_IN, 403, 302, 302, 403))],
    "dataset": [("get", EVERYBODY)],
    "dataset_status": [("get", EVERYBODY)],
    "dataset_file": [("get", (403, 403, 200, 403, 200))],
    "dataset_file_about": [("get", EVERYBODY)],
    "dataset_file_sound": [("get", EVERYBODY), ("post", (302,) * 5)],  # the licence is CC0
    "dataset_file_audio": [("get", (404,) * 5)],  # not made yet
    "dataset_add": [("get", OWNER_AND_MODERATORS), ("post", (SIGN_IN, 403, 422, 403, 422))],
    "dataset_drop": [("get", (405,) * 5), ("post", CHANGES)],
    "report_csv": [("get", EVERYBODY)],
    "report_json": [("get", EVERYBODY)],
    "report_svg": [("get", (404,) * 5)],  # nothing was measured
    "uploads": [("get", (405,) * 5), ("post", (401, 403, 412, 412, 403))],
    "upload": [("get", (405,) * 5), ("patch", (401, 403, 412, 412, 403))],
    "dataset_change": [("get", OWNER_AND_MODERATORS), ("post", (SIGN_IN, 403, 422, 403, 422))],
    "dataset_delete": [("get", OWNER_AND_MODERATORS), ("post", (SIGN_IN, 403, 409, 403, 409))],
    "dataset_stop": [("get", (405,) * 5), ("post", CHANGES)],
    "dataset_again": [("get", (405,) * 5), ("post", CHANGES)],
    "run_list": [("get", EVERYBODY)],
    "run_start": [("get", RESEARCHERS), ("post", (SIGN_IN, 403, 422, 422, 403))],
    "run": [("get", EVERYBODY)],
    "run_status": [("get", EVERYBODY)],
    "run_live": [("get", EVERYBODY)],
    "run_compare": [("get", EVERYBODY)],
    "worker_list": [("get", EVERYBODY)],
    "run_sample_audio": [("get", (404,) * 5)],  # there is none
    "run_sample_midi": [("get", (404,) * 5)],
    "run_trial": [("get", (SIGN_IN, 403, 200, 403, 403))],
    "run_longer": [("get", (405,) * 5), ("post", CHANGES)],
    "run_notes": [("get", (405,) * 5), ("post", CHANGES)],
    "run_metrics": [("get", EVERYBODY)],
    "run_image": [("get", EVERYBODY)],
    "run_stop": [("get", (405,) * 5), ("post", CHANGES)],
    "run_resume": [("get", (405,) * 5), ("post", CHANGES)],
    "checkpoint": [("get", EVERYBODY)],
    "checkpoint_curve": [("get", EVERYBODY)],
    "checkpoint_download": [("get", EVERYBODY)],
    "checkpoint_offer": [("get", (405,) * 5), ("post", CHANGES)],
}
CASES = [
    (name, method, person, expected)
    for name, rules in ALLOWED.items()
    for method, all_expected in rules
    for person, expected in zip(PEOPLE, all_expected, strict=True)
]


@pytest.fixture
def run(make_run, write_checkpoint, queued):
    """A stopped run with a curve and one checkpoint."""
    row = make_run(state=WorkState.CANCELLED)
    write_checkpoint(row, 5)
    (row.folder / "loss.svg").write_text("<svg/>")
    run_register_checkpoints(run=row, names=["step-00000005"], best="step-00000005")
    Trial.objects.create(owner=row.owner, dataset=row.dataset, representation="chords", settings=row.settings)
    return row


@pytest.fixture
def sign_in(client, listener_user, researcher, other_researcher, moderator):
    """Signs a person in by what they are."""
    users = {
        "listener": listener_user,
        "researcher": researcher,
        "other": other_researcher,
        "moderator": moderator,
    }

    def as_person(person):
        if person in users:
            client.force_login(users[person])
        return client

    return as_person


def arguments(name, run):
    pattern = next(str(found.pattern) for found in urlpatterns if found.name == name)
    if "<slug:slug>" in pattern:
        return {"slug": run.checkpoints.get().slug}
    if "<uuid:pk>" in pattern:
        return {"pk": uuid.uuid4()}
    if "<int:position>" in pattern:
        return {"pk": run.dataset_id, "position": 0}
    if "<int:number>" in pattern:
        return {"pk": run.dataset_id, "number": 1}
    if "<int:step>" in pattern:
        return {"pk": run.pk, "step": 5, "seed": 1}
    if name == "run_trial":
        return {"pk": Trial.objects.get().pk}
    if "<int:pk>" in pattern:
        return {"pk": run.pk if name.startswith("run") else run.dataset_id}
    return {}


@pytest.mark.parametrize(("name", "method", "person", "expected"), CASES)
def test_it_lets_in_whom_it_should(run, sign_in, name, method, person, expected):
    address = reverse(f"training:{name}", kwargs=arguments(name, run))
    sent = upload_form(("a.mid", midi_bytes(1))) if (name, method) == ("dataset_upload", "post") else {}
    response = getattr(sign_in(person), method)(address, sent)
    if expected == SIGN_IN:
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))
    else:
        assert response.status_code == expected
        if expected == 302:
            assert not response.url.startswith(reverse("account_login"))


def test_it_lists_every_address():
    assert {pattern.name for pattern in urlpatterns} == set(ALLOWED)


def test_it_shows_a_withdrawn_checkpoint_to_those_who_may_publish_it_alone(run, sign_in):
    checkpoint = run.checkpoints.get()
    address = checkpoint.get_absolute_url()
    sign_in("researcher").post(reverse("training:checkpoint_offer", args=[checkpoint.slug]), {"offered": "0"})
    seen = {
        person: sign_in(person).get(address).status_code for person in ("researcher", "moderator", "other")
    }
    assert seen == {"researcher": 200, "moderator": 200, "other": 404}


def test_it_shows_the_log_to_those_who_may_change_the_run_alone(run, sign_in):
    run.log_path.write_text("epoch 1: fine\n")
    shown = {
        person: b"epoch 1: fine" in sign_in(person).get(run.get_absolute_url()).content
        for person in ("anonymous", "other", "moderator", "researcher")
    }
    assert shown == {"anonymous": False, "other": False, "moderator": True, "researcher": True}


def test_it_hides_what_is_private_from_all_but_its_owner_and_moderators(run, sign_in):
    Dataset.objects.update(visibility=Visibility.PRIVATE)
    addresses = [
        reverse(f"training:{name}", kwargs=arguments(name, run))
        for name in ("dataset", "dataset_status", "dataset_file", "dataset_file_about", "dataset_file_sound",
                     "report_csv", "report_json", "run", "run_status", "run_metrics", "run_image")
    ]  # fmt: skip
    for person, expected in zip(PEOPLE, (False, False, True, False, True), strict=True):
        client = sign_in(person)
        seen = {address: client.get(address).status_code for address in addresses}
        assert set(seen.values()) == ({200} if expected else {404}), (person, seen)
        for listing in ("/datasets/", "/runs/", "/api/v1/datasets", "/api/v1/runs"):
            content = client.get(listing).content.decode()
            if not listing.startswith("/api"):
                assert (run.dataset.name in content) == expected, (person, listing)
        client.logout()
    assert not sign_in("anonymous").get("/api/v1/datasets").json()["items"]


def test_it_lets_nobody_hear_what_the_licence_keeps_closed(run, sign_in):
    Dataset.objects.update(licence=Licence.OWN)
    address = reverse("training:dataset_file_sound", args=[run.dataset_id, 0])
    heard = {person: sign_in(person).get(address).status_code for person in PEOPLE}
    assert heard == dict(zip(PEOPLE, (403, 403, 200, 403, 200), strict=True))


def test_it_takes_rights_away_with_the_role(run, sign_in, researcher):
    researcher.groups.clear()
    client = sign_in("researcher")
    assert client.post(reverse("training:run_stop", args=[run.pk])).status_code == 403


def test_it_shows_nobody_an_address_of_a_person(run, sign_in, researcher):
    for address in (run.get_absolute_url(), run.dataset.get_absolute_url(), "/runs/", "/datasets/"):
        assert researcher.email.encode() not in sign_in("other").get(address).content

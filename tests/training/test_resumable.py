"""Files sent piece by piece arrive whole, however often the connection or either side breaks off."""

import base64
import contextlib
import hashlib
import http.client
import os
import random
import signal
import socket
import struct
import subprocess
import sys

import pytest
from django.urls import reverse

from accounts.models import Scope
from accounts.services import api_token_create
from tests.conftest import ROOT
from tests.training.conftest import upload_form
from tests.training.pieces import midi_bytes, zip_bytes
from training.models import Dataset, Upload

pytestmark = pytest.mark.django_db(transaction=True)

CUTS = 20
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def named(name):
    return {"Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}


@pytest.fixture
def token(researcher):
    return api_token_create(user=researcher, name="sender", scopes=[Scope.DATASETS])[1]


@pytest.fixture
def start_server(site_environment, wait_for):
    """Starts the site's web server on a port; started again it is a restart."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = []

    def answers():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return asked(port, "OPTIONS", "/uploads/", {}).status == 204

    def start():
        command = [sys.executable, "-m", "gunicorn", "musicgen_site.wsgi:application", "--no-control-socket"]
        options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
        running.append(
            subprocess.Popen([*command, *options], cwd=ROOT, env=site_environment, start_new_session=True)
        )
        wait_for(answers, "the web server")
        return running[-1], port

    yield start
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def asked(port, method, address, headers, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, address, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def send_and_cut(port, address, headers, body, sent, *, rudely):
    """Announce all of the body, send a part of it and drop the connection, with or without a goodbye."""
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        # The server may be the one that hangs up first, where it has nothing to take: a cut all the same.
        with contextlib.suppress(ConnectionError):
            connection.sendall(head.encode() + body[:sent])
        if rudely:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_it_arrives_whole_though_cut_at_random_and_the_server_killed(token, start_server, wait_for):
    draw = random.Random(7)
    content = draw.randbytes(6_000_000)
    server, port = start_server()
    let_in = {"Authorization": f"Bearer {token}"}
    begun = asked(
        port, "POST", "/uploads/", {**TUS, **let_in, **named("big.zip"), "Upload-Length": str(len(content))}
    )
    assert begun.status == 201
    address = "/" + begun.getheader("Location").split("/", 3)[3]
    gained = 0
    for cut in range(CUTS):
        if cut in (7, 14):
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            server, port = start_server()
        offset = int(asked(port, "HEAD", address, {**TUS, **let_in}).getheader("Upload-Offset"))
        rest = content[offset:]
        headers = {**BYTES, **let_in, "Upload-Offset": str(offset)}
        sent = draw.randint(0, len(content) // CUTS)
        send_and_cut(port, address, headers, rest, sent, rudely=draw.random() < 0.5)

        def is_free(port=port):
            held = asked(port, "PATCH", address, {**BYTES, **let_in, "Upload-Offset": "999999999"}, b"x")
            return held.status == 409

        wait_for(is_free, "the server to notice the cut")
        gained += Upload.objects.get().offset > offset
    assert gained >= CUTS // 4  # what arrived before a cut is kept
    offset = int(asked(port, "HEAD", address, {**TUS, **let_in}).getheader("Upload-Offset"))
    assert 0 < offset < len(content)
    headers = {**BYTES, **let_in, "Upload-Offset": str(offset)}
    done = asked(port, "PATCH", address, headers, content[offset:])
    assert (done.status, int(done.getheader("Upload-Offset"))) == (204, len(content))
    upload = Upload.objects.get()
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    assert upload.path.read_bytes() == content


@pytest.fixture
def signed_in(client, researcher):
    client.force_login(researcher)
    return client


def begin(client, content, name="tunes.zip"):
    return client.post(
        reverse("training:uploads"),
        content,
        content_type=BYTES["Content-Type"],
        headers={**TUS, **named(name), "Upload-Length": str(len(content))},
    )


def test_it_becomes_a_dataset_once_it_is_whole(signed_in, queued):
    content = zip_bytes({"a.mid": midi_bytes(1)})
    begun = begin(signed_in, content)
    assert (begun.status_code, begun["Upload-Offset"]) == (201, str(len(content)))
    upload = Upload.objects.get()
    form = {**upload_form(), "received": [str(upload.pk)]}
    del form["uploads"]
    answer = signed_in.post(reverse("training:dataset_upload"), form, headers={"accept": "application/json"})
    assert answer.status_code == 201, answer.content
    kept = Dataset.objects.get().uploads.get()
    assert (kept.name, kept.path.read_bytes()) == ("tunes.zip", content)
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert not Upload.objects.exists()
    assert not upload.path.exists()


def test_it_makes_no_dataset_of_what_is_not_whole_or_somebody_elses(
    signed_in, client, other_researcher, queued
):
    content = midi_bytes(1)
    client.post(reverse("training:uploads"), headers={**TUS, **named("half.mid"), "Upload-Length": "100"})
    half = Upload.objects.get()
    form = {**upload_form(), "received": [str(half.pk)]}
    del form["uploads"]
    assert client.post(reverse("training:dataset_upload"), form).status_code == 422
    begin(client, content, "one.mid")
    client.force_login(other_researcher)
    form["received"] = [str(Upload.objects.get(name="one.mid").pk)]
    assert client.post(reverse("training:dataset_upload"), form).status_code == 422
    address = reverse("training:upload", args=[half.pk])
    assert client.head(address, headers=TUS).status_code == 404
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**TUS, **named("a.zip"), "Upload-Length": str(2**50)}, 413),
        ({**TUS, **named("a.exe"), "Upload-Length": "5"}, 415),
        ({**TUS, **named("a.zip"), "Upload-Length": "0"}, 422),
        ({**TUS, **named("a.zip"), "Upload-Length": "-1"}, 400),
        ({**TUS, "Upload-Length": "5"}, 400),
        ({**named("a.zip"), "Upload-Length": "5"}, 412),
    ],
)
def test_it_refuses_early(signed_in, headers, status):
    answer = signed_in.post(reverse("training:uploads"), headers=headers)
    assert (answer.status_code, Upload.objects.count()) == (status, 0)


def test_it_refuses_what_the_disk_has_no_room_for(signed_in, monkeypatch):
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    assert begin(signed_in, midi_bytes(1), "a.mid").status_code == 507


def test_it_takes_no_more_than_was_announced_and_only_at_the_right_place(signed_in):
    signed_in.post(reverse("training:uploads"), headers={**TUS, **named("a.mid"), "Upload-Length": "6"})
    upload = Upload.objects.get()
    address = reverse("training:upload", args=[upload.pk])

    def send(content, offset):
        return signed_in.patch(
            address,
            content,
            content_type=BYTES["Content-Type"],
            headers={**TUS, "Upload-Offset": str(offset)},
        )

    assert send(b"abc", 0).status_code == 204
    assert send(b"abc", 0).status_code == 409
    assert send(b"defg", 3).status_code == 413
    upload.path.write_bytes(b"abcXX")  # a server that was killed left bytes it had not acknowledged
    answer = signed_in.head(address, headers=TUS)
    assert answer["Upload-Offset"] == "3"
    assert send(b"def", 3).status_code == 204
    upload.refresh_from_db()
    assert upload.path.read_bytes() == b"abcdef"
    upload.path.rename(upload.path.with_suffix(".kept"))
    Upload.objects.update(sha256="")  # killed between the rename and the row
    upload.path.with_suffix(".kept").rename(upload.path.with_suffix(".whole"))
    assert signed_in.head(address, headers=TUS)["Upload-Offset"] == "6"
    upload.refresh_from_db()
    assert upload.sha256 == hashlib.sha256(b"abcdef").hexdigest()
    assert signed_in.delete(address, headers=TUS).status_code == 204
    assert not upload.path.exists()


def test_it_lets_nobody_in_without_right(client, listener_user):
    assert begin(client, midi_bytes(1)).status_code == 401
    client.force_login(listener_user)
    assert begin(client, midi_bytes(1)).status_code == 403
    options = client.options(reverse("training:uploads"))
    assert options["Tus-Version"] == "1.0.0"

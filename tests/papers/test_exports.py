"""An archive for a paper: asked for on a page, put together by the job, true in every word."""

import csv
import io
import json
import zipfile

import pytest

from accounts.models import Listener
from generator.models import Song
from listening.models import Comparison, Verdict
from listening.models.enrolment import Enrolment
from listening.models.trial import Trial
from listening.services import rating_set
from papers.archive.tables import escaped
from papers.jobs.export import paper_export
from papers.models import PaperExport
from tests.generator.conftest import checkpoint, make_checkpoint, make_song
from training.models import WorkState

__all__ = ["checkpoint", "make_song"]


@pytest.fixture
def asked(client, transactional_db, researcher, checkpoint, make_song, monkeypatch):
    """An archive of two songs of one checkpoint, asked for on the page; nothing is on a queue."""
    monkeypatch.setattr("training.queues.put", lambda **_call: None)
    statistics = {"scale_consistency": 91.5, "note_count": 300}
    make_song(title="=Cmd & 100%_<b>", statistics=statistics)
    make_song(statistics={**statistics, "scale_consistency": 88.5})
    make_song(is_published=False)
    other = make_checkpoint(slug="other")
    make_song(checkpoint=other)
    make_song(kind="human", checkpoint=None, seed=None, settings={})
    client.force_login(researcher)
    form = {
        "title": 'Waltzes "old" & new',
        "authors": "Ada L.; Emmy N.",
        "checkpoints": [checkpoint.pk],
        "with_human": "on",
    }
    assert client.post("/papers/", form).status_code == 302
    return PaperExport.objects.get()


def opened(client, row):
    answer = client.get(f"/papers/{row.key}/download/")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.getvalue()))


def test_it_puts_together_what_was_asked_for(client, asked, checkpoint):
    assert client.get(f"/papers/{asked.key}/download/").status_code == 404
    paper_export(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.song_count) == (WorkState.FINISHED, 3)
    client.logout()
    archive = opened(client, asked)
    names = archive.namelist()
    assert sum(name.endswith(".mid") for name in names) == 3
    rows = list(csv.DictReader(io.StringIO(archive.read("tables/songs.csv").decode())))
    assert [row["checkpoint"] for row in rows].count(checkpoint.slug) == 2
    assert rows[0]["title"] == "'=Cmd & 100%_<b>", "a spreadsheet would run it"
    measures = {
        (row["measure"], row["of"]): row
        for row in csv.DictReader(io.StringIO(archive.read("tables/measures.csv").decode()))
    }
    songs = {int(row["id"]): row for row in rows}
    assert all(
        songs[song.pk]["midi_sha256"] == song.midi_sha256 for song in Song.objects.in_bulk(songs).values()
    )
    found = measures["Scale consistency", checkpoint.slug]
    assert (float(found["mean"]), int(found["n"])) == (90.0, 2)
    assert float(found["sd"]) == pytest.approx(2.1213, abs=1e-4)
    told = next(name for name in names if name.startswith("songs/") and name.endswith(".json"))
    song = json.loads(archive.read(told))
    assert song["weights_sha256"] == checkpoint.weights_sha256
    check_words(archive, checkpoint)


@pytest.mark.usefixtures("_no_plots")
def test_it_tells_what_listeners_said_and_not_who(client, asked, checkpoint):
    paper_export(asked.pk)
    assert not [name for name in opened(client, asked).namelist() if name.startswith("verdicts/")]
    song, other = Song.objects.filter(checkpoint=checkpoint, is_published=True)
    listener = Listener.objects.create()
    rating_set(song=song, listener=listener, stars=4)
    enrolment = Enrolment.objects.create(listener=listener, consent_text="Yes.", client_version="1")
    systems = {"left_system": f"checkpoint:{checkpoint.slug}", "right_system": "real"}
    Comparison.objects.create(
        trial=Trial.objects.create(kind="pair", listener=listener, enrolment=enrolment),
        listener=listener,
        outcome="left",
        reasons=["melody", "form"],
        left_song=other,
        **systems,
    )
    Verdict.objects.create(
        trial=Trial.objects.create(kind="turing", listener=listener, enrolment=enrolment),
        listener=listener,
        song=song,
        system=systems["left_system"],
        said_human=True,
    )
    PaperExport.objects.update(state=WorkState.QUEUED)
    paper_export(asked.pk)
    archive = opened(client, asked)

    def table(name):
        (row,) = csv.DictReader(io.StringIO(archive.read(f"verdicts/{name}.csv").decode()))
        return row

    assert (table("ratings")["stars"], table("ratings")["song"]) == ("4", str(song.pk))
    assert (table("comparisons")["outcome"], table("comparisons")["reasons"]) == ("left", "melody form")
    assert table("guesses")["said_human"] == "True"
    names = {table(name)["listener"] for name in ("ratings", "comparisons", "guesses")}
    assert len(names) == 1
    assert str(listener.pk) not in names
    assert "outcome" in json.loads(archive.read("verdicts/codebook.json"))["comparisons"]


def check_words(archive, checkpoint):
    """It says how it was made and how to cite it."""
    methods = archive.read("METHODS.md").decode()
    assert f"**{checkpoint.slug}.** An LSTM with 1,000 weights learned from “Waltzes”" in methods
    assert "It composed 2 songs (seeds 0 to 1) with temperature 1, top-p 0.95." in methods
    citation = archive.read("CITATION.cff").decode()
    assert 'title: "Waltzes \\"old\\" & new"' in citation
    assert '- name: "Emmy N."' in citation
    assert r'title = {Waltzes "old" \& new}' in archive.read("CITATION.bib").decode()
    tex = archive.read("tables/songs.tex").decode()
    assert r"=Cmd \& 100\%\_\textless{}b\textgreater{}" in tex
    assert archive.read("plots/measures.pdf").startswith(b"%PDF")
    assert b"<svg" in archive.read("plots/measures.svg")


@pytest.fixture
def _no_plots(monkeypatch):
    """Drawing takes seconds; one test that draws is enough."""
    monkeypatch.setattr("papers.archive.plots.all_plots", lambda songs, checkpoints: {})


@pytest.mark.usefixtures("_no_plots")
def test_it_makes_the_same_bytes_again(client, asked):
    paper_export(asked.pk)
    first = PaperExport.objects.get().sha256
    PaperExport.objects.update(state=WorkState.QUEUED)
    paper_export(asked.pk)
    assert PaperExport.objects.get().sha256 == first


@pytest.mark.usefixtures("_no_plots")
def test_it_says_when_there_is_nothing_to_take(client, asked):
    asked.checkpoints.set([make_checkpoint(slug="silent")])
    PaperExport.objects.update(with_human=False)
    paper_export(asked.pk)
    page = client.get(f"/papers/{asked.key}/").content.decode()
    assert "None of what was chosen has a published song." in page


@pytest.mark.usefixtures("_no_plots")
def test_it_takes_any_selection(client, asked, make_song, checkpoint):
    PaperExport.objects.update(state=WorkState.FINISHED)
    hidden = make_song(is_published=False)
    song = Song.objects.filter(checkpoint=checkpoint, is_published=True).first()
    form = {"title": "One waltz"}
    assert client.post("/papers/", form).status_code == 422
    refused = client.post("/papers/", {**form, "songs": f"{song.pk}, {hidden.pk}"})
    assert f"No published song has the number {hidden.pk}" in refused.content.decode()
    assert client.post("/papers/", {**form, "songs": f" {song.pk},"}).status_code == 302
    row = PaperExport.objects.get(title="One waltz")
    paper_export(row.pk)
    row.refresh_from_db()
    assert (row.state, row.song_count, list(row.songs.all())) == (WorkState.FINISHED, 1, [song])
    assert f"checkpoints/{checkpoint.slug}.json" in opened(client, row).namelist()


def test_it_asks_who_is_there(client, db):
    assert client.get("/papers/").status_code == 302
    assert client.post("/papers/", {}).status_code == 302
    assert not PaperExport.objects.exists()


@pytest.mark.parametrize(("text", "printed"), [("a_b", r"a\_b"), ("\\x{1}", r"\textbackslash{}x\{1\}")])
def test_it_escapes_for_latex(text, printed):
    assert escaped(text) == printed

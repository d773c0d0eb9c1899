"""Many processes, many machines, many interruptions: one result."""

import json
import multiprocessing
import os
import shutil
import signal
import time

import pytest

from musicgen.corpus import CorpusError, encoding_task
from musicgen.corpus.examining import Examined
from musicgen.corpus.patience import Turn
from musicgen.corpus.prepare import prepare, prepare_share
from musicgen.corpus.survey import examine_source, open_large, survey
from musicgen.corpus.workforce import Failure, worked
from musicgen.midi import DEFAULT_LIMITS, write_midi
from tests.musicgen.corpus.pieces import folder_of, piece


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def source(tmp_path):
    source = folder_of(tmp_path / "source", range(24))
    (source / "x broken.mid").write_bytes(b"MThd")
    return source


def examined(source, **options):
    with open_large(source, DEFAULT_LIMITS) as opened:
        return examine_source(opened, DEFAULT_LIMITS, **options)


def test_it_gives_the_same_bytes_by_one_process_and_by_two(source, tmp_path):
    prepare(source, tmp_path / "one", transpositions=(0, 2))
    prepare(source, tmp_path / "two", transpositions=(0, 2), processes=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_it_goes_on_where_it_was_cut(source, tmp_path, monkeypatch):
    plain = prepare(source, tmp_path / "plain")
    work = tmp_path / "work"

    def cut(done, total):
        if done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(source, tmp_path / "corpus", work=work, on_progress=cut)
    journal = next(work.iterdir())
    journal.write_bytes(journal.read_bytes()[:-20])  # the last line half written
    read = []
    from musicgen.corpus import survey as module

    original = module.examine
    monkeypatch.setattr(module, "examine", lambda name, *rest: read.append(name) or original(name, *rest))
    report = prepare(source, tmp_path / "corpus", work=work)
    assert report.corpus_hash == plain.corpus_hash
    assert read == sorted(read) == [file.name for file in plain.files[9:]]
    assert contents(tmp_path / "corpus") == contents(tmp_path / "plain")


def test_it_examines_again_what_has_changed(source, tmp_path):
    work = tmp_path / "work"
    examined(source, work=work)
    (source / "000.mid").write_bytes(write_midi(piece(99)))
    files, _ = examined(source, work=work)
    fresh, _ = examined(source)
    assert files == fresh


def test_it_brings_the_shards_of_several_machines_together(source, tmp_path):
    work = tmp_path / "work"
    counts = []
    for number in (1, 2, 3):
        elsewhere = tmp_path / f"machine {number}"
        counts.append(len(examined(source, work=elsewhere, shard=(number, 3))[0]))
        shutil.copytree(elsewhere, work, dirs_exist_ok=True)
    assert sum(counts) == 25
    assert min(counts) > 0
    steps = []
    merged = prepare(source, tmp_path / "corpus", work=work, on_progress=lambda *step: steps.append(step))
    assert merged.corpus_hash == prepare(source, tmp_path / "plain").corpus_hash
    assert len([path for path in work.iterdir() if path.name == "examined-1-of-1.jsonl"]) == 1
    assert (
        len((work / "examined-1-of-1.jsonl").read_text().splitlines()) == 1
    )  # the heading: nothing was left


@pytest.mark.parametrize("representation", ["chords", "tones"])
def test_it_makes_the_same_corpus_from_shares_that_machines_have_encoded(
    source, tmp_path, monkeypatch, representation
):
    settings = {"representation": representation, "transpositions": (0, 2)}
    alone = prepare(source, tmp_path / "alone", **settings)
    machines = [tmp_path / f"machine {number}" for number in (1, 2, 3)]
    work = tmp_path / "work"

    def together():
        for machine in machines:
            shutil.copytree(machine, work, dirs_exist_ok=True)
        for machine in machines:
            shutil.copytree(work, machine, dirs_exist_ok=True)

    def shares():
        return [
            prepare_share(source, machine, (number, 3), **settings)
            for number, machine in enumerate(machines, start=1)
        ]

    first = shares()
    assert [report.encoded for report in first] == [0, 0, 0]
    assert [report.examined + report.missing for report in first] == [25, 25, 25]
    together()
    second = shares()
    assert [report.missing for report in second] == [0, 0, 0]
    assert min(report.encoded for report in second) > 0
    assert sum(report.encoded for report in second) == sum(split.pieces for split in alone.splits.values())
    together()
    encoded = []
    monkeypatch.setattr(
        encoding_task, "encode_files", lambda files, *rest, **more: encoded.extend(files) or ()
    )
    monkeypatch.setattr(encoding_task, "train_scores", lambda *rest, **more: pytest.fail("counted again"))
    merged = prepare(source, tmp_path / "merged", work=work, **settings)
    assert encoded == []
    assert merged.corpus_hash == alone.corpus_hash
    assert contents(tmp_path / "merged") == contents(tmp_path / "alone")


def test_it_passes_over_shares_of_other_settings_and_refuses_damaged_ones(source, tmp_path):
    work = tmp_path / "work"
    for shard in ((1, 2), (2, 2), (1, 2)):
        report = prepare_share(source, work, shard)
    assert report.encoded > 0  # the first was told to come again
    other = prepare(source, tmp_path / "other", work=work, transpositions=(0, 1))
    assert other.corpus_hash == prepare(source, tmp_path / "plain", transpositions=(0, 1)).corpus_hash
    rows = next(work.glob("encoded-*-1-of-2.rows"))
    rows.write_bytes(rows.read_bytes()[:-2])
    with pytest.raises(CorpusError, match="delete both"):
        prepare(source, tmp_path / "corpus", work=work)
    rows.unlink()
    rows.with_suffix(".json").unlink()
    again = prepare(source, tmp_path / "corpus", work=work)  # what is missing is encoded here
    assert again.corpus_hash == prepare(source, tmp_path / "plain").corpus_hash


def test_it_writes_down_all_that_it_found(source):
    for file in examined(source)[0]:
        assert Examined.from_json(json.loads(json.dumps(file.to_json()))) == file


def misbehave(item):
    """Crashes on 3, stalls on 5, eats memory on 7; otherwise answers the square."""
    if item == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    if item == 5:
        time.sleep(1000)
    if item == 7:
        bytearray(2**40)
    return item * item


def test_it_loses_one_item_to_a_crash_and_none_beside_it(monkeypatch):
    monkeypatch.setattr("musicgen.corpus.workforce.ITEM_SECONDS", 1.5)
    found = dict(worked(misbehave, range(20), 2))
    assert set(found) == set(range(20))
    failed = {item for item, result in found.items() if isinstance(result, Failure)}
    assert failed == {3, 5, 7}
    assert "crashed" in found[3].reason
    assert "longer than" in found[5].reason
    assert "memory" in found[7].reason
    assert all(found[item] == item * item for item in range(20) if item not in failed)


def doze(seconds):
    time.sleep(seconds)
    return seconds


def test_it_waits_for_workers_that_get_no_turn_on_a_busy_machine(monkeypatch):
    monkeypatch.setattr("musicgen.corpus.workforce.ITEM_SECONDS", 0.2)
    monkeypatch.setattr("musicgen.corpus.patience.Turn.is_starved", lambda turn, seconds: True)
    assert dict(worked(doze, [1.0, 0.9], 2)) == {1.0: 1.0, 0.9: 0.9}


def spin():
    while True:
        pass


def test_it_tells_a_process_without_a_turn_from_one_that_sleeps_or_never_ends():
    context = multiprocessing.get_context("fork")
    spinning, sleeping = context.Process(target=spin), context.Process(target=time.sleep, args=(600,))
    for process in (spinning, sleeping):
        process.start()
    turns = [Turn(process.pid) for process in (spinning, sleeping)]
    try:
        assert turns[0].is_starved(10_000)
        until = time.monotonic() + 120
        while (turns[0].is_starved(0.1) or turns[1].is_starved(10_000)) and time.monotonic() < until:
            time.sleep(0.05)  # until one had its 0.05 seconds and the other came to its sleep
        assert not turns[0].is_starved(0.1)
        assert not turns[1].is_starved(10_000)
    finally:
        for process in (spinning, sleeping):
            process.kill()
            process.join()
    assert not turns[0].is_starved(10_000)


def test_it_hands_items_out_only_as_they_are_wanted():
    asked = []

    def items():
        for item in range(1000):
            asked.append(item)
            yield item

    results = worked(abs, items(), 2)
    next(results)
    assert len(asked) < 50
    results.close()


def test_it_keeps_the_works_of_one_composer_together_if_asked(tmp_path):
    source = tmp_path / "clean_midi"
    for number in range(40):
        folder = source / f"composer {number % 8}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"song {number}.mid").write_bytes(write_midi(piece(number)))
        (folder / f"song {number}.1.mid").write_bytes(write_midi(piece(1000 + number)))
    files, origins = examined(source)
    by_work = survey(files, origins).reports
    splits_of_works = {}
    for report in by_work:
        splits_of_works.setdefault(report.work, set()).add(report.split)
    assert len(splits_of_works) == 40
    assert all(len(splits) == 1 for splits in splits_of_works.values())
    by_composer = survey(files, origins, split_by="composer").reports
    splits_of_composers = {}
    for report in by_composer:
        splits_of_composers.setdefault(report.composer, set()).add(report.split)
    assert all(len(splits) == 1 for splits in splits_of_composers.values())
    assert {report.split for report in by_composer} == {"train", "validation", "test"}
    with pytest.raises(CorpusError, match="split by 'key'"):
        survey(files, origins, split_by="key")


def test_it_takes_the_curated_files_alone_if_asked(tmp_path):
    root = tmp_path / "POP909"
    for number in range(6):
        (root / f"{number:03}" / "versions").mkdir(parents=True)
        (root / f"{number:03}" / f"{number:03}.mid").write_bytes(write_midi(piece(number)))
        (root / f"{number:03}" / "versions" / f"{number:03}-v1.mid").write_bytes(
            write_midi(piece(50 + number))
        )
    assert len(prepare(root, tmp_path / "all").files) == 12
    report = prepare(root, tmp_path / "curated", curated=True)
    assert [file.name for file in report.files] == [f"{number:03}/{number:03}.mid" for number in range(6)]

"""Small copies, true to layout, of the datasets that the world has published."""

import io
import json
import zipfile

import pytest

from musicgen.corpus.layouts import origins_of
from musicgen.corpus.sources import open_source


def origins(folder, files, tables=()):
    """What is said of a folder with these files (empty) and tables (name and text)."""
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    for name, text in dict(tables).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with open_source(folder) as source:
        found = origins_of(source)
    assert set(found.by_name) == set(files)
    return found.layout, found.by_name


def test_it_knows_maestro_with_its_splits(tmp_path):
    table = (
        "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
        "Alban Berg,Sonata Op. 1,train,2018,2018/MIDI-Chamber3.midi,2018/MIDI-Chamber3.wav,698.66\n"
        'Franz Liszt / Franz Schubert,"Ständchen, S. 560",validation,2004,2004/X_wav.midi,2004/X.wav,300.1\n'
        "Alban Berg,Sonata Op. 1,train,2008,2008/Y.midi,2008/Y.wav,700.0\n"
        "Nobody,Not there,test,2008,2008/Z.midi,2008/Z.wav,1.0\n"
    )
    files = [
        "maestro-v3.0.0/2018/MIDI-Chamber3.midi",
        "maestro-v3.0.0/2004/X_wav.midi",
        "maestro-v3.0.0/2008/Y.midi",
    ]
    layout, found = origins(tmp_path, files, {"maestro-v3.0.0/maestro-v3.0.0.csv": table})
    assert layout == "MAESTRO"
    berg, liszt, again = (found[name] for name in files)
    assert (berg.composer, berg.title, berg.split) == ("Alban Berg", "Sonata Op. 1", "train")
    assert (liszt.title, liszt.split) == ("Ständchen, S. 560", "validation")
    assert berg.work == again.work != liszt.work
    assert berg.licence == "CC BY-NC-SA 4.0"


GIANT = [
    "Chopin, Frédéric, Études, Op.10, g0hoN6_HDVU.mid",
    "Liszt, Franz, Liebestraum, S.541, -Abc_123xyz.mid",
    "Satie, Erik, Gnossienne No.1, ABCDEFGHIJK.mid",
]


def test_it_knows_giant_midi_by_its_names_alone(tmp_path):
    layout, found = origins(tmp_path / "surname_checked_midis", GIANT)
    assert layout == "GiantMIDI-Piano"
    chopin = found[GIANT[0]]
    assert (chopin.composer, chopin.title) == ("Chopin, Frédéric", "Études, Op.10")
    assert chopin.licence == "CC BY 4.0"
    assert all(origin.curated for origin in found.values())


def test_it_knows_giant_midi_with_its_table_and_curated_subset(tmp_path):
    columns = [
        "surname",
        "firstname",
        "music",
        "nationality",
        "birth",
        "death",
        "youtube_title",
        "youtube_id",
    ]
    columns += ["similarity", "piano_solo_prob", "audio_name", "audio_duration"]
    columns += ["giant_midi_piano", "split", "surname_in_youtube_title"]
    rows = [
        [
            "Chopin",
            "Frédéric",
            "Études, Op.10",
            "Polish",
            "1810",
            "1849",
            '12 "Études',
            "g0hoN6_HDVU",
            "1.0",
            "0.9",
            "x",
            "100",
            "1",
            "train",
            "1",
        ],
        [
            "Satie",
            "Erik",
            "Gnossienne No.1",
            "French",
            "1866",
            "1925",
            "relaxing",
            "ABCDEFGHIJK",
            "0.5",
            "0.9",
            "x",
            "100",
            "1",
            "test",
            "0",
        ],
    ]
    text = "\n".join("\t".join(row) for row in [columns, *rows]) + "\n"
    name = "full_music_pieces_youtube_similarity_pianosoloprob_split.csv"
    layout, found = origins(tmp_path, [f"midis/{file}" for file in GIANT], {name: text})
    assert layout == "GiantMIDI-Piano"
    chopin, liszt, satie = (found[f"midis/{file}"] for file in GIANT)
    assert (chopin.split, chopin.curated) == ("train", True)
    assert (satie.split, satie.curated) == ("test", False)
    assert (liszt.split, liszt.curated) == ("", False)


MD5 = ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "1a1b2c3d4e5f60718293a4b5c6d7e8f9"]


def test_it_knows_the_whole_of_lakh(tmp_path):
    files = [f"lmd_full/{md5[0]}/{md5}.mid" for md5 in MD5]
    paths = json.dumps({MD5[0]: ["B/Beatles/Help!.mid", "help.mid"]})
    layout, found = origins(tmp_path, files, {"md5_to_paths.json": paths})
    assert layout == "Lakh"
    assert [found[file].title for file in files] == ["Help!", ""]
    assert found[files[0]].licence == "CC BY 4.0"


def test_it_knows_that_lakhs_matches_of_one_recording_are_one_work(tmp_path):
    track = "lmd_matched/A/A/A/TRAAAGR128F425B14B"
    files = [
        f"{track}/{MD5[0]}.mid",
        f"{track}/{MD5[1]}.mid",
        f"lmd_matched/B/A/A/TRBAAGR128F425B14B/{MD5[0]}.mid",
    ]
    layout, found = origins(tmp_path, files)
    assert layout == "Lakh"
    works = [found[file].work for file in files]
    assert works[0] == works[1] == "TRAAAGR128F425B14B" != works[2]


def test_it_knows_lakhs_clean_songs_and_their_versions(tmp_path):
    files = ["ABBA/Fernando.mid", "ABBA/Fernando.1.mid", "10cc/I'm Not in Love.mid"]
    layout, found = origins(tmp_path / "clean_midi", files)
    assert layout == "Lakh"
    first, second, other = (found[file] for file in files)
    assert (first.composer, first.title) == ("ABBA", "Fernando")
    assert first.work == second.work != other.work


def test_it_knows_the_radif(tmp_path):
    files = [
        "Shur/Afshari/2. Baste Negar.mid",
        "Shur/Shur/18. Khara.mid",
        "Rast Panjgah/Rast Panjgah/1. Daramad.mid",
    ]
    layout, found = origins(tmp_path, files)
    assert layout == "Persian radif"
    assert (found[files[0]].title, found[files[0]].style) == ("Baste Negar", "Shur / Afshari")
    assert (found[files[1]].title, found[files[1]].style) == ("Khara", "Shur")
    assert found[files[2]].style == "Rast Panjgah"
    assert len({origin.work for origin in found.values()}) == 3


@pytest.mark.parametrize("root", ["POP909", "pop909_REVIEW"])
def test_it_knows_pop909_and_its_versions(tmp_path, root):
    files = ["001/001.mid", "001/versions/001-v1.mid", "002.mid"]
    layout, found = origins(tmp_path / root, files)
    assert layout == "POP909"
    first, version, flat = (found[file] for file in files)
    assert first.work == version.work != flat.work
    assert (first.curated, version.curated, flat.curated) == (True, False, True)


def workbook(rows, heading="", shared=True):
    """An .xlsx as spreadsheet programs write it: texts shared, numbers plain, empty cells left out."""
    texts = []

    def cell(place, value):
        if isinstance(value, int):
            return f'<c r="{place}" s="1"><v>{value}</v></c>'
        if not shared:
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        texts.append(f"<si><r><t>{value[:1]}</t></r><r><t>{value[1:]}</t></r></si>")
        return f'<c r="{place}" t="s"><v>{len(texts) - 1}</v></c>'

    sheet = "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{'ABC'[column]}{number}", value) for column, value in enumerate(row) if value != "")
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        sheet = f"{heading}<worksheet {space}><sheetData>{sheet}</sheetData></worksheet>"
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        if shared:
            book.writestr("xl/sharedStrings.xml", f"<sst {space}>{''.join(texts)}</sst>")
    return buffer.getvalue()


POP909_ROWS = [("song_id", "name", "artist"), (1, "十年", "陈奕迅"), (2, "Another", "")]


@pytest.mark.parametrize("shared", [True, False])
def test_it_reads_the_titles_of_pop909_from_its_workbook(tmp_path, shared):
    root = tmp_path / "POP909"
    root.mkdir()
    (root / "index.xlsx").write_bytes(workbook(POP909_ROWS, shared=shared))
    _, found = origins(root, ["001/001.mid", "002/002.mid", "003/003.mid"])
    assert [(origin.title, origin.composer) for origin in found.values()] == [
        ("十年", "陈奕迅"),
        ("Another", ""),
        ("003", ""),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"no workbook",
        workbook([]),
        workbook(POP909_ROWS, heading='<!DOCTYPE x [<!ENTITY a "aaaa">]>'),
        workbook(POP909_ROWS)[:-40],
        workbook([("name", "else"), ("x", "y")]),
    ],
)
def test_it_passes_over_workbooks_that_tell_nothing(tmp_path, content):
    root = tmp_path / "POP909"
    root.mkdir()
    (root / "index.xlsx").write_bytes(content)
    _, found = origins(root, ["001/001.mid"])
    assert found["001/001.mid"].title == "001"


def test_it_reads_a_manifest_of_ones_own(tmp_path):
    table = "file,licence,composer,split\na/x.mid,CC0,Bach,train\na/y.mid,CC BY,Anon,test\n"
    layout, found = origins(tmp_path, ["a/x.mid", "a/y.mid", "a/z.mid"], {"MANIFEST.csv": table})
    assert layout == "manifest"
    assert (found["a/x.mid"].composer, found["a/x.mid"].licence, found["a/x.mid"].split) == (
        "Bach",
        "CC0",
        "train",
    )
    assert found["a/z.mid"].composer == ""


def test_it_takes_a_split_that_is_the_same_for_all_for_the_name_of_the_pack(tmp_path):
    table = "split,dataset,file,licence\ntrain,irish,irish/x.mid,CC0\ntrain,irish,irish/y.mid,CC0\n"
    layout, found = origins(tmp_path, ["train/irish/x.mid", "train/irish/y.mid"], {"MANIFEST.csv": table})
    assert layout == "manifest"
    assert {origin.split for origin in found.values()} == {""}
    assert found["train/irish/x.mid"].style == "irish"


def test_it_guesses_nothing_about_plain_folders(tmp_path):
    tables = {
        "notes.csv": "a,b\n1,2\n",
        "huge.csv": "file," + "x" * 200_000 + "\n" + "y" * 200_000,
        "broken.json": "{",
        "other.tsv": "",
    }
    layout, found = origins(tmp_path, ["Bach/Prelude in C.mid", "x.kar"], tables)
    assert layout == "plain"
    assert found["Bach/Prelude in C.mid"].composer == ""
    assert found["Bach/Prelude in C.mid"].title == "Prelude in C"

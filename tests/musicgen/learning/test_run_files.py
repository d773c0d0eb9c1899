from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicgen.learning import durable
from musicgen.learning.durable import remove_unfinished, write_file, write_folder
from musicgen.learning.plot import loss_plot
from musicgen.learning.progress import TrainProgress
from musicgen.learning.run_files import ResumeState, RunError, RunFolder

LINE = TrainProgress(
    step=10,
    total_steps=40,
    epoch=0.25,
    train_loss=2.5,
    validation_loss=None,
    learning_rate=0.01,
    tokens_per_second=900.0,
    seconds=1.5,
    at="2026-01-02T03:04:05+00:00",
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    with run.held():
        pass
    return run


def _state(step: int) -> ResumeState:
    arrays = [np.full((2, 3), step, np.float32), np.array([step, 7], np.uint32), np.array(step, np.int64)]
    return ResumeState(step, arrays, {"seconds": 1.5, "evaluations": []})


def test_it_gives_back_the_newest_state_exactly(folder: RunFolder) -> None:
    assert folder.read_state() is None
    for step in (1, 2, 3):
        folder.write_state(_state(step))
    state = folder.read_state()
    assert state is not None
    assert (state.step, state.memory) == (3, {"seconds": 1.5, "evaluations": []})
    for found, expected in zip(state.variables, _state(3).variables, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
    assert sorted(path.name for path in (folder.path / "last").iterdir()) == [
        "step-00000002",
        "step-00000003",
    ]


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_it_falls_back_to_the_state_before(folder: RunFolder, name: str, damage: str) -> None:
    folder.write_state(_state(1))
    folder.write_state(_state(2))
    path = folder.path / "last" / "step-00000002" / name
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[:-3] if damage == "cut" else b"[" + data[1:])
    state = folder.read_state()
    assert state is not None
    assert state.step == 1


def test_it_forgets_metrics_that_will_come_again_and_a_cut_line(folder: RunFolder) -> None:
    for step in (10, 20, 30):
        folder.append_metrics(replace(LINE, step=step))
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 40, "tra')
    assert [line["step"] for line in folder.read_metrics()] == [10, 20, 30]
    folder.forget_metrics_after(20)
    folder.append_metrics(replace(LINE, step=30, train_loss=None, validation_loss=2.0))
    lines = folder.read_metrics()
    assert [line["step"] for line in lines] == [10, 20, 30]
    assert "train_loss" not in lines[2]


def test_it_says_so_if_the_description_of_a_run_is_damaged(folder: RunFolder) -> None:
    assert folder.read_run() is None
    for text in ("{", "[]"):
        (folder.path / "run.json").write_text(text)
        with pytest.raises(RunError, match=r"run\.json"):
            folder.read_run()


def test_it_removes_what_a_killed_process_left_half_written(folder: RunFolder) -> None:
    left = folder.checkpoints / ".writing-step-00000001-abcd"
    left.mkdir()
    (folder.path / ".writing-run.json-abcd").write_text("{")
    with folder.held():
        assert not list(folder.path.rglob(".writing-*"))


def test_it_leaves_the_old_folder_whole_if_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "checkpoint"
    write_folder(target, {"a": b"old", "b": b"old"})
    real, calls = durable._write_synced, []

    def fail_at_second(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError("no space left")
        real(path, data)

    monkeypatch.setattr(durable, "_write_synced", fail_at_second)
    with pytest.raises(OSError, match="no space"):
        write_folder(target, {"a": b"new", "b": b"new"})
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {"a": b"old", "b": b"old"}
    calls[:] = [target]
    with pytest.raises(OSError, match="no space"):
        write_file(target / "a", b"new")
    assert (target / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.rglob("*")] == ["checkpoint", *[p.name for p in target.iterdir()]]


def test_it_replaces_a_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_folder(tmp_path / "x", {"a": b"1", "gone": b"1"})
    write_folder(tmp_path / "x", {"a": b"2"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "x").iterdir()} == {"a": b"2"}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    shutil.copytree(tmp_path / "x", tmp_path / ".writing-x-1")
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_it_draws_equal_metrics_as_equal_bytes() -> None:
    lines = [{"step": 10, "train_loss": 3.0}, {"step": 20, "train_loss": 2.0, "validation_loss": 2.2}]
    first, second = loss_plot(lines, unigram=3.5), loss_plot(lines, unigram=3.5)
    assert first == second
    assert first != loss_plot(lines[:1])

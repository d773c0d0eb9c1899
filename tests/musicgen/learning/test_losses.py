import json
from pathlib import Path

from musicgen.learning.losses import LOSSES_NAME, loss_curves, losses_file


def test_it_thins_losses_by_the_logarithm_of_steps() -> None:
    lines = [{"step": step, "train_loss": 1 / step} for step in range(1, 1001)]
    kept = loss_curves(lines, most=20)["train_loss"]
    assert len(kept) <= 21
    assert kept[0] == (1, 1.0)
    assert kept[-1] == (1000, 0.001)
    assert sum(step <= 32 for step, _ in kept) >= 6


def test_it_takes_the_last_of_a_step_and_leaves_out_what_is_no_number(tmp_path: Path) -> None:
    rows = [{"step": 1, "train_loss": 3.0}, {"step": 1, "train_loss": 2.0}, {"step": 2, "train_loss": None}]
    text = "".join(f"{json.dumps(row)}\n" for row in rows) + '{"step": 3, "train_l'
    (tmp_path / "metrics.jsonl").write_text(text)
    assert json.loads(losses_file(tmp_path)[LOSSES_NAME]) == {"train_loss": [[1, 2.0]]}
    assert losses_file(tmp_path / "nowhere") == {}

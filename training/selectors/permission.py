"""Who may do what with datasets, runs and checkpoints. Looking at their pages is for everybody."""

from accounts.roles import AnyUser, is_moderator, is_researcher
from training.models import Checkpoint, Dataset, Run


def may_change_dataset(user: AnyUser, dataset: Dataset) -> bool:
    """Correct, take in again, delete: its owner while a researcher, and moderators."""
    return _owns(user, dataset.owner_id) or is_moderator(user)


def may_download_files(user: AnyUser, dataset: Dataset) -> bool:
    """Have the files themselves: whoever may change it; licences differ, so nobody else."""
    return may_change_dataset(user, dataset)


def may_change_run(user: AnyUser, run: Run) -> bool:
    """Stop, resume, read the log: its owner while a researcher, and moderators."""
    return _owns(user, run.owner_id) or is_moderator(user)


def may_change_checkpoint(user: AnyUser, checkpoint: Checkpoint) -> bool:
    """Publish and withdraw: the owner of its run, and moderators."""
    owner_id = checkpoint.run.owner_id if checkpoint.run else None
    return _owns(user, owner_id) or is_moderator(user)


def _owns(user: AnyUser, owner_id: int | None) -> bool:
    return owner_id is not None and user.pk == owner_id and is_researcher(user)

"""Who may do what with datasets, runs and checkpoints. Their pages are open, unless a dataset is private."""

from accounts.roles import AnyUser, is_moderator, is_researcher
from training.models import Checkpoint, Dataset, Run, Visibility


def may_change_dataset(user: AnyUser, dataset: Dataset) -> bool:
    """Correct, take in again, delete: its owner while a researcher, and moderators."""
    return _owns(user, dataset.owner_id) or is_moderator(user)


def may_download_files(user: AnyUser, dataset: Dataset) -> bool:
    """Have the files themselves: whoever may change it; licences differ, so nobody else."""
    return may_change_dataset(user, dataset)


def may_see_dataset(user: AnyUser, dataset: Dataset) -> bool:
    """Look at it: everybody, unless it is private."""
    if dataset.visibility != Visibility.PRIVATE:
        return True
    return (user.pk is not None and user.pk == dataset.owner_id) or is_moderator(user)


def may_hear_files(user: AnyUser, dataset: Dataset) -> bool:
    """Have single files played: whoever sees it where the licence is open, else whoever may have them."""
    return may_download_files(user, dataset) or (dataset.is_open and may_see_dataset(user, dataset))


def may_change_run(user: AnyUser, run: Run) -> bool:
    """Stop, resume, read the log: its owner while a researcher, and moderators."""
    return _owns(user, run.owner_id) or is_moderator(user)


def may_change_checkpoint(user: AnyUser, checkpoint: Checkpoint) -> bool:
    """Publish and withdraw: the owner of its run, and moderators."""
    owner_id = checkpoint.run.owner_id if checkpoint.run else None
    return _owns(user, owner_id) or is_moderator(user)


def _owns(user: AnyUser, owner_id: int | None) -> bool:
    return owner_id is not None and user.pk == owner_id and is_researcher(user)

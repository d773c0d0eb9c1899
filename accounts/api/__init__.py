"""What every part of the API shares: who asks, how errors look, how lists are paged."""

from accounts.api.paging import Paged
from accounts.api.problems import Problem, ProblemError
from accounts.api.token_auth import Needs, anybody, token_of_request

__all__ = ["Needs", "Paged", "Problem", "ProblemError", "anybody", "token_of_request"]

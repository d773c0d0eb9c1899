"""Every write of the listening app."""

from listening.services.rating import StarsError, rating_remove, rating_set, ratings_merge

__all__ = ["StarsError", "rating_remove", "rating_set", "ratings_merge"]

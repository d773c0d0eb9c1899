"""The API under /api/v1/: the apps' routers put together, with limits and errors of one kind."""

"""SQLite for a site with many writers: Django's own backend, with a fair wait for the lock."""

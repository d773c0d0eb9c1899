"""Pages of songs: heard, read about, downloaded, asked for."""

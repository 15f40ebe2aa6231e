"""Film reviews: those of IMDB, from disk or downloaded, and artificial ones."""

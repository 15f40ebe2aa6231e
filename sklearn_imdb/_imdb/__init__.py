"""The film reviews: where those of IMDB come from, and a grammar that generates others."""

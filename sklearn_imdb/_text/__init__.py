"""A text becomes tokens, tokens become counts, counts a vocabulary, a vocabulary word indices."""

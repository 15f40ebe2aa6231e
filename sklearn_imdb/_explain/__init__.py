"""Why a text was classified as it was: contributions of tokens, where they stand, the page."""

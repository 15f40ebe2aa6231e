"""Why a text was classified as it was, and which words the network takes for alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_imdb._convention import DIVIDER, PADDING
from sklearn_imdb._explain.attribution import attributions
from sklearn_imdb._explain.page import TextExplanation, element, signed
from sklearn_imdb._explain.spans import aligned
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.subwords import is_subword
from sklearn_imdb._text.vocabulary import names_of
from sklearn_imdb._training.network import Network, Weights
from sklearn_imdb.classifier import EmbeddingAverageClassifier
from sklearn_imdb.text import SequenceVectorizer

__all__ = [
    "TextExplanation",
    "TokenContributions",
    "explain_html",
    "nearest_words",
    "token_contributions",
]


class TokenContributions(NamedTuple):
    """What each token of a text contributed to a logit.

    `contributions.sum()` is `logit - baseline`. They are computed in float64, where
    `decision_function` adds up embeddings in float32: it differs from `logit` in the sixth digit.
    """

    tokens: list[str]
    """The tokens that the network was given, in order, as `inverse_transform` of the vectorizer
    names them: `<START>`, and `<UNK>` for a word it does not know. Tokens that were cut off
    and padding contribute nothing and are not listed."""
    contributions: npt.NDArray[np.float64]
    """Of each token, shape (n_tokens,)."""
    logit: float
    """The logit of `label`."""
    baseline: float
    """The same logit of a sequence of nothing but padding."""
    label: Any
    """The class whose logit it is."""


def token_contributions(
    pipeline: Pipeline, texts: Iterable[Any], *, label: Any = None
) -> list[TokenContributions]:
    """Tell how much each token of each text moved the decision.

    What is divided among the tokens is the logit, the number before sigmoid or softmax, less the
    logit of a document without words. Without a hidden layer the network is linear and a token's
    part is exact: its share of the document, times the embedding less that of the padding whose
    place it takes, times the output's weights. With a hidden layer the parts are integrated
    gradients along the straight path from nothing but padding to the document. They too add up,
    and are computed in closed form, without steps.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, of a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
    texts : iterable of str, or of lists of int
        The documents, as the pipeline takes them.
    label : object, default=None
        Class whose logit to explain. None takes `classes_[1]` of two classes, so that positive
        contributions speak for it and negative ones for `classes_[0]`; of more classes it
        takes for each text the predicted one.

    Returns
    -------
    explanations : list of TokenContributions
        One for each text.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` is of other steps, or `texts` holds no documents.
    ValueError
        If `label` is none of the classes; and where the pipeline's own predictions raise one.

    See Also
    --------
    explain_html : Shows them in the text.

    Notes
    -----
    A contribution is of a token at its place in this text. The average is blind to order, so that
    equal tokens of a text have equal contributions; without n-grams "not" cannot turn what follows
    it. With a
    hidden layer a contribution depends on the other tokens as well. With the pooling "masked_mean"
    or "evidence", padding has no part, and the baseline is the logit of the zero vector.

    With more than two classes only differences between logits decide: a token that raises all of
    them alike has large contributions and moves nothing.

    References
    ----------
    M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import token_contributions
    >>> pipeline = make_text_classifier(random_state=0).fit(*make_reviews(2000, random_state=0))
    >>> [explained] = token_contributions(pipeline, ["I found the cast superb, the plot dull."])
    >>> ranked = sorted(zip(explained.contributions, explained.tokens))
    >>> ranked[-1][1], ranked[0][1]
    ('superb', 'dull')
    """
    vectorizer, classifier = _estimators(pipeline)
    X = vectorizer.transform(texts)
    # Which checks X as well.
    logits = _explained_logits(classifier.decision_function(X), classifier.classes_, label)
    network, weights = classifier._fitted_network(), classifier._weights()
    return _explained(
        X, logits, network, weights, vectorizer.vocabulary_, vectorizer._fitted_recipe()
    )


def explain_html(
    pipeline: Pipeline,
    text: str,
    *,
    label: Any = None,
    target_names: Sequence[str] | None = None,
) -> TextExplanation:
    """Show a text with its words tinted by what they contributed to the decision.

    The text is shown as it was written, with all its capitals and marks; blue and a straight
    underline mark what speaks for the class, vermilion and a wavy underline what speaks against
    it, the stronger the deeper, wider and bolder. What an n-gram contributed is spread evenly over
    its words, and with `binary` over all its places. Words that the network was not given, because
    the text was cut off at `maxlen` or by `oov_char=None`, are grey italics. The strongest tokens
    are listed below with their numbers, those of all places added up.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, of a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
    text : str
        One text. Markup in it is shown, and does nothing.
    label : object, default=None
        Class whose logit to explain, as in :func:`token_contributions`.
    target_names : sequence of str, default=None
        Names of the classes, in the order of `classes_`; None shows the labels.

    Returns
    -------
    explanation : TextExplanation
        Shows itself in a notebook; `explanation.save("page.html")` writes a page of its own.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` is of other steps, `text` is no str, or `target_names` have no order.
    ValueError
        If `label` is none of the classes, or `target_names` are not as many.

    See Also
    --------
    token_contributions : The numbers, and how they are found.

    Notes
    -----
    With a `tokenizer` of your own its words are looked for in the text, one after the other.
    Where they cannot all be found, or letters or digits between them belong to none, as when they
    were stemmed or left out, the words themselves are shown in place of the text, and it is said.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import explain_html
    >>> pipeline = make_text_classifier(random_state=0).fit(*make_reviews(2000, random_state=0))
    >>> explanation = explain_html(pipeline, "SUPERB! The plot is <b>dull</b>, though.")
    >>> "SUPERB</span>" in explanation.html, "&lt;" in explanation.html
    (True, True)
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be one str, got {text!r} of type {type(text).__name__}.")
    vectorizer, classifier = _estimators(pipeline)
    [explained] = token_contributions(pipeline, [text], label=label)
    X = vectorizer.transform([text])
    classes = classifier.classes_.tolist()
    names = dict(zip(classes, _names(classes, target_names), strict=True))
    alignment = aligned(
        text, vectorizer._fitted_recipe(), vectorizer.vocabulary_, vectorizer._maxlen()
    )

    [sequence] = np.asarray(X)
    n_tokens = len(alignment.tokens)
    begin = 0 if vectorizer.padding == "post" else len(sequence) - n_tokens
    read = sequence[begin : begin + n_tokens]
    # A token of index 0 is padding to the network, and is not among the contributions.
    is_token = _is_token(read, vectorizer._fitted_recipe())
    of_tokens = [words for words, counts in zip(alignment.tokens, is_token, strict=True) if counts]
    of_words: defaultdict[int, float] = defaultdict(float)
    by_token: defaultdict[str, list[float]] = defaultdict(list)
    notes = []
    for token, words, contribution in zip(
        explained.tokens, of_tokens, explained.contributions.tolist(), strict=True
    ):
        if words:
            # A subword is a part of its word's contribution.
            name = alignment.names[words[0]] if is_subword(token) else token
            by_token[name].append(contribution)
        else:
            notes.append(f"The start of a text, which every text has: {signed(contribution)}.")
        for word in words:
            of_words[word] += contribution / len(words)

    [probabilities] = classifier.predict_proba(X)
    predicted = probabilities.argmax()
    summary = (
        f"Predicted: {names[classes[predicted]]}, with probability "
        f"{probabilities[predicted]:.2f}. Logit of {names[explained.label]}: "
        f"{signed(explained.baseline)} without words, {signed(explained.contributions.sum())} by "
        f"them, together {signed(explained.logit)}."
    )
    against = f"away from {names[explained.label]}"
    if len(names) == 2:
        against = "towards " + next(name for one, name in names.items() if one != explained.label)
    if not alignment.is_verbatim:
        notes.append("Shown are the words that the tokenizer made, not the text as it was written.")
    return TextExplanation(
        element(
            alignment,
            of_words,
            directions=(f"towards {names[explained.label]}", against),
            summary=summary,
            tokens=by_token,
            notes=notes,
        )
    )


def nearest_words(pipeline: Pipeline, word: str, n: int = 10) -> list[tuple[str, float]]:
    """Return the words whose embeddings point most nearly where that of `word` does.

    Embeddings of this network are learned for one decision: words that are near speak for the
    same class, and need not mean the same. With `pooling="evidence"` they are compared times
    the words' weights, which is how the network sees them.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, of a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
    word : str
        As it stands in `vocabulary_` of the vectorizer, mostly in lower case.
    n : int, default=10
        How many to return; fewer where there are no more.

    Returns
    -------
    neighbours : list of (str, float)
        Words and the cosines of their embeddings with that of `word`, nearest first.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` is of other steps, or `word` is no str.
    ValueError
        If the network does not know `word`, or `n` is no positive integer.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import nearest_words
    >>> pipeline = make_text_classifier("tutorial", random_state=0)
    >>> pipeline = pipeline.fit(*make_reviews(2000, random_state=0))
    >>> [word for word, _ in nearest_words(pipeline, "superb", n=3)]
    ['loved', 'wonderful', 'flawless']
    """
    vectorizer, classifier = _estimators(pipeline)
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n must be a positive integer, got {n!r}.")
    embedding = classifier.embedding_
    if classifier.token_weights_ is not None:
        embedding = embedding * classifier.token_weights_[:, np.newaxis]
    known = {
        known_word: rank + vectorizer.index_from
        for known_word, rank in vectorizer.vocabulary_.items()
        if rank + vectorizer.index_from < len(embedding) and not is_subword(known_word)
    }
    if not isinstance(word, str):
        raise TypeError(f"word must be a str, got {word!r} of type {type(word).__name__}.")
    if word not in known:
        remedy = f"{len(known)} words are known, those of vectorizer.vocabulary_"
        if word.lower() in known:
            remedy = f"did you mean {word.lower()!r}? Words are looked up as they are"
        raise ValueError(f"word={word!r} is not known to the network: {remedy}.")
    words = [other for other in known if other != word]
    vectors = _directions(embedding[[known[other] for other in words]])
    cosines = vectors @ _directions(embedding[[known[word]]])[0]
    return [(words[number], float(cosines[number])) for number in np.argsort(-cosines)[:n]]


def _estimators(pipeline: Any) -> tuple[SequenceVectorizer, EmbeddingAverageClassifier]:
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else []
    match steps:
        case [SequenceVectorizer() as vectorizer, EmbeddingAverageClassifier() as classifier]:
            check_is_fitted(classifier)
            check_is_fitted(vectorizer)
            return vectorizer, classifier
    got = type(pipeline).__name__
    if steps:
        got += f" of {', '.join(type(step).__name__ for step in steps)}"
    if hasattr(pipeline, "best_estimator_"):
        got += ": pass its best_estimator_"
    raise TypeError(
        "pipeline must be a fitted Pipeline of a SequenceVectorizer and an "
        f"EmbeddingAverageClassifier, got {got}."
    )


class _ExplainedLogits(NamedTuple):
    """One logit of each row: its column, the label it speaks for, and its sign for that label."""

    columns: npt.NDArray[np.intp]
    labels: list[Any]
    signs: npt.NDArray[np.float64]


def _explained_logits(
    z: npt.NDArray[np.float64], classes: npt.NDArray[Any], label: Any
) -> _ExplainedLogits:
    """Choose the logits of `label`; where that is None, of `classes[1]` or the predicted class."""
    known = classes.tolist()
    if label is None:
        numbers = np.ones(len(z), dtype=np.intp) if z.ndim == 1 else z.argmax(axis=1)
    elif label in known:
        numbers = np.full(len(z), known.index(label))
    else:
        raise ValueError(f"label={label!r} is none of the classes {known}.")
    labels = [known[number] for number in numbers.tolist()]
    if z.ndim == 1:  # One logit for both classes.
        signs = np.where(numbers == 1, 1.0, -1.0)
        return _ExplainedLogits(np.zeros_like(numbers), labels, signs)
    return _ExplainedLogits(numbers, labels, np.ones(len(z)))


def _explained(
    X: Any,
    logits: _ExplainedLogits,
    network: Network,
    weights: Weights,
    vocabulary: Mapping[str, int],
    recipe: Recipe,
) -> list[TokenContributions]:
    X = np.asarray(X)
    indices, name_numbers = np.unique(X, return_inverse=True)
    names = names_of(indices.tolist(), vocabulary, recipe)
    name_numbers = name_numbers.reshape(X.shape)  # NumPy 1 leaves it flat.
    found = attributions(network, weights, X, logits.columns)
    is_token = _is_token(X, recipe)
    return [
        TokenContributions(
            tokens=[names[number] for number in name_numbers[row][is_token[row]].tolist()],
            contributions=sign * found.contributions[row][is_token[row]],
            logit=float(sign * found.logits[row]),
            baseline=float(sign * found.baselines[row]),
            label=logits.labels[row],
        )
        for row, sign in enumerate(logits.signs)
    ]


def _is_token(X: npt.NDArray[np.integer], recipe: Recipe) -> npt.NDArray[np.bool_]:
    """Whether each index stands for a token, and not for padding or the divider."""
    return (X != PADDING) & ((X != DIVIDER) | (recipe.subword_range is None))


def _names(classes: list[Any], target_names: Sequence[str] | None) -> list[str]:
    if target_names is None:
        return [str(label) for label in classes]
    if not isinstance(target_names, Sequence | np.ndarray):
        raise TypeError(
            "target_names must be a sequence of names in the order of classes_, such as a list, "
            f"got {target_names!r} of type {type(target_names).__name__}."
        )
    if isinstance(target_names, str) or len(target_names) != len(classes):
        raise ValueError(
            f"target_names must have a name for each of the {len(classes)} classes {classes}, got "
            f"{target_names!r}."
        )
    return [str(name) for name in target_names]


def _directions(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)

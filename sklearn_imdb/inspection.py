"""Why a text was classified as it was, which words speak for a class, and what words are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import compress
from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.pipeline import Pipeline

from sklearn_imdb._explain import attribution
from sklearn_imdb._explain.attribution import TokenContributions, find_class, is_token_at
from sklearn_imdb._explain.page import TextExplanation, check_names, make_page
from sklearn_imdb._explain.picking import pick_terms
from sklearn_imdb._explain.spans import NOWHERE, Alignment, align, find_places
from sklearn_imdb._numbering import numbering, warn_of_other_numbering
from sklearn_imdb._text.analyzer import Analyzer
from sklearn_imdb._text.documents import Documents, materialized
from sklearn_imdb._text.subwords import is_subword
from sklearn_imdb._text.unicode_tokens import spell
from sklearn_imdb._text.vocabulary import check_has_words, name_indices
from sklearn_imdb.classifier import trained_network, trained_numbering
from sklearn_imdb.pipelines import Steps, find_steps
from sklearn_imdb.plotting import import_pyplot
from sklearn_imdb.text import fitted_recipe, sequence_length

__all__ = [
    "ClassWordsDisplay",
    "TextExplanation",
    "TokenContributions",
    "class_words",
    "contribution_table",
    "coverage",
    "explain_html",
    "nearest_words",
    "token_contributions",
]


def token_contributions(
    pipeline: Pipeline, texts: Iterable[Any], *, label: Any = None, against: Any = None
) -> list[TokenContributions]:
    """Tell how much each token of each text moved the decision.

    The contributions of a text add up to its logit, the number before sigmoid or softmax, minus the
    logit of a document without words. For a regressor they add up to the predicted number, in the
    units of y, minus that of a document without words.

    Without a hidden layer the network is linear, and contributions are exact. A contribution is a
    product of three: the token's share of the document; the token's embedding minus that of the
    padding that it replaces; the weights of the output. With a hidden layer, contributions are
    integrated gradients along the straight path from a document of padding alone to the document.
    They are computed in closed form, without steps.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, ending in a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
        Steps before them, which clean the texts, are applied first.
    texts : iterable of str, or of lists of int
        The documents, as the pipeline takes them.
    label : object, default=None
        Class whose logit to explain. If None and there are two classes, `classes_[1]`: positive
        contributions speak for it, and negative ones for `classes_[0]`. If None and there are more
        classes, or several labels per text, the most probable class of each text.
    against : object, default=None
        Class whose logit is subtracted from the logit of `label`. The contributions then say why
        `label` and not this class. If None, no logit is subtracted.

    Returns
    -------
    explanations : list of TokenContributions
        One for each text.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` has other steps, or `texts` holds no documents.
    ValueError
        If `label` or `against` is none of the classes, or both are the same. If the pipeline's own
        predictions raise one.

    See Also
    --------
    explain_html : Shows the contributions in the text.
    contribution_table : All contributions in one table, with the places of the tokens.

    Notes
    -----
    The network ignores the order of tokens: equal tokens of a text have equal contributions, and
    without n-grams "not" cannot reverse the next word. With a hidden layer, a contribution depends
    on the other tokens as well. With the pooling "masked_mean" or "evidence", padding has no share,
    and the baseline is the logit of the zero vector.

    With more than two classes, only differences between logits decide. A token that raises all
    logits alike has large contributions and changes no prediction. `against` gives a difference.

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
    steps = find_steps(pipeline).check_fitted()
    return _explain(steps, steps.vectorizer.transform(steps.clean(texts)), label, against)


def contribution_table(
    pipeline: Pipeline, texts: Iterable[Any], *, label: Any = None, against: Any = None
) -> np.recarray:
    """Return the contributions of many texts in one table, a row for each token.

    Parameters
    ----------
    pipeline, texts, label, against
        As :func:`token_contributions` takes them.

    Returns
    -------
    table : recarray of shape (n_tokens,)
        With these fields; `pandas.DataFrame(table)` makes a table of pandas.

        - `text` (int64): position of the text in `texts`.
        - `term` (object): the token, as :func:`token_contributions` names it. A subword begins with
          a space.
        - `begin`, `end` (int64): where the token stands in the text as it was given. A subword has
          the place of its word. With `binary`, the place is that of the first occurrence. -1 if the
          place is not known.
        - `contribution` (float64): how much the token moved the logit.

    Raises
    ------
    NotFittedError, TypeError, ValueError
        If :func:`token_contributions` raises one.

    See Also
    --------
    token_contributions : The same contributions, text by text, with the logits.
    explain_html : Shows one text.

    Notes
    -----
    No place is known in four cases:

    - the start of a text;
    - lists of word indices;
    - a text that a step in front of the vectorizer changed;
    - a text whose words a `tokenizer` of your own changes.

    With more than two classes, `label=None` explains the most probable class of each text. Pass a
    `label` to have contributions to the same logit in all texts.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import contribution_table
    >>> pipeline = make_text_classifier("tutorial", random_state=0)
    >>> pipeline = pipeline.fit(*make_reviews(2000, random_state=0))
    >>> texts = ["The plot is dull.", "Superb!"]
    >>> table = contribution_table(pipeline, texts)
    >>> table.term.tolist()
    ['<START>', 'the', 'plot', 'is', 'dull', '<START>', 'superb']
    >>> row = table[table.contribution.argmax()]
    >>> texts[row.text][row.begin : row.end]
    'Superb'
    """
    steps = find_steps(pipeline).check_fitted()
    texts = list(texts) if isinstance(texts, Iterator) else texts
    cleaned = materialized(steps.clean(texts))
    X = steps.vectorizer.transform(cleaned)
    recipe = fitted_recipe(steps.vectorizer)
    given = np.ravel(np.asarray(texts, dtype=object))  # Of a table with one column, too.
    if len(given) != len(X):
        given = np.full(len(X), None)
    rows: list[tuple[int, str, int, int, float]] = []
    explanations = _explain(steps, X, label, against)
    documents = zip(Documents(cleaned), given, np.asarray(X), explanations, strict=True)
    for number, (text, original, sequence, explained) in enumerate(documents):
        places = [NOWHERE] * len(explained.tokens)
        if isinstance(text, str) and isinstance(original, str) and text == original:
            places = find_places(_align(steps, text, sequence), explained.tokens, recipe)
        columns = (explained.tokens, places, explained.contributions.tolist())
        rows += [(number, term, *place, value) for term, place, value in zip(*columns, strict=True)]
    fields = [("text", "i8"), ("term", "O"), ("begin", "i8"), ("end", "i8"), ("contribution", "f8")]
    return np.array(rows, fields).view(np.recarray)


def explain_html(
    pipeline: Pipeline,
    text: str,
    *,
    label: Any = None,
    against: Any = None,
    target_names: Sequence[str] | None = None,
    true_label: Any = None,
) -> TextExplanation:
    """Show a text with its words tinted by what they contributed to the decision.

    The page begins with the predicted class, its probability, and the next classes. It ends with
    the logits.

    The text is shown as it was written. Blue and a straight underline mark what speaks for the
    class. Vermilion and a wavy underline mark what speaks against it. A stronger word has a deeper
    colour, a wider line and bold letters. The contribution of an n-gram is spread evenly over its
    words. With `binary`, it is spread over the words of all its occurrences. Words that the
    vocabulary does not know, alone or in a term, have a dotted underline. Words beyond `maxlen` are
    grey italics. The strongest tokens are listed below the text, each with its contribution, summed
    over all its places.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, ending in a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
        If steps before them clean texts, the cleaned text is shown.
    text : str
        One text. Markup in it is shown as text.
    label, against : object, default=None
        Class whose logit to explain, and another, as in :func:`token_contributions`.
    target_names : sequence of str, default=None
        Names of the classes, in the order of `classes_`. If None, the labels are shown.
    true_label : object, or array-like of shape (n_labels,), default=None
        The text's true label, shown after the prediction. For several labels per text, a row of 0
        and 1, as in `y`. If None, no true label is shown.

    Returns
    -------
    explanation : TextExplanation
        Shows itself in a notebook; `explanation.save("page.html")` writes a page of its own.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` has other steps, `text` is no str, or `target_names` is no sequence.
    ValueError
        If `label`, `against` or `true_label` is none of the classes, or `target_names` has another
        length than `classes_`.

    See Also
    --------
    token_contributions : The contributions as numbers, and how they are computed.

    Notes
    -----
    If the `tokenizer` is your own, its words are looked for in the text, one after the other. If
    one is not found, because the tokenizer stems words or leaves some out, the words are shown in
    place of the text, and the page says so.

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
    steps = _, vectorizer, classifier = find_steps(pipeline).check_fitted().check_classes()
    [cleaned] = steps.clean([text])
    X = vectorizer.transform([cleaned])
    [explained] = _explain(steps, X, label, against)
    classes = classifier.classes_.tolist()
    names = dict(zip(classes, check_names(classes, target_names), strict=True))
    [probabilities] = classifier.predict_proba(X)
    alignment, is_cleaned = _align(steps, cleaned, np.asarray(X)[0]), cleaned != text
    several = trained_network(classifier)[0].several
    return make_page(alignment, is_cleaned, explained, probabilities, names, several, true_label)


def nearest_words(pipeline: Pipeline, word: str, n: int = 10) -> list[tuple[str, float]]:
    """Return the words whose embeddings have the largest cosine with that of `word`.

    The embeddings are learned for one decision: near words speak for the same class, and need not
    have the same meaning. With `pooling="evidence"` each embedding is multiplied by its word's
    weight, as in the network.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, ending in a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
    word : str
        As it stands in `vocabulary_` of the vectorizer, mostly in lower case.
    n : int, default=10
        Number of words to return, or all if there are fewer.

    Returns
    -------
    neighbours : list of (str, float)
        Words and the cosines of their embeddings with that of `word`, nearest first.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` has other steps, or `word` is no str.
    ValueError
        If the network does not know `word`, or `n` is no positive integer.

    Warns
    -----
    UserWarning
        If the classifier was trained with another vocabulary than the vectorizer's, because a fit
        of the pipeline failed half-way. `predict` then warns, too.

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
    steps = find_steps(pipeline).check_fitted()
    _check_n(n)
    known = _find_known_terms(steps)
    if not isinstance(word, str):
        raise TypeError(f"word must be a str, got {word!r} of type {type(word).__name__}.")
    if word not in known:
        remedy = f"choose one of the {len(known)} words of vectorizer.vocabulary_."
        if word.lower() in known:
            remedy = f"did you mean {word.lower()!r}?"
        raise ValueError(f"word={word!r} is not known to the network: {remedy}")
    terms, indices = list(known), np.fromiter(known.values(), np.intp)
    network, (embedding, *_) = trained_network(steps.classifier)
    maxlen, width = steps.classifier.n_features_in_, embedding.shape[1]
    vectors = embedding[indices] * network.pooling.weigh_terms(indices, maxlen, width)
    vectors = vectors.astype(np.float64)
    cosines = cosine_similarity(vectors, vectors[[terms.index(word)]])[:, 0]
    ranked = [place for place in np.argsort(-cosines, kind="stable") if terms[place] != word]
    return [(terms[place], float(cosines[place])) for place in ranked[:n]]


def class_words(
    pipeline: Pipeline, n: int = 20, label: Any = None, *, target_names: Sequence[str] | None = None
) -> np.recarray:
    """Return the words and n-grams that speak most for each class, without near duplicates.

    The score of a term is how much it moves the logit of the class: the logit of a document that
    has only this term, once, minus the logit of a document without words. Without a hidden layer
    the network is linear, and the score is exact in every document, except for a factor that
    depends on the document's length. With a hidden layer, other words may change the score.

    A single word is preferred to an n-gram that contains it. An n-gram is left out if a part of it
    has at least a tenth of the n-gram's score: "superb" stands for "how superb". A term is also
    left out if it is part of a listed n-gram, or has the same strongest word as a listed term. The
    strongest word of an n-gram is the one with the largest absolute score. So of "'t flawless" and
    "nothing flawless", whose strongest word is "flawless", only one is listed. In a script that
    puts no spaces between words, n-grams are words: there an n-gram is left out only if a part of
    it has at least the n-gram's score.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, ending in a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
    n : int, default=20
        Number of terms to return for each class, or all that speak for it if there are fewer.
    label : object, default=None
        The class. If None, every class.
    target_names : sequence of str, default=None
        Names of the classes, in the order of `classes_`. If None, the labels.

    Returns
    -------
    words : recarray of shape (n_words,)
        With the fields `label`, `word` and `score` (float64), class after class, the highest score
        first. `label` has the `target_names`, if given. N-grams of a script that puts no spaces
        between words are written without spaces, as "很好"; `vocabulary_` has them with spaces.
        `pandas.DataFrame(words)` makes a table.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` has other steps, or `target_names` is no sequence.
    ValueError
        If `label` is none of the classes, `n` is no positive integer, no words are known, or
        `target_names` has another length than `classes_`.

    Warns
    -----
    UserWarning
        If the classifier was trained with another vocabulary than the vectorizer's, because a fit
        of the pipeline failed half-way. `predict` then warns, too.

    See Also
    --------
    ClassWordsDisplay : Draws the words.
    token_contributions : The words of one text.

    Notes
    -----
    With more than two classes, only differences between logits decide, and scores are relative to
    the mean over the classes. With `pooling="evidence"` the score includes the term's weight.
    Subwords are left out.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import class_words
    >>> pipeline = make_text_classifier("tutorial", random_state=0)
    >>> pipeline = pipeline.fit(*make_reviews(2000, random_state=0))
    >>> words = class_words(pipeline, n=3)
    >>> print(*words[words.label == 1].word, sep=", ")
    adored, loved, flawless
    """
    steps = find_steps(pipeline).check_fitted().check_classes()
    classifier = steps.classifier
    _check_n(n)
    known, classes = _find_known_terms(steps), classifier.classes_.tolist()
    indices, maxlen = np.fromiter(known.values(), np.intp), classifier.n_features_in_
    scores = attribution.score_terms(*trained_network(classifier), indices, maxlen, len(classes))
    names = classifier.classes_
    if target_names is not None:
        names = np.array(check_names(classes, target_names))
    are_words = fitted_recipe(steps.vectorizer).is_of_words
    position_of = {term: position for position, term in enumerate(known)}
    rows: list[tuple[Any, str, float]] = []
    for number in range(len(classes)) if label is None else [find_class(label, classes)]:
        of_class = scores[:, number]
        picked = pick_terms(position_of, of_class, n, are_words=are_words)
        rows += [(names[number], spell(term), of_class[position_of[term]]) for term in picked]
    kinds = [("label", names.dtype), ("word", object), ("score", np.float64)]
    return np.array(rows, dtype=kinds).view(np.recarray)


def coverage(pipeline: Pipeline, texts: Iterable[Any]) -> np.recarray:
    """Return the share of each text's words, and of its terms, that the vocabulary knows.

    Texts of another kind or language than those of `fit` have lower shares, and less reliable
    predictions.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, ending in a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`.
        Steps before them, which clean the texts, are applied first.
    texts : iterable of str
        The texts.

    Returns
    -------
    shares : recarray of shape (n_samples,)
        With the fields `words` and `terms` (float64), each between 0 and 1; nan if a text has none.
        `pandas.DataFrame(shares)` makes a table.

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` has other steps, or `texts` holds no texts.
    ValueError
        If no words are known, because the vectorizer was fitted on index lists.

    See Also
    --------
    explain_html : Shows the words that are in no term of the vocabulary.

    Notes
    -----
    Each occurrence of a word counts. Terms are words, n-grams and subwords, as
    :meth:`SequenceVectorizer.build_analyzer` returns them. Most n-grams of any text are unknown:
    compare with the shares of the texts that the model was tested on. A vocabulary of pairs only,
    `ngram_range=(2, 2)`, knows no words. Whole texts are counted, also what `maxlen` cuts off.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import coverage
    >>> pipeline = make_text_classifier("tutorial", random_state=0)
    >>> pipeline = pipeline.fit(*make_reviews(2000, random_state=0))
    >>> coverage(pipeline, ["The plot is superb.", "Das Werk ist superb.", ""]).words.tolist()
    [1.0, 0.25, nan]
    """
    steps = find_steps(pipeline).check_fitted()
    vocabulary = steps.vectorizer.vocabulary_
    check_has_words(vocabulary)
    documents = Documents(steps.clean(texts))
    if not documents.are_texts:
        raise TypeError("texts must be an iterable of str, got lists of word indices.")
    analyzer = Analyzer(fitted_recipe(steps.vectorizer))
    shares = []
    for text in documents:
        words_and_terms = (analyzer.split(text), analyzer(text))
        known = ([term in vocabulary for term in terms] for terms in words_and_terms)
        shares.append(tuple(np.mean(is_known or np.nan) for is_known in known))
    return np.array(shares, [("words", np.float64), ("terms", np.float64)]).view(np.recarray)


class ClassWordsDisplay:
    """Plot of the words and n-grams that speak most for each class.

    Create a display with :meth:`from_estimator`.

    Parameters
    ----------
    words : recarray
        As :func:`class_words` returns them.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
    ax_ : ndarray of matplotlib.axes.Axes
        The axes of each class, row by row. If the display made the figure, at most four stand side
        by side.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.inspection import ClassWordsDisplay
    >>> pipeline = make_text_classifier(random_state=0).fit(*make_reviews(2000, random_state=0))
    >>> display = ClassWordsDisplay.from_estimator(pipeline, n=5)
    >>> [ax.get_title() for ax in display.ax_]
    ['0', '1']
    """

    def __init__(self, *, words: np.recarray) -> None:
        self.words = words

    @classmethod
    def from_estimator(
        cls,
        pipeline: Pipeline,
        *,
        n: int = 10,
        label: Any = None,
        target_names: Sequence[str] | None = None,
        ax: Any = None,
    ) -> Self:
        """Plot the words of a fitted pipeline's classes.

        Parameters
        ----------
        pipeline, n, label, target_names
            As :func:`class_words` takes them.
        ax : sequence of matplotlib.axes.Axes, default=None
            Axes to draw into, one for each class. If None, a new figure is made.

        Returns
        -------
        display : ClassWordsDisplay
        """
        return cls(words=class_words(pipeline, n, label, target_names=target_names)).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Plot the words, into axes or a new figure as :meth:`from_estimator` does.

        Raises
        ------
        ValueError
            If `words` is empty, or `ax` has another number of axes than there are classes.
        """
        labels = list(dict.fromkeys(self.words.label.tolist()))
        if not labels:
            raise ValueError("words must hold at least one word: none has a score > 0.")
        if ax is None:
            n_rows = -(-len(labels) // 4)  # At most four side by side.
            n_columns = -(-len(labels) // n_rows)
            tallest = max(map(self.words.label.tolist().count, labels))
            size = (3.2 * n_columns, n_rows * (0.8 + 0.25 * tallest))
            figure = import_pyplot().figure(figsize=size, layout="constrained")
            ax = [figure.add_subplot(n_rows, n_columns, 1 + n) for n in range(len(labels))]
        self.ax_ = np.ravel(ax)
        if len(self.ax_) != len(labels):
            raise ValueError(f"ax must be {len(labels)} axes, one for each class, got {ax!r}.")
        self.figure_ = self.ax_[0].figure
        for one, label in zip(self.ax_, labels, strict=True):
            words = self.words[self.words.label == label]
            one.barh(np.arange(len(words)), words.score, color="#0072B2")
            # Words and labels with dollar signs are no mathematics.
            one.set_yticks(np.arange(len(words)), words.word, parse_math=False)
            one.invert_yaxis()
            one.set_title(str(label), parse_math=False)
            one.set_xlabel("score")
        return self


# -- what the functions share -------------------------------------------------------------------


def _find_known_terms(steps: Steps) -> dict[str, int]:
    """Return the index of each word and n-gram that the network has an embedding of."""
    vocabulary, index_from = steps.vectorizer.vocabulary_, steps.vectorizer.index_from
    check_has_words(vocabulary)
    warn_of_other_numbering(numbering(vocabulary, index_from), trained_numbering(steps.classifier))
    n_known = len(steps.classifier.embedding_) - index_from
    return {
        term: rank + index_from
        for term, rank in vocabulary.items()
        if rank < n_known and not is_subword(term)
    }


def _explain(steps: Steps, X: Any, label: Any, against: Any) -> list[TokenContributions]:
    """Explain each sequence: a logit of a classifier, the predicted number of a regressor."""
    classifier, sequences = steps.classifier, np.asarray(X)
    network, weights = trained_network(classifier)
    labels: list[Any] = [None] * len(sequences)
    if hasattr(classifier, "classes_"):
        z = classifier.decision_function(X)  # Which checks X as well.
        classes = classifier.classes_.tolist()
        labels, paths = attribution.choose_logits(z, network, classes, label, against)
    elif label is None and against is None:
        classifier.predict(X)  # Which checks X.
        path = partial(attribution.follow_expected, network=network, values=classifier.bin_values_)
        paths = [path] * len(sequences)
    else:
        raise ValueError("label and against are for classes; the pipeline predicts numbers.")
    indices, positions = np.unique(sequences, return_inverse=True)
    recipe = fitted_recipe(steps.vectorizer)
    found = name_indices(indices.tolist(), steps.vectorizer.vocabulary_, recipe)
    # NumPy 1 leaves the positions flat.
    names = np.array(found, dtype=object)[positions.reshape(sequences.shape)]
    attributed = attribution.attribute(network, weights, sequences, paths)
    columns = zip(names, is_token_at(sequences, network), attributed, labels, strict=True)
    return [
        TokenContributions(tokens[kept].tolist(), values[kept], logit, baseline, explained, against)
        for tokens, kept, (values, logit, baseline), explained in columns
    ]


def _align(steps: Steps, text: str, sequence: npt.NDArray[np.int32]) -> Alignment:
    """Return where in a text the contributing tokens of its sequence stand."""
    vectorizer = steps.vectorizer
    recipe, maxlen = fitted_recipe(vectorizer), sequence_length(vectorizer)
    alignment = align(text, recipe, vectorizer.vocabulary_, maxlen)
    n_tokens = len(alignment.tokens)
    indices = sequence[:n_tokens] if vectorizer.padding == "post" else sequence[-n_tokens:]
    network, _ = trained_network(steps.classifier)
    return alignment._replace(tokens=[*compress(alignment.tokens, is_token_at(indices, network))])


def _check_n(n: Any) -> None:
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(f"n must be a positive integer, got {n!r}.")

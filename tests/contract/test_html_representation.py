"""What a notebook shows of the estimators: their state, and no markup of the data's."""

import re

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

from sklearn_imdb import SequenceVectorizer, make_text_classifier

VERSION = parse_version(sklearn.__version__)


@pytest.mark.skipif(parse_version("1.9") > VERSION, reason="scikit-learn shows it since 1.9")
def test_fitted_attributes_are_shown_with_their_types(reviews):
    pipeline = make_text_classifier("tutorial", random_state=0)
    pipeline.set_params(classifier__epochs=1).fit(*reviews)
    html = pipeline._repr_html_()
    for name in ("vocabulary_", "embedding_", "history_", "best_epoch_"):
        assert name in html
    assert "ndarray[float32]" in html


def test_a_look_at_a_fitted_pipeline_imports_no_tensorflow(run_python):
    script = (
        "import sys\n"
        "from sklearn_imdb import make_text_classifier\n"
        "pipeline = make_text_classifier('tutorial').set_params(classifier__epochs=1)\n"
        "pipeline.fit(['good film', 'bad film'] * 10, [1, 0] * 10)\n"
        "html = pipeline._repr_html_()\n"
        "assert 'EmbeddingAverageClassifier' in html and 'model_' not in html\n"
        "assert not {'tensorflow', 'keras', 'scikeras'} & set(sys.modules)\n"
    )
    run_python(script)


def test_words_and_labels_that_are_markup_are_escaped(quick):
    texts, y = ["<script>bad</script>", "<img onerror=good>"] * 10, ["<x-bad>", "<x-good>"] * 10
    vectorizer = SequenceVectorizer(maxlen=5, filters="")
    classifier = quick(epochs=1).fit(vectorizer.fit_transform(texts), y)
    for html in (vectorizer._repr_html_(), classifier._repr_html_()):
        assert not re.search("<(script>bad|img|x-)", html)

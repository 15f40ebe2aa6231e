"""What a notebook shows of the estimators: their state, links where there are any, no harm."""

import re
import subprocess
import sys
from email.message import Message

import pytest
import sklearn
from sklearn.utils.fixes import parse_version

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb._documentation import documentation_url

VERSION = parse_version(sklearn.__version__)
URL = "https://sklearn-imdb.example/docs/"


@pytest.fixture
def project_urls(monkeypatch):
    """Set the entries `Project-URL` of the installed distribution."""

    def set_urls(*entries):
        message = Message()
        for entry in entries:
            message["Project-URL"] = entry
        monkeypatch.setattr("sklearn_imdb._documentation.metadata", lambda name: message)
        documentation_url.cache_clear()

    yield set_urls
    documentation_url.cache_clear()


def links(html):
    return {link for link in re.findall('href="(.*?)"', html) if "scikit-learn.org" not in link}


@pytest.mark.parametrize("estimator", [SequenceVectorizer(), EmbeddingAverageClassifier()])
def test_an_estimator_links_to_the_documentation_that_the_project_names(estimator, project_urls):
    project_urls(f"Homepage, {URL}home", f"Documentation, {URL}")
    assert estimator._get_doc_link() == URL
    html = estimator._repr_html_()
    assert URL in links(html)
    assert all(link.startswith(URL) for link in links(html))
    project_urls(f"homepage, {URL}home", "Changelog, https://elsewhere.example")
    assert links(estimator._repr_html_()) >= {f"{URL}home"}


def test_without_such_a_url_there_is_no_link(project_urls):
    project_urls()
    for estimator in (SequenceVectorizer(), EmbeddingAverageClassifier()):
        assert estimator._get_doc_link() == ""
        assert links(estimator._repr_html_()) == set()


@pytest.mark.skipif(parse_version("1.9") > VERSION, reason="scikit-learn shows it since 1.9")
def test_parameters_and_fitted_attributes_are_shown_with_their_documentation(project_urls, reviews):
    project_urls(f"Documentation, {URL}")
    pipeline = make_text_classifier(random_state=0).set_params(classifier__epochs=1).fit(*reviews)
    html = pipeline._repr_html_()
    for name in ("vocabulary_", "embedding_", "history_", "best_epoch_"):
        assert re.search(rf'href="{URL}#:~:text={name},', html)
    assert "Length of every sequence, in tokens." in html
    assert "The embedding of each word index." in html
    assert "ndarray[float32]" in html


def test_a_look_at_a_fitted_pipeline_imports_no_tensorflow():
    script = (
        "import sys\n"
        "from sklearn_imdb import make_text_classifier\n"
        "pipeline = make_text_classifier().set_params(classifier__epochs=1)\n"
        "pipeline.fit(['good film', 'bad film'] * 10, [1, 0] * 10)\n"
        "html = pipeline._repr_html_()\n"
        "assert 'EmbeddingAverageClassifier' in html and 'model_' not in html\n"
        "assert not {'tensorflow', 'keras', 'scikeras'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_words_and_labels_that_are_markup_are_escaped(quick):
    texts, y = ["<script>bad</script>", "<img onerror=good>"] * 10, ["<x-bad>", "<x-good>"] * 10
    vectorizer = SequenceVectorizer(maxlen=5, filters="")
    classifier = quick(epochs=1).fit(vectorizer.fit_transform(texts), y)
    for html in (vectorizer._repr_html_(), classifier._repr_html_()):
        assert not re.search("<(script>bad|img|x-)", html)

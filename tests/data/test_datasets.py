"""fetch_imdb against a local server and a small archive of our own; make_reviews."""

import gc
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_imdb._imdb import download, files
from sklearn_imdb._imdb.grammar import THEMES
from sklearn_imdb.datasets import fetch_imdb, make_multilabel_reviews, make_reviews

FILES = {
    "train/neg/0_1.txt": "bad<br />film\u2028, caf\u00e9 \x85",
    "train/neg/10_2.txt": "worse",
    "train/neg/9_4.txt": "dull\r\nfilm",
    "train/pos/0_10.txt": "great",
    "train/pos/7_7.txt": "good",
    "test/neg/3_3.txt": "weak",
    "test/pos/3_8.txt": "fine",
    "train/unsup/0_0.txt": "who knows",
    "train/unsup/1_0.txt": "not I",
    "README": "about",
    "train/labeledBow.feat": "0 1:1",
}
TRAIN = ["bad<br />film\u2028, caf\u00e9 \x85", "dull\r\nfilm", "worse", "great", "good"]

quickly = partial(fetch_imdb, n_retries=1, delay=0.01, shuffle=False)


def archive_of(texts):
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(text.encode())
            archive.addfile(member, BytesIO(text.encode()))
    return content.getvalue()


ARCHIVE = archive_of(FILES)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(ARCHIVE)))
        self.end_headers()
        if self.path == "/good":
            self.wfile.write(ARCHIVE)
        elif self.path == "/slow":
            for start in range(0, len(ARCHIVE), 100):
                self.wfile.write(ARCHIVE[start : start + 100])
                time.sleep(0.02)
        elif self.path == "/short":
            self.wfile.write(ARCHIVE[: len(ARCHIVE) // 2])
        elif self.path == "/wrong":
            self.wfile.write(bytes(len(ARCHIVE)))

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def published(server, monkeypatch):
    """Have our own small archive be the published one, at a path of the local server."""

    def publish(path, content=ARCHIVE):
        monkeypatch.setattr(
            download,
            "ARCHIVE",
            download.PublishedFile(
                what="The IMDB reviews",
                url=f"http://127.0.0.1:{server.server_port}/{path}",
                filename="aclImdb_v1.tar.gz",
                sha256=hashlib.sha256(content).hexdigest(),
                n_bytes=len(content),
            ),
        )
        return server

    monkeypatch.setattr(files, "N_REVIEWS", {"train": 5, "test": 2, "unsupervised": 2})
    return publish


@pytest.fixture
def unpacked(tmp_path, published):
    """A data_home with the folder that a user has unpacked; the server has nothing."""
    published("missing")
    with tarfile.open(fileobj=BytesIO(ARCHIVE)) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


# -- what comes back --------------------------------------------------------------------------


def test_a_bunch_of_reviews_labels_and_ratings(unpacked):
    bunch = fetch_imdb(data_home=unpacked, shuffle=False)
    assert bunch.data == TRAIN  # To the byte: no line end is translated.
    assert_array_equal(bunch.target, [0, 0, 0, 1, 1])
    assert bunch.target.dtype == np.int64
    assert bunch.target_names == ["neg", "pos"]
    assert_array_equal(bunch.ratings, [1, 4, 2, 10, 7])
    assert bunch.filenames.tolist() == [
        "train/neg/0_1.txt",
        "train/neg/9_4.txt",
        "train/neg/10_2.txt",
        "train/pos/0_10.txt",
        "train/pos/7_7.txt",
    ]
    assert "Maas" in bunch.DESCR


def test_subsets(unpacked):
    load = partial(fetch_imdb, data_home=unpacked, shuffle=False)
    assert load(subset="test").data == ["weak", "fine"]
    assert load(subset="all").data == [*TRAIN, "weak", "fine"]
    assert_array_equal(load(subset="all").target, [0, 0, 0, 1, 1, 0, 1])
    unknown = load(subset="unsupervised")
    assert unknown.data == ["who knows", "not I"]
    assert_array_equal(unknown.target, [-1, -1])
    data, target = load(subset="test", return_X_y=True)
    assert data == ["weak", "fine"]
    assert_array_equal(target, [0, 1])


def test_shuffling_keeps_review_label_and_name_together(unpacked):
    rows = {}
    for seed in (0, 0, 1):
        bunch = fetch_imdb(data_home=unpacked, random_state=seed)
        rows.setdefault(seed, []).append(
            list(zip(bunch.data, bunch.target, bunch.ratings, bunch.filenames, strict=True))
        )
    assert rows[0][0] == rows[0][1] != rows[1][0]
    straight = fetch_imdb(data_home=unpacked, shuffle=False)
    expected = zip(
        straight.data, straight.target, straight.ratings, straight.filenames, strict=True
    )
    assert sorted(rows[0][0]) == sorted(rows[1][0]) == sorted(expected)


# -- sources ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["good", "slow"])
def test_a_download_is_read_and_cached(tmp_path, published, path):
    server = published(path)
    assert quickly(data_home=tmp_path).data == TRAIN
    assert quickly(data_home=tmp_path, subset="test").data == ["weak", "fine"]
    assert quickly(data_home=tmp_path, subset="unsupervised").data == ["who knows", "not I"]
    assert server.requests == [f"/{path}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "aclImdb_v1.tar.gz",
        "imdb_test.npz",
        "imdb_train.npz",
        "imdb_unsupervised.npz",
    ]


def test_a_download_and_the_reading_show_their_progress(tmp_path, published, capsys):
    published("slow")
    assert quickly(data_home=tmp_path, verbose=1).data == TRAIN
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Downloading aclImdb_v1.tar.gz, MB 0/")
    assert re.fullmatch(r"Reading files \d+", lines[-1])


def test_generating_shows_its_progress(capsys):
    texts, _ = make_reviews(300, mean_length=9, random_state=0, verbose=1)
    assert texts == make_reviews(300, mean_length=9, random_state=0)[0]
    assert capsys.readouterr().out == "Generating reviews 300/300\n"


def test_the_cache_serves_when_all_else_is_gone(unpacked):
    assert quickly(data_home=unpacked).data == TRAIN
    shutil.rmtree(unpacked / "aclImdb")
    bunch = quickly(data_home=unpacked, download_if_missing=False)
    assert bunch.data == TRAIN
    assert bunch.filenames[0] == "train/neg/0_1.txt"


def test_an_archive_already_there_is_read_without_the_network(tmp_path, published):
    server = published("missing")
    (tmp_path / "aclImdb_v1.tar.gz").write_bytes(ARCHIVE)
    assert quickly(data_home=tmp_path, download_if_missing=False).data == TRAIN
    (tmp_path / "imdb_train.npz").unlink()
    assert quickly(data_home=tmp_path).data == TRAIN
    assert server.requests == []


@pytest.mark.usefixtures("new_process")
def test_two_processes_at_once_both_succeed(tmp_path, published):
    published("slow")
    script = (
        "import sys\n"
        "from sklearn_imdb._imdb import download\n"
        "from sklearn_imdb.datasets import fetch_imdb\n"
        "download.ARCHIVE = download.PublishedFile(*sys.argv[2:6], int(sys.argv[6]))\n"
        "print(len(fetch_imdb(data_home=sys.argv[1]).data))\n"
    )
    archive = [str(value) for value in download.ARCHIVE]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path, *archive], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["5\n", "5\n"]
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    assert quickly(data_home=tmp_path, download_if_missing=False).data == TRAIN


# -- word indices -----------------------------------------------------------------------------

RANKS = {"film": 1, "bad": 2, "caf\u00e9": 3, "great": 4, "fine": 9}


class Touch:
    """Creates a file when it is unpickled, as malicious data might do worse."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def keras_copy(documents, labels):
    """Return the bytes of a file such as Keras's imdb.npz, which holds ranks."""
    content = BytesIO()
    half = len(documents) // 2
    arrays = {}
    for split, part in (("train", slice(half)), ("test", slice(half, None))):
        arrays[f"x_{split}"] = np.array([*documents[part], None], dtype=object)[:-1]
        arrays[f"y_{split}"] = np.array(labels[part])
    np.savez(content, **arrays)
    return content.getvalue()


@pytest.fixture
def published_by_keras(tmp_path, monkeypatch):
    """Have files of our own be those that Keras publishes, and put them into the data_home."""

    def publish(**contents):
        for name, content in contents.items():
            file = getattr(download, name)
            url = "http://127.0.0.1:9/" + file.filename
            sha256 = hashlib.sha256(content).hexdigest()
            monkeypatch.setattr(download, name, file._replace(url=url, sha256=sha256))
            (tmp_path / file.filename).write_bytes(content)

    publish(ENCODED=b"none", WORD_INDEX=json.dumps(RANKS).encode())
    (tmp_path / "imdb.npz").unlink()
    return publish


@pytest.mark.usefixtures("published_by_keras")
def test_texts_are_encoded_as_keras_did(unpacked):
    load = partial(fetch_imdb, encoding="index", data_home=unpacked, download_if_missing=False)
    with pytest.warns(
        UserWarning, match=r"made from the texts, .* lists are the same, but in another order"
    ):
        bunch = load(shuffle=False)
    # Only ASCII is lower-cased, and a word without a rank leaves no trace.
    assert bunch.data == [[1, 5, 6], [1, 4], [1], [1, 7], [1]]
    assert_array_equal(bunch.target, [0, 0, 0, 1, 1])
    assert bunch.filenames[3] == "train/pos/0_10.txt"
    assert bunch.word_index == RANKS
    with pytest.warns(UserWarning, match="made from the texts"):
        assert load(subset="test", num_words=12, shuffle=False).data == [[1], [1, 2]]
    data, target = load(subset="unsupervised", return_X_y=True)  # As ever: no warning.
    assert data == [[1], [1]]
    assert_array_equal(target, [-1, -1])


@pytest.mark.usefixtures("published_by_keras")
def test_the_unpacked_folder_itself_may_hold_the_word_index(unpacked):
    (unpacked / "imdb_word_index.json").rename(unpacked / "aclImdb/imdb_word_index.json")
    load = partial(fetch_imdb, data_home=unpacked / "aclImdb", download_if_missing=False)
    with pytest.warns(UserWarning, match="made from the texts"):
        bunch = load(encoding="index", shuffle=False)
    assert bunch.data == [[1, 5, 6], [1, 4], [1], [1, 7], [1]]


def test_keras_copy_is_read_with_start_and_offset(tmp_path, published_by_keras):
    documents = [[1, 2], [3], [4, 88584], [2, 2, 2], [5], [6, 1]]
    published_by_keras(ENCODED=keras_copy(documents, [0, 1, 1, 0, 1, 0]))
    load = partial(fetch_imdb, encoding="index", data_home=tmp_path, download_if_missing=False)
    bunch = load(shuffle=False)
    assert bunch.data == [[1, 4, 5], [1, 6], [1, 7, 88587]]
    assert_array_equal(bunch.target, [0, 1, 1])
    assert bunch.target.dtype == np.int64
    assert "filenames" not in bunch
    assert load(shuffle=False, num_words=7).data == [[1, 4, 5], [1, 6], [1, 2, 2]]
    assert len(load(subset="all").data) == 6
    # The order of keras.datasets.imdb.load_data.
    order = np.arange(3)
    np.random.RandomState(113).shuffle(order)
    assert load(random_state=113).data == [bunch.data[place] for place in order]


@pytest.mark.filterwarnings("ignore:Retry downloading", "ignore:SHA256 checksum of existing local")
@pytest.mark.parametrize("download_if_missing", [True, False])
def test_nothing_is_unpickled_that_was_not_verified(
    unpacked, published_by_keras, download_if_missing
):
    touched = unpacked / "touched"
    documents = [[1], [2]]
    published_by_keras(ENCODED=keras_copy(documents, [0, 1]))
    (unpacked / "imdb.npz").write_bytes(keras_copy([Touch(touched), Touch(touched)], [0, 1]))
    with pytest.warns(UserWarning, match="made from the texts"):
        bunch = quickly(
            encoding="index", data_home=unpacked, download_if_missing=download_if_missing
        )
    assert bunch.data[0] == [1, 5, 6]
    assert not touched.exists()


@pytest.mark.filterwarnings("ignore:Retry downloading", "ignore:SHA256 checksum of existing local")
@pytest.mark.parametrize("download_if_missing", [True, False])
def test_a_word_index_that_is_not_keras_own_is_refused(
    unpacked, published_by_keras, download_if_missing
):
    (unpacked / "imdb_word_index.json").write_text('{"film": 7}')
    with pytest.raises(OSError, match=r"imdb_word_index.json is damaged or not the pub.* Download"):
        quickly(encoding="index", data_home=unpacked, download_if_missing=download_if_missing)


def test_num_words_is_not_for_texts(unpacked):
    with pytest.raises(ValueError, match="num_words=10 is for encoding='index'"):
        fetch_imdb(num_words=10, data_home=unpacked)


# -- bad luck: a clear OSError, and nothing left half done ------------------------------------


# scikit-learn leaves the connection of a refused try to the garbage collector.
@pytest.mark.filterwarnings("ignore:Retry downloading", "ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("short", "retrieval incomplete"),
        ("wrong", "SHA256 checksum of aclImdb_v1.tar.gz"),
        ("missing", "404"),
    ],
)
def test_a_download_that_fails_leaves_no_half_file(tmp_path, published, path, reason):
    published(path)
    remedy = (
        rf"Download http://.*/{path} .*into {tmp_path}, or set data_home to the folder that has it"
    )
    with pytest.raises(OSError, match=rf"could not be downloaded: .*{reason}(.|\n)*{remedy}"):
        quickly(data_home=tmp_path)
    assert list(tmp_path.iterdir()) == []
    gc.collect()


@pytest.mark.filterwarnings("ignore:Retry downloading")
def test_no_network(tmp_path, published, server):
    published("good")
    server.socket.close()
    with pytest.raises(OSError, match=r"could not be downloaded: .*(refused|Errno)"):
        quickly(data_home=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_download_not_wanted(tmp_path, published):
    server = published("good")
    with pytest.raises(OSError, match=r"are not in .*download_if_missing=False\. Download http"):
        fetch_imdb(data_home=tmp_path, download_if_missing=False)
    assert server.requests == []


def test_half_an_archive_is_downloaded_anew_or_refused(tmp_path, published):
    published("good")
    half = tmp_path / "aclImdb_v1.tar.gz"
    half.write_bytes(ARCHIVE[: len(ARCHIVE) // 2])
    with pytest.raises(OSError, match=r"is damaged or not the published file: its SHA-256"):
        quickly(data_home=tmp_path, download_if_missing=False)
    with pytest.warns(UserWarning, match="differs from expected"):
        assert quickly(data_home=tmp_path).data == TRAIN


@pytest.mark.parametrize(
    "content",
    [ARCHIVE[: len(ARCHIVE) // 2], ARCHIVE[:200] + b"?" * 50 + ARCHIVE[250:], b"no archive"],
    ids=["cut short", "overwritten", "no archive"],  # the bytes hold the time they were made
)
def test_a_corrupt_archive_is_named(tmp_path, published, content):
    published("missing", content)  # As if it had been published so.
    (tmp_path / "aclImdb_v1.tar.gz").write_bytes(content)
    with pytest.raises(OSError, match=r"aclImdb_v1.tar.gz is damaged"):
        quickly(data_home=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["aclImdb_v1.tar.gz"]


def test_an_archive_without_the_split_is_named(tmp_path, published):
    content = archive_of({"train/neg/0_1.txt": "bad", "train/pos/0_9.txt": "good"})
    published("missing", content)
    (tmp_path / "aclImdb_v1.tar.gz").write_bytes(content)
    with pytest.raises(OSError, match="holds no test reviews"):
        quickly(data_home=tmp_path, subset="test")


def test_half_a_folder_is_named(unpacked):
    shutil.rmtree(unpacked / "aclImdb/train/pos")
    with pytest.raises(OSError, match=r"incomplete: .*train/pos is missing"):
        quickly(data_home=unpacked)
    (unpacked / "aclImdb/train/pos").mkdir()
    with pytest.raises(OSError, match=r"train/pos holds no review"):
        quickly(data_home=unpacked)


def test_fewer_reviews_than_published_are_told(unpacked, caplog):
    (unpacked / "aclImdb/train/pos/7_7.txt").unlink()
    for _ in range(2):  # From the folder, then from the cache.
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert len(quickly(data_home=unpacked).data) == 4
        assert "holds 4 train reviews, but 5 were published" in caplog.text


def test_a_review_that_is_no_text_is_named(unpacked):
    (unpacked / "aclImdb/train/pos/7_7.txt").write_bytes(b"caf\xe9")
    with pytest.raises(OSError, match=r"train/pos/7_7.txt is not UTF-8"):
        quickly(data_home=unpacked)


@pytest.mark.parametrize("damage", ["cut", "flip", "shape", "empty", "other"])
def test_a_damaged_cache_is_made_anew(unpacked, damage):
    quickly(data_home=unpacked)
    cache = unpacked / "imdb_train.npz"
    content = bytearray(cache.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[content.index(b"bad<br") + 1] ^= 1
    elif damage == "shape":  # An array that ends early, before its checksum is read.
        place = content.index(b"'shape': (") + len("'shape': (")
        content[place : place + 1] = b"0"
    elif damage == "empty":
        content = b""
    cache.write_bytes(content)
    if damage == "other":
        np.savez(cache, text=np.array([1]))
    with pytest.warns(UserWarning, match=r"imdb_train.npz is damaged .* made anew"):
        assert quickly(data_home=unpacked).data == TRAIN
    assert quickly(data_home=unpacked).data == TRAIN


def run_with_little_room(tmp_path, n_bytes):
    """Fetch in a process that may write no file beyond `n_bytes`, as on a full disk."""
    script = (
        "import resource, sys\n"
        "from sklearn_imdb._imdb import download\n"
        "from sklearn_imdb.datasets import fetch_imdb\n"
        "download.ARCHIVE = download.PublishedFile(*sys.argv[2:6], int(sys.argv[6]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[7]),) * 2)\n"
        "fetch_imdb(data_home=sys.argv[1], n_retries=0)\n"
    )
    archive = [str(value) for value in download.ARCHIVE]
    return subprocess.run(
        [sys.executable, "-c", script, tmp_path, *archive, str(n_bytes)],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("new_process")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to set")
def test_no_room_for_the_download(tmp_path, published):
    published("good")
    done = run_with_little_room(tmp_path, 100)
    assert done.returncode == 1
    assert "OSError: The IMDB reviews are not in" in done.stderr.replace("[Errno 27] ", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("new_process")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to set")
def test_no_room_for_the_cache(unpacked):
    done = run_with_little_room(unpacked, 100)
    assert done.returncode == 1
    assert "No cache of the reviews could be written to" in done.stderr
    assert [path.name for path in unpacked.iterdir()] == ["aclImdb"]


def test_a_folder_that_cannot_be_written_to_is_read_all_the_same(unpacked, monkeypatch, caplog):
    def refuse(source, target):
        raise PermissionError(13, "Permission denied", target)

    monkeypatch.setattr(os, "replace", refuse)
    with caplog.at_level(logging.WARNING):
        assert quickly(data_home=unpacked).data == TRAIN
    assert "No cache is made" in caplog.text
    assert [path.name for path in unpacked.iterdir()] == ["aclImdb"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"subset": "validation"},
        {"encoding": "ids"},
        {"num_words": 2},
        {"n_retries": -1},
        {"shuffle": "no"},
        {"delay": -1},
    ],
)
def test_fetch_imdb_names_a_parameter_out_of_range(tmp_path, parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The '{name}' parameter of fetch_imdb"):
        fetch_imdb(data_home=tmp_path, **parameters)


# -- generated reviews ------------------------------------------------------------------------


def test_generated_reviews_are_hard_enough_that_a_test_can_fail():
    for seed in range(3):
        texts, y = make_reviews(1500, random_state=seed)
        baseline = make_pipeline(TfidfVectorizer(), LogisticRegression())
        assert 0.8 < cross_val_score(baseline, texts, y, cv=3).mean() < 0.92


def test_generated_reviews_follow_the_seed_and_the_parameters():
    texts, y = make_reviews(300, n_classes=3, mean_length=40, random_state=0)
    again, _ = make_reviews(300, n_classes=3, mean_length=40, random_state=0)
    other, _ = make_reviews(300, n_classes=3, mean_length=40, random_state=1)
    assert texts == again != other
    assert_array_equal(np.bincount(y), [100, 100, 100])
    assert y.dtype == np.int64
    assert 35 < np.mean([len(text.split()) for text in texts]) < 50
    assert len(set(texts)) == 300
    before = np.random.get_state()[1].copy()
    make_reviews(3, random_state=0)
    assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(
    "parameters", [{"n_samples": 0}, {"n_classes": 1}, {"mean_length": 0}, {"label_noise": 1.5}]
)
def test_make_reviews_names_a_parameter_out_of_range(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_reviews"):
        make_reviews(**parameters)


def test_reviews_of_several_themes_are_reproducible_and_have_them():
    texts, Y = make_multilabel_reviews(400, n_labels=5, label_noise=0.0, random_state=0)
    again, _ = make_multilabel_reviews(400, n_labels=5, label_noise=0.0, random_state=0)
    assert texts == again
    assert Y.shape == (400, 5)
    assert_allclose(Y.mean(axis=0), 0.25, atol=0.08)
    for theme, words in enumerate(THEMES[:5]):
        has_word = np.array([any(word in text for word in words) for text in texts])
        assert has_word[Y[:, theme] == 1].all()
    noisy = make_multilabel_reviews(400, n_labels=5, label_noise=0.5, random_state=0)[1]
    assert 0.4 < np.mean(noisy != Y) < 0.6
    with pytest.raises(ValueError, match="n_labels"):
        make_multilabel_reviews(9, n_labels=13)

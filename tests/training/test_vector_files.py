"""Files of word vectors as they are offered for download: compressed, tabbed, binary."""

import bz2
import codecs
import gzip
import lzma
import pickle
import sqlite3
import tarfile
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.vectors import initial_embedding

CONTENT = b"3 2\nfine 1 2\ndull -1 -2\nother 9 9\n"
EXPECTED = [*[[0, 0]] * 6, [1, 2], [-1, -2]]  # 4 reserved indices, then a, play, fine, dull.


@pytest.fixture
def vectorizer():
    return SequenceVectorizer().fit(["a fine play", "a dull play"] * 2)


def write_zip(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("vectors")
        for name, content in members.items():
            archive.writestr(f"vectors/{name}", content)


@pytest.mark.parametrize("named", ["vectors.vec.gz", "vectors"])
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_a_compressed_file_is_read_whatever_its_name(vectorizer, tmp_path, compress, named):
    path = tmp_path / named
    path.write_bytes(compress(CONTENT))
    assert_array_equal(initial_embedding(vectorizer, path).embedding, EXPECTED)


def test_the_only_file_of_a_zip_archive_is_read(vectorizer, tmp_path):
    path = tmp_path / "vectors.zip"
    write_zip(path, only=CONTENT)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/vectors/._only", b"of the Finder")
    assert_array_equal(initial_embedding(vectorizer, path).embedding, EXPECTED)


def test_a_zip_archive_of_several_files_is_named_with_its_files(vectorizer, tmp_path):
    path = tmp_path / "glove.zip"
    write_zip(path, d50=CONTENT, d100=CONTENT)
    with pytest.raises(ValueError, match=r"archive of 2 files, such as .*d50.*d100.* Unpack it"):
        initial_embedding(vectorizer, path)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_half_a_compressed_file_is_named(vectorizer, tmp_path, compress):
    path = tmp_path / "vectors"
    content = compress(CONTENT + np.random.RandomState(0).bytes(9_000).hex().encode())
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(OSError, match=r"vectors cannot be decompressed: .*Is it complete\?"):
        initial_embedding(vectorizer, path)


def test_a_zip_archive_cut_short_is_named(vectorizer, tmp_path):
    path = tmp_path / "vectors.zip"
    write_zip(path, only=CONTENT)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(OSError, match="cannot be decompressed: File is not a zip file"):
        initial_embedding(vectorizer, path)


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + CONTENT,
        codecs.BOM_UTF8 + b"fine 1 2\ndull -1 -2\n",
        b"3\t2\nfine\t1\t2\ndull\t-1\t-2\n",
        b"fine\t1 2\ndull\t-1 -2\n",
        b"fine   1  2\r\n\r\n  dull  -1  -2 \r\n\r\n",
        b"x y 0 -1.5e-3\nfine 1 2\ndull -1 -2\n",
        "other 0 0\n\u00a0 7 7\nfine 1 2\ndull -1 -2\n".encode(),
        b"other 0 0\nfine\xff 7 7\nfine 1 2\ndull -1 -2",
    ],
    ids=[
        *("BOM, word2vec", "BOM, GloVe", "tabs", "tabs and spaces", "aligned, of Windows"),
        *("a word with a space", "a space as a word", "broken UTF-8"),
    ],
)
def test_a_file_of_another_habit_is_read(vectorizer, tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    assert_array_equal(initial_embedding(vectorizer, path).embedding, EXPECTED)


def word2vec_binary():
    rows = {"fine": [0.123, 0.456], "dull": [-1.0, -2.0]}
    return b"2 2\n" + b"".join(
        word.encode() + b" " + np.array(row, "<f4").tobytes() + b"\n" for word, row in rows.items()
    )


def magnitude(path):
    with sqlite3.connect(path / "made") as connection:
        connection.execute("CREATE TABLE magnitude (key TEXT, dim_0 INTEGER)")
    connection.close()
    return (path / "made").read_bytes()


def tar(path):
    (path / "content").write_bytes(CONTENT)
    with tarfile.open(path / "made", "w:gz") as archive:
        archive.add(path / "content", "vectors.txt")
    return (path / "made").read_bytes()


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("news.bin", lambda _: word2vec_binary()),
        ("news.bin.gz", lambda _: gzip.compress(word2vec_binary())),
        ("cc.en.300.bin", lambda _: b"\xba\x16\x4f\x2f\x0c\x00\x00\x00" + bytes(range(256))),
        ("vectors.pkl", lambda _: pickle.dumps({"fine": [1.0, 2.0]})),
        ("old.pkl", lambda _: pickle.dumps({"fine": [1.0, 2.0]}, protocol=0)),
        ("vectors.magnitude", magnitude),
        ("vectors.txt", lambda _: CONTENT.decode().encode("utf-16")),
        ("vectors.7z", lambda _: b"7z\xbc\xaf\x27\x1c" + bytes(range(99))),
        ("vectors.tar.gz", tar),
        ("vectors.csv", lambda _: b"fine,1,2\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_file_is_named_with_what_loads_it(vectorizer, tmp_path, name, make):
    path = tmp_path / name
    path.write_bytes(make(tmp_path))
    with pytest.raises(ValueError, match=r"line [12]: expected a word and .* numbers") as raised:
        initial_embedding(vectorizer, path)
    for words in ("text in UTF-8", "Unpack", "load_word2vec_format(path, binary=True)"):
        assert words in str(raised.value)
    assert len(str(raised.value)) < 1_200


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"3 300\nfine 1 2\n", "line 2: expected a word and 300 numbers"),
        (b"other 1 2\nfine 1\n", r"line 2: expected a word and 2 numbers, got 'fine 1': there"),
    ],
)
def test_a_line_of_another_length_is_named(vectorizer, tmp_path, content, message):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        initial_embedding(vectorizer, path)

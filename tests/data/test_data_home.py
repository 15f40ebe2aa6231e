"""What a `data_home` may be: the unpacked folder itself, a folder to create, and a mistake."""

from functools import partial
from pathlib import Path

import pytest

from sklearn_imdb.datasets import fetch_imdb

REVIEWS = {
    "train/neg/0_1.txt": "bad",
    "train/pos/0_10.txt": "great",
    "test/neg/3_3.txt": "weak",
    "test/pos/3_8.txt": "fine",
    "train/unsup/0_0.txt": "who knows",
}

locally = partial(fetch_imdb, shuffle=False, download_if_missing=False)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Have downloads fail at once."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")


def unpack(folder):
    for name, text in REVIEWS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("name", ["aclImdb", "reviews of films"])
@pytest.mark.parametrize("form", [Path, str, "{}/".format])
def test_the_unpacked_folder_itself_is_taken(tmp_path, name, form):
    folder = unpack(tmp_path / name)
    for _ in range(2):  # From the folder, then from the cache.
        bunch = locally(data_home=form(folder), subset="all")
        assert bunch.data == ["bad", "great", "weak", "fine"]
        assert bunch.filenames.tolist() == list(REVIEWS)[:4]
        assert locally(data_home=form(folder), subset="unsupervised").data == ["who knows"]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    caches = sorted(path.name for path in folder.glob("imdb_*"))
    assert caches == ["imdb_test.npz", "imdb_train.npz", "imdb_unsupervised.npz"]


def test_the_unpacked_folder_in_the_current_one(tmp_path, monkeypatch):
    unpack(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert locally(data_home=".").data == ["bad", "great"]


def test_half_of_the_folder_itself_is_named(tmp_path):
    folder = unpack(tmp_path / "aclImdb")
    (folder / "train/pos/0_10.txt").unlink()
    (folder / "train/pos").rmdir()
    with pytest.raises(OSError, match=r"aclImdb is incomplete: .*train.pos is missing"):
        locally(data_home=folder)


def test_a_folder_with_aclimdb_in_it_is_no_folder_of_reviews(tmp_path):
    unpack(tmp_path / "aclImdb")
    (tmp_path / "train" / "neg").mkdir(parents=True)  # Of something else.
    assert locally(data_home=tmp_path).data == ["bad", "great"]


@pytest.mark.filterwarnings("ignore:Retry downloading")
@pytest.mark.parametrize("encoding", ["text", "index"])
@pytest.mark.parametrize("download", [True, False])
def test_a_misspelt_folder_is_named_and_not_created(tmp_path, encoding, download):
    home = tmp_path / "dta" / "imbd"
    load = partial(fetch_imdb, encoding=encoding, n_retries=0, download_if_missing=download)
    with pytest.raises(OSError, match=r"are not in .*imbd, which does not exist, and"):
        load(data_home=home)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:Retry downloading")
@pytest.mark.parametrize("download", [True, False])
def test_scikit_learns_own_folder_is_not_created_for_nothing(tmp_path, monkeypatch, download):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "data"))
    with pytest.raises(OSError, match=r"are not in .*data, which does not exist, and"):
        fetch_imdb(n_retries=0, download_if_missing=download)
    assert list(tmp_path.iterdir()) == []
    unpack(tmp_path / "data" / "aclImdb")
    assert locally().data == ["bad", "great"]


@pytest.mark.filterwarnings("ignore:Retry downloading")
def test_a_folder_that_was_there_stays(tmp_path):
    home = tmp_path / "empty"
    home.mkdir()
    with pytest.raises(OSError, match=r"are not in .*empty and could not be downloaded"):
        fetch_imdb(data_home=home, n_retries=0)
    assert home.is_dir()


def test_the_home_of_the_user_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    unpack(tmp_path / "aclImdb")
    assert locally(data_home="~").data == ["bad", "great"]


def test_a_file_is_refused_with_the_remedy(tmp_path):
    archive = tmp_path / "aclImdb_v1.tar.gz"
    archive.write_bytes(b"")
    with pytest.raises(
        NotADirectoryError, match=r"data_home=.*gz is a file: pass the folder that it is"
    ):
        fetch_imdb(data_home=archive)

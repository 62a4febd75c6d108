import os
import sys
import warnings

import pytest


@pytest.fixture
def number(request):
    yield 4
    print("finished", request.node.name)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_product(number, factor):
    assert number * factor % 4 == 0


def test_fails(number):
    parts = {"number": number, "list": [1, 2, 3]}
    assert parts == {"number": 5, "list": [1, 3]}


def test_output(capsys):
    print("captured")
    assert capsys.readouterr().out == "captured\n"
    os.write(1, b"direct\n")
    print("error", file=sys.stderr)


def test_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("text")
    assert os.listdir(".") == ["file"]


def test_warns():
    warnings.warn("something old", DeprecationWarning)


@pytest.mark.xfail(reason="known")
def test_expected_failure():
    raise ValueError("expected")


@pytest.mark.skip(reason="not now")
def test_skipped():
    raise AssertionError


class TestClass:
    def test_raises(self):
        with pytest.raises(ZeroDivisionError, match="division"):
            1 / 0

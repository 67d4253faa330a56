"""The table of what is exercised tells of every operation, error and optional member that there is, and of tests that there are."""
import botocore
import pytest

import lambda_matrix

if not botocore.__version__.startswith("1.29."):
    pytest.skip(f"lambda_matrix.txt tells of botocore 1.29's model, and {botocore.__version__} is here: the table was not looked at", allow_module_level=True)


def test_the_table_is_whole():
    assert list(lambda_matrix.told()) == list(lambda_matrix.cells(lambda_matrix.model())), "run tests/lambda_matrix.py record"


def test_the_tests_it_names_are_there():
    for cell, (sign, text) in lambda_matrix.told().items():
        if sign == "=":
            file, _, name = text.split(" ")[0].partition("::")
            assert f"def {name}(" in (lambda_matrix.ROOT / "tests/protocol" / file).read_text(), f"{cell}: {text}"
        elif sign == "-":
            assert text == lambda_matrix.reason(cell), cell

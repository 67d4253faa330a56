"""Fixtures that the protocol tests share."""
import uuid

import pytest


@pytest.fixture(scope="session")
def s3(engine):
    return engine.client("s3")


@pytest.fixture
def bucket(s3):
    """An empty bucket of the test's own."""
    name = "bucket-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    return name

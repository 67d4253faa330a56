"""Fixtures that the protocol tests share."""
import uuid

import pytest

from protocol import queues


@pytest.fixture(scope="session")
def s3(engine):
    return engine.client("s3")


@pytest.fixture
def bucket(s3):
    """An empty bucket of the test's own."""
    name = "bucket-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def sqs(engine):
    return queues.client(engine)


@pytest.fixture
def wire(engine):
    return queues.Wire(engine)


@pytest.fixture
def queue(sqs):
    """The URL of a standard queue of the test's own."""
    return queues.make(sqs)


@pytest.fixture
def fifo(sqs):
    """The URL of a FIFO queue with content-based deduplication."""
    return queues.make(sqs, fifo=True)

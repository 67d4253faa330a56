"""What was acknowledged is there after kill -9, with its bytes; what was not leaves no litter."""
import hashlib
import os
import random
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_acknowledged_objects_survive_kill_9(own_engine, seed):
    engine = own_engine()
    engine.client("s3").create_bucket(Bucket="crash")
    acknowledged, sent, count, lock = {}, {}, [0], threading.Lock()
    chance = random.Random(seed)
    data = {size: os.urandom(size) for size in (0, 100, 16 * 1024, 40_000, 700_000)}

    def write(number):
        s3 = engine.client("s3")
        for i in range(100_000):
            body = data[random.Random(number * 1000 + i).choice(list(data))]
            key = f"{number}/{i % 50}"
            sent[key] = f'"{hashlib.md5(body).hexdigest()}"'
            try:
                etag = s3.put_object(Bucket="crash", Key=key, Body=body)["ETag"]
            except (BotoCoreError, ClientError, OSError):
                return
            with lock:
                acknowledged[key] = etag
                count[0] += 1

    writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for writer in writers:
        writer.start()
    until = time.time() + 60
    wanted = chance.randint(100, 400)
    while time.time() < until:
        with lock:
            if count[0] >= wanted:
                break
        time.sleep(0.005)
    port = engine.port
    engine.kill()
    for writer in writers:
        writer.join(60)
    engine.start(port)
    s3 = engine.client("s3")
    assert count[0] >= wanted
    for key, etag in acknowledged.items():
        got = s3.get_object(Bucket="crash", Key=key)
        body = got["Body"].read()
        assert got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        assert got["ETag"] in (etag, sent[key])  # the acknowledged one, or the one in flight behind it
    blobs = list((engine.data / "blobs").iterdir())
    large = sum(1 for o in s3.get_paginator("list_objects_v2").paginate(Bucket="crash").search("Contents") if o["Size"] > 16 * 1024)
    assert len(blobs) == large and not [b for b in blobs if b.name.endswith(".part")]

"""Images of functions on the disk: once for all that run them, whole or not there whenever the engine dies, gone when nobody runs them."""
import concurrent.futures
import json
import os
import pathlib
import random
import threading
import time

import pytest

from protocol.container_images import ImageFunction, create, folder, layer, member, probe_layer, push, push_probe
from protocol.lambda_functions import eventually, needs_sandbox, unique
from protocol.registry import Registry

KILLS = int(os.environ.get("CUMULET_UNPACK_KILLS", "8"))


def trees(engine):
    return pathlib.Path(engine.data) / "registry" / "trees"


def names(path):
    return sorted(one.name for one in path.iterdir()) if path.exists() else []


def disk_use(path):
    """Bytes of the files below a folder, each inode once."""
    seen = {}
    for one in path.rglob("*"):
        if one.is_file() and not one.is_symlink():
            info = one.stat()
            seen[info.st_ino] = info.st_blocks * 512
    return sum(seen.values())


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def test_two_functions_and_two_images_share_their_layers(own_engine):
    engine = own_engine()
    registry = Registry(engine)
    base = layer(member("base", noise(8 << 20, 1)))
    first, _ = push(registry, "1", [base, probe_layer()], Entrypoint=["/bootstrap"])
    second, _ = push(registry, "2", [base, probe_layer(), layer(member("more", b"x"))], Entrypoint=["/bootstrap"])
    with ImageFunction(engine, first) as a, ImageFunction(engine, first) as b, ImageFunction(engine, second) as c:
        assert len(names(trees(engine) / "images")) == 2 and len(names(trees(engine) / "layers")) == 3
        used = disk_use(trees(engine))
        assert used < 8 * (1 << 20) + len(probe_layer()) + (1 << 20), used
        for function in (a, b, c):
            assert function.invoke("echo", text="x")[1] is None
    eventually(lambda: names(trees(engine) / "images") == [] and names(trees(engine) / "layers") == [])
    eventually(lambda: names(trees(engine) / "removed") == [])


def test_a_tree_stays_while_a_version_or_an_environment_uses_it(own_engine):
    needs_sandbox()
    engine = own_engine()
    registry, uri, digest = push_probe(engine)
    client = engine.client("lambda")
    name = create(engine, uri, Timeout=60)["FunctionName"]
    version = client.publish_version(FunctionName=name)["Version"]
    push(registry, "2", [probe_layer()], Entrypoint=["/bootstrap"], Cmd=["two"])
    client.update_function_code(FunctionName=name, ImageUri=uri[:-1] + "2")
    assert len(names(trees(engine) / "images")) == 2, "the published version runs the first one"
    assert "FunctionError" not in client.invoke(FunctionName=name, Qualifier=version, Payload=b'{"do":"echo"}')
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(client.invoke, FunctionName=name, Qualifier=version, Payload=b'{"do":"sleep","n":3000}')
        time.sleep(1)
        client.delete_function(FunctionName=name)
        time.sleep(0.5)
        assert digest.split(":")[1] in names(trees(engine) / "images"), "its environment works in it"
        answer = running.result()
        assert "FunctionError" not in answer and json.loads(answer["Payload"].read()) == "slept"
    eventually(lambda: names(trees(engine) / "images") == [])


def test_a_restarted_engine_runs_its_images(own_engine):
    engine = own_engine()
    registry, uri, digest = push_probe(engine)
    name = create(engine, uri)["FunctionName"]
    (trees(engine) / "making" / "image").mkdir(parents=True, exist_ok=True)
    engine.kill()
    (trees(engine) / "images" / ("0" * 64)).mkdir()  # half of an image, had it been possible
    (trees(engine) / "layers" / ("1" * 64)).mkdir()
    (trees(engine) / "layers" / ("1" * 64 + "-" + "2" * 64)).mkdir()
    engine.start()
    client = engine.client("lambda")
    assert "FunctionError" not in client.invoke(FunctionName=name, Payload=b'{"do":"echo"}')
    assert names(trees(engine) / "images") == [digest.split(":")[1]] and len(names(trees(engine) / "layers")) == 1
    # A tree that somebody removed is made again, as long as the registry has its image.
    engine.stop()
    (trees(engine) / "images" / digest.split(":")[1]).rename(trees(engine) / "gone")
    engine.start()
    assert "FunctionError" not in engine.client("lambda").invoke(FunctionName=name, Payload=b'{"do":"echo"}')


def test_killed_while_it_unpacks(own_engine):
    """Whenever the engine dies: afterwards each image is whole or not there, and what was acknowledged runs."""
    needs_sandbox()
    engine = own_engine()
    registry = Registry(engine)
    many = [member(f"d{i % 40}/f{i}", noise(300, i)) for i in range(4000)]
    folders = [folder(f"d{i}") for i in range(40)]
    rng, acknowledged = random.Random(2026), {}
    for round_ in range(KILLS):
        uri, digest = push(registry, f"r{round_}", [layer(*folders, *many, member("round", str(round_).encode())), probe_layer()], Entrypoint=["/bootstrap"])
        done = {}

        def make():
            try:
                done["name"] = create(engine, uri, name=unique("k"))["FunctionName"]
            except Exception:  # the engine is gone
                pass
        thread = threading.Thread(target=make)
        thread.start()
        time.sleep(rng.uniform(0.01, 1.2))
        engine.kill()
        thread.join()
        if done:
            acknowledged[done["name"]] = round_
        engine.start()
        registry.engine = engine
        client = engine.client("lambda")
        assert names(trees(engine) / "making") == []
        for image in names(trees(engine) / "images"):
            root = trees(engine) / "images" / image / "root"
            assert sum(1 for one in root.glob("d*/f*")) == 4000 and (root / "bootstrap").exists() and (root / "tmp").is_dir()
        for name, number in list(acknowledged.items())[-2:]:
            answer = client.invoke(FunctionName=name, Payload=json.dumps({"do": "read", "text": "/round"}))
            assert "FunctionError" not in answer and json.loads(answer["Payload"].read()) == str(number)
    # Functions that were made and not acknowledged may be there; their images too, and no others.
    listed = {f["FunctionName"]: f["CodeSha256"] for page in client.get_paginator("list_functions").paginate() for f in page["Functions"]}
    assert set(acknowledged) <= set(listed)
    assert set(names(trees(engine) / "images")) == set(listed.values())


def test_many_environments_of_one_image(own_engine):
    engine = own_engine()
    _, uri, _ = push_probe(engine, layer(member("large", noise(32 << 20, 5))))
    with ImageFunction(engine, uri, Timeout=60) as function:
        before = disk_use(trees(engine))
        client = engine.client("lambda", config=__import__("botocore").config.Config(max_pool_connections=30))
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            started = time.time()
            answers = list(pool.map(lambda _: client.invoke(FunctionName=function.name, Payload=b'{"do":"sleep","n":1500}'), range(24)))
        assert all("FunctionError" not in one for one in answers)
        print(f"24 environments: {time.time() - started:.2f} s")
        assert disk_use(trees(engine)) == before


def test_images_that_unpack_to_more_than_they_may(own_engine):
    """A layer of holes: small to push, large to have. The limit is Lambda's, 10 GB; nothing of it stays."""
    engine = own_engine()
    registry = Registry(engine)
    import gzip
    import zlib
    from protocol import container_images as images
    block = b"\0" * (1 << 20)
    squeeze, packed = zlib.compressobj(9, zlib.DEFLATED, 31), bytearray()
    import tarfile
    info = tarfile.TarInfo("bomb")
    info.size = 11 << 30
    packed += squeeze.compress(info.tobuf(tarfile.GNU_FORMAT))
    packed += squeeze.compress(block)
    packed += squeeze.flush()
    registry.push_image("bomb", [bytes(packed)], images.config([b""]))
    uri = f"127.0.0.1:{engine.port}/{registry.name}:bomb"
    with pytest.raises(Exception) as failed:
        create(engine, uri)
    assert "is not valid" in str(failed.value) and "10737418240" in str(failed.value)
    assert gzip and names(trees(engine) / "images") == [] and names(trees(engine) / "layers") == []
    eventually(lambda: names(trees(engine) / "removed") == [])

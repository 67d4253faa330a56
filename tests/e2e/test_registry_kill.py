"""kill -9 of the engine while images are pushed: what was acknowledged is there afterwards with its bytes, also the chunks of pushes that were not at
their end, which go on; what was not acknowledged is there as a whole or not at all.

CUMULET_PUSH_KILLS says how many kills (5 here; 100 for the full proof), CUMULET_KILL_SEED the seed.
"""
import json
import os
import random
import threading
import time

from protocol.registry import Registry, digest_of, image

KILLS = int(os.environ.get("CUMULET_PUSH_KILLS", "5"))
SEED = int(os.environ.get("CUMULET_KILL_SEED", "2026"))
WRITERS = 4


class Ledger:
    def __init__(self):
        self.blobs, self.tags = set(), {}  # digest; tag -> digest, as acknowledged
        self.seen = set()  # blobs that were looked at after a kill
        self.tried = {}  # tag -> digest of a push whose answer never came
        self.uploads = {}  # location -> (bytes that were acknowledged, content)


def push_on(engine, repository, ledger, number, stop):
    """Pushes images until the engine is gone, each layer in chunks, some pushes left where they are."""
    rng = random.Random((SEED, number, time.time_ns()).__hash__())
    count = 0
    try:
        while not stop.is_set():
            count += 1
            config = json.dumps({"architecture": "amd64", "os": "linux", "n": [number, count, rng.random()]}).encode()
            layer = rng.randbytes(rng.choice([10, 70_000, 600_000]))
            ledger.blobs.add(repository.push_blob(config))
            location, cut = repository.begin(), len(layer) // 2
            ledger.uploads[location] = (0, layer)
            answer = repository.ask("PATCH", location, layer[:cut], {"Content-Range": f"0-{cut - 1}"})
            assert answer.status == 202, answer
            ledger.uploads[location] = (cut, layer)
            if rng.random() < 0.2:
                continue  # another day
            answer = repository.put(location, layer[cut:], digest_of(layer))
            assert answer.status == 201, answer
            del ledger.uploads[location]
            ledger.blobs.add(digest_of(layer))
            tag = f"w{number}-{count % 5}"
            body = json.dumps(image(config, [layer])).encode()
            ledger.tried[tag] = digest_of(body)
            answer, _ = repository.push_manifest(body, tag)
            assert answer.status == 201, answer
            ledger.tags[tag] = ledger.tried.pop(tag)
    except OSError:
        pass  # the engine is gone
    except Exception as failure:
        if type(failure).__module__ != "http.client":
            raise


def check(repository, ledgers, again=False):
    """What was acknowledged since the last kill, or all of it again."""
    known = set()
    for ledger in ledgers:
        for digest in ledger.blobs if again else ledger.blobs - ledger.seen:
            answer = repository.ask("GET", f"blobs/{digest}")
            assert answer.status == 200 and digest_of(answer.body) == digest, (digest, answer.status)
        ledger.seen |= ledger.blobs
        for tag, digest in ledger.tags.items():
            found = repository.ask("GET", f"manifests/{tag}")
            assert found.status == 200, tag
            assert found.headers["docker-content-digest"] in (digest, ledger.tried.get(tag)), tag
        known |= ledger.tags.keys() | ledger.tried.keys()
    # Nothing is there by half: what a tag names is there with all that it names.
    tags = repository.ask("GET", "tags/list").json["tags"]
    assert set(tags) <= known
    for tag in tags:
        manifest = repository.ask("GET", f"manifests/{tag}").json
        for one in (manifest["config"], *manifest["layers"]):
            answer = repository.ask("GET", f"blobs/{one['digest']}")
            assert answer.status == 200 and digest_of(answer.body) == one["digest"] and len(answer.body) == one["size"]


def go_on(repository, ledger):
    """Uploads that were not at their end."""
    for location, (acknowledged, content) in list(ledger.uploads.items()):
        status = repository.ask("GET", location)
        if status.status == 404:  # its end was never acknowledged, but may have come to be
            assert repository.ask("HEAD", f"blobs/{digest_of(content)}").status == 200 or acknowledged == 0, location
        else:
            kept = int(status.headers["range"].split("-")[1]) + 1 if status.headers["range"] != "0-0" or acknowledged == 1 else 0
            assert acknowledged <= kept <= len(content), (acknowledged, kept)
            if repository.put(location, content[kept:], digest_of(content)).status == 201:
                ledger.blobs.add(digest_of(content))
                assert repository.ask("GET", f"blobs/{digest_of(content)}").body == content
        del ledger.uploads[location]


def test_pushes_and_kill(own_engine):
    engine = own_engine()
    repository = Registry(engine)
    rng = random.Random(SEED)
    ledgers = [Ledger() for _ in range(WRITERS)]
    port = engine.port
    for _ in range(KILLS):
        stop = threading.Event()
        before = [len(ledger.blobs) for ledger in ledgers]
        threads = [threading.Thread(target=push_on, args=(engine, repository, ledger, i, stop)) for i, ledger in enumerate(ledgers)]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.05, 0.6))
        engine.kill()
        stop.set()
        for thread in threads:
            thread.join()
        engine.start(port)
        check(repository, ledgers)
        for ledger in ledgers:
            go_on(repository, ledger)
            for tag, digest in ledger.tried.items():  # known now
                if repository.ask("HEAD", f"manifests/{tag}").headers.get("docker-content-digest") == digest:
                    ledger.tags[tag] = digest
            ledger.tried.clear()
        assert sum(len(ledger.blobs) for ledger in ledgers) > sum(before), "nothing was pushed between two kills"
    check(repository, ledgers, again=True)
    # What the blob store holds is what the rows name: nothing is left over.
    repository.ecr.delete_repository(repositoryName=repository.name, force=True)
    folder, end = engine.data / "registry/blobs", time.time() + 60
    while list(folder.iterdir()) and time.time() < end:
        time.sleep(0.1)
    assert not list(folder.iterdir())

"""kill -9 of the engine while 8 clients send, receive and delete: what was acknowledged as sent is there or was deleted, what was
acknowledged as deleted never comes back, and a FIFO group keeps its order.

CUMULET_QUEUE_KILLS says how many kills (3 here; 10 for the full proof), CUMULET_KILL_SEED the seed.
"""
import collections
import http.client
import os
import random
import threading
import time

from protocol.lambda_functions import eventually
from protocol.queues import Wire

KILLS = int(os.environ.get("CUMULET_QUEUE_KILLS", "3"))
SEED = int(os.environ.get("CUMULET_KILL_SEED", "2026"))
CLIENTS, OPERATIONS = 8, 1000
SENT_SHARE = 0.55


class Record:
    """What the clients tried and what was acknowledged, over all kills."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tried, self.sent, self.tried_to_delete, self.deleted = set(), set(), set(), set()
        self.acknowledged = 0

    def note(self, *changes):
        with self.lock:
            for target, bodies in changes:
                target.update(bodies)

    def acknowledge(self, target, bodies):
        with self.lock:
            target.update(bodies)
            self.acknowledged += 1


class Client:
    """Sends, receives and deletes at random, singly and in batches, until the engine is gone."""

    def __init__(self, engine, record, url, name, chance):
        self.wire, self.record, self.url, self.name, self.chance = Wire(engine), record, url, name, chance
        self.is_fifo, self.number, self.held = url.endswith(".fifo"), 0, []

    def entry(self):
        self.number += 1
        body = f"{self.name}-{self.number}"
        return {"MessageBody": body, **({"MessageGroupId": self.name, "MessageDeduplicationId": body} if self.is_fifo else {})}

    def send(self):
        entries = [self.entry() for _ in range(1 if self.chance.random() < 0.7 else self.chance.randint(2, 10))]
        bodies = [entry["MessageBody"] for entry in entries]
        self.record.note((self.record.tried, bodies))
        if len(entries) == 1:
            self.wire.call("SendMessage", QueueUrl=self.url, **entries[0])
        else:
            answer = self.wire.call("SendMessageBatch", QueueUrl=self.url, Entries=[{"Id": str(i), **e} for i, e in enumerate(entries)])
            assert len(answer["Successful"]) == len(entries)
        self.record.acknowledge(self.record.sent, bodies)

    def receive(self):
        most = self.chance.randint(1, 10)
        messages = self.wire.call("ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=most).get("Messages", [])
        assert not {m["Body"] for m in messages} & self.record.deleted
        self.held += messages
        self.record.acknowledge(set(), ())

    def delete(self):
        count = 1 if self.chance.random() < 0.5 else min(10, len(self.held))
        taken, self.held = self.held[:count], self.held[count:]
        bodies = [m["Body"] for m in taken]
        self.record.note((self.record.tried_to_delete, bodies))
        if count == 1:
            self.wire.call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=taken[0]["ReceiptHandle"])
        else:
            answer = self.wire.call("DeleteMessageBatch", QueueUrl=self.url, Entries=[
                {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(taken)])
            assert len(answer["Successful"]) == count
        self.record.acknowledge(self.record.deleted, bodies)

    def run(self, failures):
        try:
            while True:
                if self.chance.random() < SENT_SHARE:
                    self.send()
                elif self.held and self.chance.random() < 0.7:
                    self.delete()
                else:
                    self.receive()
        except (OSError, http.client.HTTPException):
            pass  # the kill
        except Exception as error:
            failures.append(error)


def drained(engine, record, url):
    """The bodies left in a queue, in order of arrival; all are deleted."""
    wire, bodies = Wire(engine), []

    def left():
        found = wire.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def empty():
        while messages := wire.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            bodies.extend(m["Body"] for m in messages)
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            assert len(wire.call("DeleteMessageBatch", QueueUrl=url, Entries=entries)["Successful"]) == len(entries)
            record.note((record.deleted, [m["Body"] for m in messages]))
        return left() == 0

    eventually(empty)
    return bodies


def test_acknowledged_operations_survive_kill_9(own_engine):
    engine = own_engine()
    port, record, chance = engine.port, Record(), random.Random(SEED)
    setup = Wire(engine)
    urls = [setup.call("CreateQueue", QueueName="standard", Attributes={"VisibilityTimeout": "600"})["QueueUrl"],
            setup.call("CreateQueue", QueueName="strict.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "600"})["QueueUrl"]]
    for kill in range(KILLS):
        failures = []
        clients = [Client(engine, record, urls[n % 2], f"{kill}-{n}", random.Random(SEED * 1000 + kill * 10 + n)) for n in range(CLIENTS)]
        threads = [threading.Thread(target=client.run, args=(failures,)) for client in clients]
        wanted, until = record.acknowledged + OPERATIONS - chance.randint(0, OPERATIONS // 2), time.time() + 60
        already_deleted = set(record.deleted)
        for thread in threads:
            thread.start()
        while record.acknowledged < wanted and not failures and time.time() < until:
            time.sleep(0.001)
        engine.kill()
        for thread in threads:
            thread.join(60)
        assert not failures, failures
        assert record.acknowledged >= wanted
        engine.start(port)
        where = f"kill {kill} (seed {SEED})"
        acknowledged_as_deleted, found = set(record.deleted), []
        for url in urls:
            bodies = drained(engine, record, url)
            found += bodies
            if url.endswith(".fifo"):
                by_group = collections.defaultdict(list)
                for body in bodies:
                    group, _, number = body.rpartition("-")
                    by_group[group].append(int(number))
                for group, numbers in by_group.items():
                    assert numbers == sorted(numbers), f"{where}: group {group} lost its order: {numbers}"
        assert len(found) == len(set(found)), f"{where}: given out twice"
        assert not set(found) & acknowledged_as_deleted, f"{where}: came back after its delete"
        lost = record.sent - record.tried_to_delete - set(found) - already_deleted
        assert not lost, f"{where}: {len(lost)} acknowledged messages are lost: {sorted(lost)[:5]}"
        assert set(found) <= record.tried

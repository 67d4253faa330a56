"""kill -9 of the engine while 8 clients send, receive and delete: what was acknowledged as sent is there or was deleted, what was
acknowledged as deleted never comes back, and a FIFO group keeps its order.

CUMULET_QUEUE_KILLS says how many kills (10), CUMULET_KILL_SEED the seed.
"""
import collections
import http.client
import os
import random
import threading
import time

from e2e.queue_workers import Witness, Workers
from protocol import queues
from protocol.lambda_functions import eventually
from protocol.queues import Wire, arn_of, counts, drain, make, receive, redrive

KILLS = int(os.environ.get("CUMULET_QUEUE_KILLS", "10"))
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
        wanted, until = record.acknowledged + OPERATIONS - chance.randint(0, OPERATIONS // 2), time.time() + 180
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


def test_a_message_that_kills_the_engine_gets_to_the_dead_letters(own_engine):
    """Receive counts are written lazily, but they are written: whoever dies of a message some time later does not meet it for ever."""
    engine = own_engine()
    sqs, port = queues.client(engine), engine.port
    dead = make(sqs)
    url = make(sqs, RedrivePolicy=redrive(sqs, dead, 2), VisibilityTimeout="600")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(4):
        received = receive(sqs, url)
        time.sleep(0.3)
        engine.kill()
        engine.start(port)
        if not received:
            break
    assert counts(sqs, url) == (0, 0, 0)
    assert [m["Body"] for m in receive(sqs, dead)] == ["poison"]


def test_dead_letters_and_moves_survive(own_engine):
    """Killed while messages go to the dead-letter queue and back: each is in one of the two, once, and the task ends."""
    engine = own_engine()
    sqs, port, count = queues.client(engine), engine.port, 200
    dead = make(sqs)
    url = make(sqs, RedrivePolicy=redrive(sqs, dead), VisibilityTimeout="0")
    for at in range(0, count, 10):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": str(at + i)} for i in range(10)])
    seen = 0
    while seen < count:
        seen += len(receive(sqs, url, MaxNumberOfMessages=10))
    killer = threading.Timer(0.01, engine.kill)
    killer.start()
    try:
        while counts(sqs, dead)[0] < count:  # a receive that finds what was received often enough moves it
            receive(sqs, url, MaxNumberOfMessages=10)
    except Exception:
        pass
    killer.join()
    engine.start(port)
    assert counts(sqs, url)[0] + counts(sqs, dead)[0] == count
    while sum(counts(sqs, url)):
        receive(sqs, url, MaxNumberOfMessages=10)
    assert counts(sqs, dead) == (count, 0, 0)

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": "", "VisibilityTimeout": "600"})
    source, target = arn_of(sqs, dead), arn_of(sqs, url)
    other = make(sqs, RedrivePolicy=redrive(sqs, dead))  # what makes it a dead-letter queue still
    assert other
    Wire(engine).call("StartMessageMoveTask", SourceArn=source, DestinationArn=target, MaxNumberOfMessagesPerSecond=100)
    eventually(lambda: counts(sqs, url)[0] >= 20)
    engine.kill()
    engine.start(port)
    eventually(lambda: Wire(engine).call("ListMessageMoveTasks", SourceArn=source)["Results"][0]["Status"] == "COMPLETED")
    assert counts(sqs, dead) == (0, 0, 0)
    assert sorted(drain(sqs, url, count), key=int) == [str(n) for n in range(count)]


def test_purges_and_duplicates_are_remembered(own_engine):
    engine = own_engine()
    sqs, port = queues.client(engine), engine.port
    purged, strict = make(sqs), make(sqs, fifo=True)
    for n in range(50):
        sqs.send_message(QueueUrl=purged, MessageBody=str(n))
    sqs.purge_queue(QueueUrl=purged)
    sqs.send_message(QueueUrl=purged, MessageBody="after")
    first = sqs.send_message(QueueUrl=strict, MessageBody="x", MessageGroupId="g")
    handle = receive(sqs, strict)[0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=strict, ReceiptHandle=handle)
    engine.kill()
    engine.start(port)
    assert drain(sqs, purged, 1) == ["after"] and counts(sqs, purged) == (0, 0, 0)
    assert sqs.send_message(QueueUrl=strict, MessageBody="x", MessageGroupId="g")["MessageId"] == first["MessageId"]
    assert counts(sqs, strict) == (0, 0, 0)
    later = sqs.send_message(QueueUrl=strict, MessageBody="y", MessageGroupId="g")
    assert int(later["SequenceNumber"]) > int(first["SequenceNumber"])


def test_workers_lose_nothing(own_engine):
    """The engine killed again and again while functions work: every message is done; again at most what a kill interrupted."""
    engine = own_engine()
    port, chance, kills, at_once = engine.port, random.Random(SEED), 4, 10
    with Witness() as witness:
        workers = Workers(engine, visibility=600, max_receives=100, batch=2,
                          function={"Timeout": 10, "Environment": {"Variables": {"PROBE_REPORT_TO": witness.address}}}).start()
        bodies = {f"sleep 30 {n}" for n in range(120)}
        workers.send(*bodies)
        for _ in range(kills):
            before = len(witness.done)
            eventually(lambda: len(witness.done) > before)
            time.sleep(chance.uniform(0, 0.3))
            engine.kill()
            engine.start(port)
        workers.await_empty()
        assert set(witness.done) == bodies
        assert workers.dead_letters() == []
        assert sum(witness.done.values()) - len(bodies) <= kills * at_once * 2

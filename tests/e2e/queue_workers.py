"""A queue that feeds a function, for the tests of event sources. What the function does stands in its messages' bodies
(tests/functions/probe.cpp)."""
import collections
import re
import socketserver
import threading

import function_ports
from protocol import queues
from protocol.lambda_functions import Function, call, eventually
from protocol.queues import arn_of, counts, make, receive, redrive


class Workers:
    """Queue, dead-letter queue (max_receives given), function and enabled mapping; takes the mapping and the function down at the end."""

    def __init__(self, engine, visibility=1, max_receives=None, fifo=False, batch=10, mapping=None, function=None, queue=None):
        self.engine, self.sqs, self.client = engine, queues.client(engine), engine.client("lambda")
        self.dead = make(self.sqs, fifo=fifo) if max_receives else None
        policy = {"RedrivePolicy": redrive(self.sqs, self.dead, max_receives)} if max_receives else {}
        self.url = make(self.sqs, fifo=fifo, VisibilityTimeout=str(visibility), **policy, **(queue or {}))
        self.function = Function(engine, **{"Timeout": min(visibility, 30), **(function or {})})
        self.given = {"EventSourceArn": arn_of(self.sqs, self.url), "FunctionName": self.function.name, "BatchSize": batch, **(mapping or {})}
        self.mapping = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.mapping:
            self.client.delete_event_source_mapping(UUID=self.mapping)
        self.function.__exit__()

    def start(self):
        self.mapping = call(self.engine, "POST", "/2015-03-31/event-source-mappings", self.given)["UUID"]  # boto3 knows no ScalingConfig
        eventually(lambda: self.client.get_event_source_mapping(UUID=self.mapping)["State"] == "Enabled")
        return self

    def send(self, *bodies, **more):
        for at in range(0, len(bodies), 10):
            entries = [{"Id": str(i), "MessageBody": body, **more} for i, body in enumerate(bodies[at:at + 10])]
            assert len(self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)["Successful"]) == len(entries)

    def done(self):
        """The bodies that were worked on to their end, in the log's order."""
        return re.findall(r"^DONE (.*)$", self.function.log(), re.M)

    def batches(self):
        """Sizes of the batches that were begun."""
        return [int(size) for size in re.findall(r"^BATCH (\d+)$", self.function.log(), re.M)]

    def await_empty(self, seconds=180):
        eventually(lambda: counts(self.sqs, self.url) == (0, 0, 0), seconds)

    def await_done(self, count, seconds=180):
        return eventually(lambda: len(found := self.done()) >= count and found, seconds)

    def dead_letters(self, count=None, seconds=180):
        """(body, receive count) of what is in the dead-letter queue, sorted; waits for `count` of them."""
        if count is not None:
            eventually(lambda: counts(self.sqs, self.dead)[0] >= count, seconds)
        found = []
        while messages := receive(self.sqs, self.dead, MaxNumberOfMessages=10, AttributeNames=["All"]):
            found += [(m["Body"], int(m["Attributes"]["ApproximateReceiveCount"])) for m in messages]
        return sorted(found)


class Witness:
    """Counts what functions report as done (PROBE_REPORT_TO), whatever becomes of the engine and its logs."""

    def __init__(self):
        self.done, lock = collections.Counter(), threading.Lock()
        witness = self

        class Taker(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline().decode()
                if not line.endswith("\n"):
                    return  # killed before it had said anything
                with lock:
                    witness.done[line[:-1]] += 1
                self.wfile.write(b".")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", function_ports.take()), Taker)
        self.address = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

"""Many messages: workers grow by Lambda's rule, nothing is lost, nothing is done twice unless something was killed.

CUMULET_QUEUE_MESSAGES says how many (200, as in the full proof); how fast it goes is told by bench/sqs.py."""
import collections
import os
import re
import urllib.request

import pytest

from e2e.queue_workers import Workers
from protocol.lambda_functions import eventually

MESSAGES = int(os.environ.get("CUMULET_QUEUE_MESSAGES", "200"))
pytestmark = pytest.mark.alone  # they count how many run at a time
AT_FIRST = 5  # concurrent batches, before the growth of 300 a minute


def most_at_once(log):
    """How many invocations ran at the same time, by their STARTs and ENDs."""
    running = most = 0
    for word in re.findall(r"^(START|END) RequestId", log, re.M):
        running += 1 if word == "START" else -1
        most = max(most, running)
    return most


def test_a_burst_is_done_once_each(engine):
    with Workers(engine, visibility=60, max_receives=2, batch=1, function={"MemorySize": 128}).start() as workers:
        bodies = [f"sleep 50 {n}" for n in range(MESSAGES)]
        workers.send(*bodies)
        workers.await_empty(90)
        assert collections.Counter(workers.await_done(MESSAGES)) == collections.Counter(bodies)
        assert workers.dead_letters() == []
        assert most_at_once(workers.function.log()) >= AT_FIRST


def test_changes_amid_the_work(engine):
    """The mapping is disabled, enabled and changed, the function too, while they work: every message is done once, none is held up."""
    with Workers(engine, visibility=60, max_receives=3, batch=2).start() as workers:
        bodies = [f"sleep 30 {n}" for n in range(120)]
        workers.send(*bodies)
        for change in range(4):
            workers.await_done(len(bodies) * (change + 1) // 8)
            workers.client.update_event_source_mapping(UUID=workers.mapping, Enabled=False)
            eventually(lambda: workers.client.get_event_source_mapping(UUID=workers.mapping)["State"] == "Disabled")
            workers.client.update_function_configuration(FunctionName=workers.function.name, Description=f"change {change}")
            workers.client.update_event_source_mapping(UUID=workers.mapping, Enabled=True, BatchSize=change + 1)
        workers.await_empty(30)
        assert collections.Counter(workers.await_done(len(bodies))) == collections.Counter(bodies)
        assert workers.dead_letters() == []


def test_five_at_first(engine):
    """Twenty messages of 0.5 s: until the first is done there are the five at first, and what grows in half a second."""
    with Workers(engine, visibility=60, batch=1).start() as workers:
        bodies = [f"sleep 500 {n}" for n in range(20)]
        workers.send(*bodies)
        workers.await_empty(60)
        assert sorted(workers.await_done(20)) == sorted(bodies)
        log = workers.function.log()
        assert AT_FIRST <= log[:log.index("\nEND ")].count("START RequestId") <= AT_FIRST + 4


def gauges(engine, name, **labels):
    """{rest of the labels: value} of a gauge's samples that have these labels."""
    with urllib.request.urlopen(engine.endpoint + "/_cumulet/metrics") as answer:
        found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", answer.read().decode(), re.M)
    wanted = {f'{label}="{value}"' for label, value in labels.items()}
    return {tuple(sorted(set(given.split(",")) - wanted)): float(value) for given, value in found if wanted <= set(given.split(","))}


def test_metrics_and_status_show_the_work(engine):
    with Workers(engine, visibility=60, batch=1).start() as workers:
        arn = workers.given["EventSourceArn"]
        workers.send(*[f"sleep 400 {n}" for n in range(20)])

        def shown():
            queue, batches = gauges(engine, "cumulet_queue_messages", queue=arn), gauges(engine, "cumulet_event_source_batches", queue=arn)
            environments = gauges(engine, "cumulet_function_environments", function=workers.function.name, region="us-east-1")
            return (queue[('state="visible"',)] >= 5 and queue[('state="in_flight"',)] >= 5 and list(batches.values())[0] >= 5
                    and environments[('state="busy"',)] >= 5)
        eventually(shown)
        text = engine.run("status").stdout
        assert arn.rsplit(":", 1)[1] in text and workers.function.name in text and "in flight" in text
        [limit] = gauges(engine, "cumulet_event_source_batches_limit", queue=arn).values()
        assert AT_FIRST <= limit <= AT_FIRST + 5
        workers.await_empty()
        eventually(lambda: list(gauges(engine, "cumulet_event_source_batches", queue=arn).values()) == [0])


def test_the_machines_memory_bounds(engine):
    """Environments are admitted by the sum of their MemorySize; what has to wait for room is not lost and not dead-lettered."""
    [budget] = gauges(engine, "cumulet_function_memory_budget_bytes").values()
    size = min(10_240, int(budget) // (2 << 20))
    with Workers(engine, visibility=60, max_receives=2, batch=1, function={"MemorySize": size}).start() as workers:
        workers.send(*[f"sleep 100 {n}" for n in range(12)])
        workers.await_empty(60)
        assert sorted(workers.await_done(12)) == sorted(f"sleep 100 {n}" for n in range(12))
        assert most_at_once(workers.function.log()) <= int(budget) // (size << 20)
        assert workers.dead_letters() == []


def test_maximum_concurrency_bounds(engine):
    with Workers(engine, visibility=60, batch=1, mapping={"ScalingConfig": {"MaximumConcurrency": 2}}) as workers:
        workers.start()
        workers.send(*[f"sleep 100 {n}" for n in range(12)])
        workers.await_empty(60)
        workers.await_done(12)
        assert most_at_once(workers.function.log()) == 2


def test_a_tenth_killed(engine):
    """10 % of the deliveries kill their function: every message is done in the end or stands in the dead-letter queue."""
    with Workers(engine, visibility=2, max_receives=3, batch=1, function={"Timeout": 2, "Environment": {"Variables": {
            "PROBE_EXIT_PERCENT": "10"}}}).start() as workers:
        bodies = {f"sleep 20 {n}" for n in range(MESSAGES)}
        workers.send(*bodies)
        workers.await_empty(90)
        dead = {body for body, _ in workers.dead_letters()}
        done = collections.Counter(workers.await_done(MESSAGES - len(dead)))
        assert set(done) | dead == bodies and not set(done) & dead
        assert set(done.values()) == {1}  # a killed delivery did not come to its end
        assert len(workers.batches()) > MESSAGES or len(dead) > 0  # something was killed

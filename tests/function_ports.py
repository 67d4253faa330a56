"""Functions see nothing of this machine's network but what the engine is told to show them (`--function-hosts`). Servers of
tests that functions are to reach listen on one of these ports, which every engine of the tests shows."""
import itertools
import os
import random
import socket


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _pick(count):
    """Below the ports that the kernel hands out by itself, so that nobody takes one in between."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 6  # of several that run at a time: to each its own
    candidates = random.sample(range(20000 + 2000 * worker, 22000 + 2000 * worker), 400)
    return list(itertools.islice(filter(_is_free, candidates), count))


PORTS = _pick(8)
_turns = itertools.cycle(PORTS)


def take():
    """One that is free now."""
    for port in itertools.islice(_turns, len(PORTS)):
        if _is_free(port):
            return port
    raise RuntimeError("all ports that functions reach are taken")


ENGINE_OPTIONS = ["--function-hosts", ",".join(f"127.0.0.1:{port}" for port in PORTS)]

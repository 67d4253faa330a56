"""What a hostile function does to the machine it runs on."""
import glob
import http.client
import http.server
import os
import pathlib
import socket
import threading
import time

import pytest

import function_ports
from security.intruder import Intruder, Raised


def test_the_machines_settings_cannot_be_written(intruder):
    kept = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
    written = intruder.python("""
        import os
        written = []
        for folder, _, files in os.walk("/proc"):
            if folder.startswith("/proc/") and folder.split("/")[2].isdigit():
                continue  # a process's own
            for name in files:
                path = folder + "/" + name
                try:
                    os.close(os.open(path, os.O_WRONLY))
                    written.append(path)
                except OSError:
                    pass
        return written
        """)
    # The kernel lets everybody ask to be told of pressure; that changes nothing.
    assert [path for path in written if not path.startswith("/proc/pressure/")] == []
    assert pathlib.Path("/proc/sys/kernel/core_pattern").read_text() == kept


def test_it_is_nobody_on_the_host(engine, intruder):
    """Its files and processes belong to a user that is neither root nor (under root) another function's."""
    owners = []
    with Intruder(engine) as other:
        for one in (intruder, other):
            marker = one.python("""
                import subprocess, uuid
                marker = str(uuid.uuid4())
                subprocess.Popen([marker, "60"], executable="/bin/sleep")
                return marker
                """)
            [process] = [p for p in glob.glob("/proc/[0-9]*") if read(p + "/cmdline").startswith(marker.encode())]
            status = dict(line.split(":\t", 1) for line in read(process + "/status").decode().splitlines() if ":\t" in line)
            uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
            assert len(uids) == len(gids) == 1 and "0" not in uids | gids, "real, effective, saved and file system's"
            assert status["Groups"].strip() in ("", "65534"), "no group of the engine's"
            assert {status[c] for c in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
            assert status["NoNewPrivs"] == "1"
            owners.append(uids.pop())
    engine_uid = str(os.stat(f"/proc/{engine.process.pid}").st_uid)
    if engine_uid == "0":
        assert owners[0] != owners[1], "each environment has a user of its own"
    else:
        assert owners == [engine_uid] * 2


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("flags", ["-U", "-Ur", "-UrmC", "-Urn", "-m", "-n", "-C", "-p", "-i", "-u", "-T"])
def test_it_makes_no_namespaces(intruder, flags):
    assert intruder.sh(f"unshare {flags} true && echo made")["out"] == ""


def test_no_syscall_makes_a_user_namespace(intruder):
    done = intruder.c(r"""
        #define _GNU_SOURCE
        #include <errno.h>
        #include <linux/sched.h>
        #include <sched.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <signal.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        #include <unistd.h>
        int main() {
          struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
          pid_t child = syscall(SYS_clone3, &args, sizeof args);
          if (child == 0) _exit(0);
          if (child > 0) puts("clone3");
          child = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
          if (child == 0) _exit(0);
          if (child > 0) puts("clone");
          if (unshare(CLONE_NEWUSER) == 0) puts("unshare");
          return 0;
        }
        """)
    assert (done["status"], done["out"]) == (0, "")


def test_it_lifts_no_limit_of_its_own(intruder):
    """The way that worked: a user namespace, in it the control group's file system, and a write."""
    done = intruder.sh("""
        unshare -UrmC sh -c 'mkdir -p /tmp/g && mount -t cgroup -o memory none /tmp/g && echo -1 > /tmp/g/memory.limit_in_bytes && echo lifted
                             mount -t cgroup2 none /tmp/g && echo max > /tmp/g/memory.max && echo lifted'
        mount -t cgroup2 none /tmp && echo mounted
        mount -t tmpfs none /tmp && echo mounted
        """)
    assert done["out"] == ""
    assert intruder.python("""
        import resource
        raised = []
        for name in ("RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_DATA"):
            soft, hard = resource.getrlimit(getattr(resource, name))
            if hard == resource.RLIM_INFINITY:
                continue
            try:
                resource.setrlimit(getattr(resource, name), (hard + 1, hard + 1))
                raised.append(name)
            except ValueError:
                pass
        return raised
        """) == []


def test_it_learns_no_path_of_the_host(engine, intruder, user):
    told = intruder.python("""
        import glob
        told = {}
        for path in glob.glob("/proc/self/*") + glob.glob("/proc/1/*") + glob.glob("/etc/*") + ["/proc/mounts", "/proc/cmdline"]:
            try:
                told[path] = open(path, "rb").read(1 << 16).decode("latin-1")
            except OSError:
                pass
        return told
        """)
    assert "/var/task" in told["/proc/self/mountinfo"]
    folder = data_folder(engine)
    for path, text in told.items():
        for secret in (folder, str(user.folder), pathlib.Path(folder).name, str(engine.process.pid) + "-"):
            assert secret not in text, path


def data_folder(engine):
    """Of an ephemeral engine: what it holds open tells."""
    for fd in glob.glob(f"/proc/{engine.process.pid}/fd/*"):
        try:
            target = os.readlink(fd)
        except OSError:
            continue
        if target.endswith("/state.db"):
            return str(pathlib.Path(target).parent)
    raise AssertionError("the engine has no state.db open")


def test_it_sees_neither_the_data_nor_homes_nor_secrets(engine, intruder):
    seen = intruder.python("""
        import os
        out = []
        for path in given:
            try:
                out.append(path + ": " + str(os.listdir(path) if os.path.isdir(path) else open(path).read(10)))
            except OSError:
                pass
        return out
        """, given=[data_folder(engine), "/root", "/home", "/etc/shadow", "/etc/ssh", "/var/lib", "/run", "/sys", "/boot", "/proc/kcore",
                    "/dev/mem", "/dev/sda", "/dev/vda", "/dev/kmsg", "/dev/net/tun", "/dev/fuse"])
    assert seen == []


@pytest.fixture
def neighbour():
    """A program of this machine: on loopback, on every address, and on an abstract UNIX socket; counts who comes."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    abstract = socket.socket(socket.AF_UNIX)
    name = f"cumulet-neighbour-{os.getpid()}"
    abstract.bind("\0" + name)
    abstract.listen()
    yield server.server_address[1], name
    abstract.close()
    server.shutdown()
    server.server_close()


def own_addresses():
    """IPv4 addresses of this machine beside loopback."""
    out = set()
    previous = ""
    for line in pathlib.Path("/proc/net/fib_trie").read_text().splitlines():
        if "/32 host LOCAL" in line and not previous.startswith("127."):
            out.add(previous)
        previous = line.split()[-1]
    return sorted(out)


def test_neighbours_on_this_machine_are_out_of_reach(intruder, neighbour):
    port, name = neighbour
    socket.create_connection(("127.0.0.1", port), 5).close()  # it is there
    reached = intruder.python("""
        import socket
        port, name, addresses = given
        reached = []
        for address in ["127.0.0.1", "127.0.0.2", "::1", "198.18.61.2", *addresses]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with socket.socket(family) as s:
                s.settimeout(3)
                if s.connect_ex((address, port)) == 0:
                    reached.append(address)
        with socket.socket(socket.AF_UNIX) as s:
            if s.connect_ex("\\0" + name) == 0:
                reached.append("abstract")
        return reached
        """, given=[port, name, own_addresses()])
    assert reached == []


def test_what_is_named_is_reached_and_nothing_beside_it(own_engine):
    port = function_ports.take()
    with socket.create_server(("127.0.0.1", port)) as server:
        def answer():
            client, _ = server.accept()
            with client:
                client.sendall(client.recv(100).upper())
        threading.Thread(target=answer, daemon=True).start()
        with Intruder(own_engine()) as one:
            assert one.python(f"""
                import socket
                with socket.create_connection(("127.0.0.1", {port}), 10) as s:
                    s.sendall(b"hello")
                    s.shutdown(socket.SHUT_WR)
                    return s.recv(100).decode()
                """) == "HELLO"


def test_without_an_outside_only_the_engine_is_there(own_engine):
    engine = own_engine(["--function-network", "engine"])
    with Intruder(engine) as one:
        assert one.python("""
            import socket, errno, os, urllib.request
            with socket.socket() as s:
                s.settimeout(5)
                outcome = errno.errorcode[s.connect_ex(("192.0.2.77", 443))]
            devices = [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line]
            alive = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_cumulet/live").read().decode()
            return [outcome, devices, alive]
            """) == ["ENETUNREACH", ["lo"], "ok"]


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2", "168.63.129.16"])
def test_a_clouds_metadata_is_out_of_reach(intruder, address):
    assert intruder.python(f"""
        import socket, errno
        with socket.socket() as s:
            s.settimeout(5)
            return errno.errorcode.get(s.connect_ex(("{address}", 80)))
        """) in ("EHOSTUNREACH", "ENETUNREACH")


def runtime_api_answers(address):
    host, port = address.rsplit(":", 1)
    try:
        api = http.client.HTTPConnection(host, int(port), timeout=2)
        api.request("GET", "/2018-06-01/runtime/invocation/next")
        return api.getresponse().read()
    except OSError:
        return None


def test_nobody_else_reaches_a_functions_runtime_api(engine, intruder):
    """Neither a program of the machine nor another function, whatever they know; the answer would have been forged."""
    address = intruder.python("import os\nreturn os.environ['AWS_LAMBDA_RUNTIME_API']")
    assert runtime_api_answers(address) is None
    with Intruder(engine) as other:
        victim_id = intruder.python("return request_id")
        forged = other.python("""
            import http.client, os
            out = []
            own = os.environ["AWS_LAMBDA_RUNTIME_API"]
            for port in sorted({int(given["address"].rsplit(":", 1)[1]), *range(9000, 9010)}):
                if own.endswith(":%d" % port):
                    continue
                try:
                    api = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                    api.request("POST", "/2018-06-01/runtime/invocation/" + given["id"] + "/response", "forged")
                    out.append([port, api.getresponse().status])
                except OSError:
                    pass
            api = http.client.HTTPConnection(own, timeout=2)
            api.request("POST", "/2018-06-01/runtime/invocation/" + given["id"] + "/response", "forged")
            out.append(api.getresponse().status)
            return out
            """, given={"address": address, "id": victim_id})
        assert forged == [400], "its own Runtime API knows no such request"
    assert intruder.python("return 'still mine'") == "still mine"


def test_no_process_outlives_a_killed_engine(own_engine):
    """Neither functions nor what carries their packets."""
    engine = own_engine()
    with Intruder(engine) as one:
        one.python("import subprocess\nsubprocess.Popen(['sleep', '300'], start_new_session=True)")
        children = set(descendants(engine.process.pid))
        assert len(children) >= 3
        port = engine.port
        engine.kill()
        end = time.time() + 20
        while (left := [pid for pid in children if is_alive(pid)]) and time.time() < end:
            time.sleep(0.02)
        assert left == []
        engine.start(port)  # for the function's deletion


def descendants(pid):
    found, todo = [], [pid]
    parents = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        text = read(stat).decode(errors="replace")
        if text:
            parents[int(text.split(" ", 1)[0])] = int(text.rsplit(")", 1)[1].split()[1])
    while todo:
        parent = todo.pop()
        children = [p for p, above in parents.items() if above == parent]
        found += children
        todo += children
    return found


def is_alive(pid):
    status = read(f"/proc/{pid}/stat").decode(errors="replace")
    return bool(status) and status.rsplit(")", 1)[1].split()[0] != "Z"


def test_its_signals_reach_nobody(engine, intruder):
    with pytest.raises(Raised, match="ProcessLookupError|PermissionError"):
        intruder.python("import os\nos.kill(given, 0)", given=engine.process.pid)
    assert engine.process.poll() is None


def test_descriptors_of_the_engine_are_not_inherited(intruder):
    """A namespace or a listening socket held open would be a way out."""
    kinds = intruder.python("""
        import os
        out = []
        for fd in os.listdir("/proc/self/fd"):
            try:
                out.append(os.readlink("/proc/self/fd/" + fd).split("[")[0].split("/")[1:2] or os.readlink("/proc/self/fd/" + fd).split("[")[0])
            except OSError:
                pass
        return [str(kind) for kind in out]
        """)
    assert not [kind for kind in kinds if kind not in ("pipe:", "socket:", "['dev']", "['proc']")], kinds

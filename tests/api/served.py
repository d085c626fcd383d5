"""A real `atelier serve` with accounts, jobs and a real worker, and a client of our own for it: plain sockets where a
well-behaved one would stand in the way. Every test of the API begins here."""
import atexit
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

PROGRAM = os.path.join(os.environ["ATELIER_BINARY_DIR"], "atelier")
IS_SANITIZED = "asan" in os.environ["ATELIER_BINARY_DIR"]  # keeps freed memory back: its growth tells nothing
ROOT = "/api/v1"
PASSWORD = "a long enough password"
PATIENCE = 60.0

problems = []


def check(is_right, *what):
    """Notes what is wrong and goes on: one run tells all of it."""
    if is_right:
        return
    text = " ".join(str(part) for part in what)
    problems.append(text)
    print("WRONG:", text, flush=True)


def equal(got, wanted, *what):
    check(got == wanted, *what, f"- got {got!r}, wanted {wanted!r}")


def finish():
    print(f"{len(problems)} problems" if problems else "all is well")
    sys.exit(1 if problems else 0)


def eventually(is_true, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = is_true()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("in vain waited for: " + what)
        time.sleep(0.02)


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Answer:
    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    def header(self, name):
        return self.headers.get(name.lower(), "")

    def json(self):
        return json.loads(self.content)


class Served:
    """The server. variables: of its environment."""

    def __init__(self, *options, variables=None):
        self.folder = tempfile.mkdtemp(prefix="atelier-api-")
        self.data = os.path.join(self.folder, "data")
        self.options = list(options) or ["--workers", "0"]
        self.variables = dict(os.environ, ATELIER_HOME=self.data, **(variables or {}))
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.others = []
        self.workers = 0
        self.port = 0
        atexit.register(self.abandon)
        self.start()

    def start(self):
        command = [PROGRAM, "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env=self.variables)
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://[\w.]+:(\d+)", line)
        if not found:
            raise AssertionError("the server doesn't come up: " + line + self.said())
        self.port = int(found.group(1))
        self.token = open(os.path.join(self.data, "token")).read().strip()

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status

    def stop_others(self):
        for other in self.others:
            if other.poll() is None:
                other.kill()
            other.wait()
        self.others.clear()

    def abandon(self):
        """For a test that broke off: nothing stays behind."""
        self.stop_others()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        subprocess.run(["rm", "-rf", self.folder])

    def close(self):
        self.stop_others()
        status = self.stop() if self.process.poll() is None else self.process.returncode
        said = self.said()
        equal(status, 0, "the server's end;", said[-2000:] if status else "")
        check("runtime error" not in said and "Sanitizer" not in said, "a sanitizer complains:", said[-3000:])
        self.log.close()
        self.abandon()

    def said(self):
        self.log.flush()
        return open(os.path.join(self.folder, "log"), errors="replace").read()

    def memory(self):
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024

    def check_growth(self, before, bound, *what):
        grown = self.memory() - before
        print(f"memory: {before >> 20} MiB, and {grown >> 20} MiB more:", *what)
        check(IS_SANITIZED or grown < bound, "memory has grown by", grown, *what)

    def start_worker(self, token, *options):
        self.workers += 1
        folder = os.path.join(self.folder, f"worker-{self.workers}")
        variables = dict(os.environ, ATELIER_TOKEN=token)
        said = open(os.path.join(self.folder, "workers.log"), "ab")
        worker = subprocess.Popen(
            [PROGRAM, "worker", "--server", self.url(), "--data", folder, "--slots", "2", *options],
            stdout=said, stderr=said, env=variables)
        self.others.append(worker)
        return worker

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method, path, body=None, token=None, headers=None, content=None, kind=None):
        """body: sent as JSON; content: sent as it is. token: None for that of the one who started the server, "" for
        none."""
        sent = dict(headers or {})
        if body is not None:
            content, kind = json.dumps(body).encode(), "application/json"
        if kind:
            sent["Content-Type"] = kind
        token = self.token if token is None else token
        if token:
            sent["Authorization"] = "Bearer " + token
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path if path.startswith(("/healthz", "/metrics", "/api/"))
                               else ROOT + path, body=content, headers=sent)
            answer = connection.getresponse()
            content = b"" if answer.getheader("content-type", "").startswith("text/event-stream") else answer.read()
            return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, content)
        finally:
            connection.close()

    def must(self, method, path, body=None, **more):
        answer = self.ask(method, path, body, **more)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.content[:500]!r}")
        return answer.json() if answer.content else None

    def raw(self, timeout=PATIENCE):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def send_raw(self, content, is_all=True):
        """What comes back until the server closes. is_all: it is told that nothing more will come."""
        with self.raw() as connection:
            try:
                connection.sendall(content)
                if is_all:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_all(connection)

    # ---- accounts

    def add_user(self, name, role="user"):
        return self.must("POST", "/users", {"name": name, "password": PASSWORD, "role": role})

    def make_token(self, user, scope="user", **more):
        return self.must("POST", "/tokens", {"name": scope, "user": user, "scope": scope, **more})

    def log_in(self, user, password=PASSWORD):
        """The headers of a browser: its cookie, and its guard."""
        answer = self.ask("POST", "/login", {"user": user, "password": password}, token="")
        if answer.status != 200:
            raise AssertionError(f"{user} can't log in: {answer.content!r}")
        cookie = answer.header("set-cookie")
        return {"Cookie": cookie.split(";")[0]}, answer.json()["guard"], cookie

    # ---- jobs

    def submit(self, script="true", tasks=1, token=None, **more):
        submission = {"job_template": {"text": template(script, tasks), "syntax": "yaml", "name": "job.yaml"},
                      "template_folder": self.folder, "current_folder": self.folder, **more}
        return self.must("POST", "/jobs", submission, token=token)["job"]["id"]

    def state(self, job):
        return self.must("GET", "/jobs/" + job)["job"]["state"]

    def wait_until_done(self, job):
        eventually(lambda: self.state(job) in ("succeeded", "failed", "canceled"), f"the end of {job}")
        return self.state(job)

    def exchange(self, token, worker, boot="b1", sequence=1, slots=2, **more):
        body = {"worker": worker, "name": worker, "boot": boot, "sequence": sequence, "slots": slots,
                "capabilities": {"amounts": {"amount.worker.vcpu": slots, "amount.worker.memory": 4096},
                                 "attributes": {"attr.worker.os.family": ["linux"],
                                                "attr.worker.cpu.arch": ["x86_64"]}}, **more}
        return self.ask("POST", f"/workers/{quoted(worker)}/exchange", body, token=token)


def template(script, tasks=1):
    lines = ["N={{Task.Param.N}}", "OUT='{{Param.Out}}'", *script.split("\n")]
    return ("specificationVersion: jobtemplate-2023-09\nname: Test\n"
            "parameterDefinitions:\n- {name: Out, type: PATH, objectType: DIRECTORY, dataFlow: OUT, default: out}\n"
            "steps:\n- name: Work\n  parameterSpace:\n    taskParameterDefinitions:\n"
            f"    - {{name: N, type: INT, range: \"1-{tasks}\"}}\n"
            "  script:\n    actions: {onRun: {command: sh, args: [\"{{Task.File.Run}}\"]}}\n"
            "    embeddedFiles:\n    - name: Run\n      type: TEXT\n      data: |\n"
            + "".join("        " + line + "\n" for line in lines))


def read_all(connection):
    pieces = []
    try:
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def quoted(text):
    return urllib.parse.quote(text, safe="")


class Events:
    """A stream of events, read as a browser does it."""

    def __init__(self, served, token=None, last=None, query="", timeout=PATIENCE):
        self.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=timeout)
        headers = {"Authorization": "Bearer " + (served.token if token is None else token)}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.connection.request("GET", ROOT + "/events" + query, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        """The next event as (number, kind, data); None at the end of the stream."""
        number, kind = None, None
        while True:
            try:
                line = self.answer.readline().decode().rstrip("\n")
            except (ConnectionError, http.client.IncompleteRead):
                return None
            if not line and self.answer.isclosed():
                return None
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                return number, kind, json.loads(line[6:])

    def close(self):
        self.connection.close()

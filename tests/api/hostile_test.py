"""Clients that mean ill, or are broken: each gets a clear error or none, the server stays as small as it was, and
answers the others meanwhile."""
import json
import resource
import socket
import time

import jsonschema

from served import ROOT, Served, check, equal, eventually, finish, quoted

MIB = 1 << 20
SOME = 2000  # connections
GROWTH = 40 * MIB  # what allocators keep


def head(served, method, path, *lines, length=None):
    text = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {served.token}", *lines]
    if length is not None:
        text.append(f"Content-Length: {length}")
    return "\r\n".join(text).encode("latin-1") + b"\r\n\r\n"


def ask_once(served, method, path, body):
    return served.send_raw(head(served, method, ROOT + path, "Connection: close", length=len(body)) + body, is_all=False)


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


class Errors:
    def __init__(self, served):
        self.schema = served.must("GET", "/openapi.json")["components"]["schemas"]["Error"]

    def check(self, answer, what, *statuses):
        equal(status_of(answer) in statuses, True, what, "gives", answer[:150])
        try:
            jsonschema.validate(json.loads(answer.split(b"\r\n\r\n", 1)[1]), self.schema)
        except (ValueError, IndexError, jsonschema.ValidationError):
            check(False, what, "is no error of ours:", answer[:300])


def check_large_bodies(served, errors):
    for method, path, most in (("POST", "/users", 1 << 20), ("POST", "/jobs", 32 << 20), ("POST", "/login", 1 << 20),
                               ("POST", "/workers/w/exchange", 16 << 20), ("POST", "/blobs/missing", 2 << 20)):
        announced = served.send_raw(head(served, method, ROOT + path, length=10 ** 15))
        check(status_of(announced) in (413, 400), path, "announced as huge:", announced[:100])
        chunks = b"".join(b"%x\r\n" % MIB + b"x" * MIB + b"\r\n" for _ in range(most // MIB + 2))
        sent = served.send_raw(head(served, method, ROOT + path, "Transfer-Encoding: chunked") + chunks)
        errors.check(sent, path + " with too large a body", 413)
    names = {"blobs": [{"digest": "0" * 64, "size": 1}] * 10_001}
    equal(served.ask("POST", "/blobs/missing", names).status, 413, "too many names of blobs")


def check_broken_requests(served, errors):
    good = head(served, "GET", ROOT + "/me")
    for request, statuses in {
        b"garbage\r\n\r\n": (400,), b"\0\1\2\3" * 100 + b"\r\n\r\n": (400,), b"GET\r\n\r\n": (400,),
        b"GET /api/v1/me HTTP/9.9\r\nHost: x\r\n\r\n": (400, 505),
        b"BREW /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n": (501,),
        b"GET /api/v1/me HTTP/1.1\r\n\r\n": (400,),
        b"GET " + b"/x" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n": (431,),
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n": (431,),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n": (431,),
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}": (400,),
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n": (400,),
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n": (400, 413),
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n": (400,),
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n": (400,),
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n": (501,),
    }.items():
        errors.check(served.send_raw(request), repr(request[:60]), *statuses)
    piped = served.send_raw(good * 50 + b"garbage\r\n\r\n")
    equal(piped.count(b"HTTP/1.1 200 OK"), 50, "what stands before garbage")
    equal(piped.count(b"HTTP/1.1 400"), 1, "the garbage")
    half = served.send_raw(b"GET /api/v1/me HT")
    check(half == b"" or status_of(half) == 400, "half a request line", half[:100])
    errors.check(served.send_raw(head(served, "POST", ROOT + "/users", length=100) + b"{"), "half a body", 400)


def check_json(served, errors):
    deep = b"[" * 100_000 + b"]" * 100_000
    for path in ("/users", "/jobs", "/tokens", "/login", "/blobs/missing", "/uploads", "/workers/w/exchange"):
        for body in (deep, b'{"a":' * 50_000, b"\xff\xfe\xfa", b'{"name": "\xff"}', b'{"name": "\\ud800"}', b"null", b"1e999",
                     b"-", b'"x', b"{}}", b'{"no such key": 1}', b"NaN", b'{"name": 1, "digest": 2, "worker": 3}'):
            answer = ask_once(served, "POST", path, body)
            errors.check(answer, f"{path} with {body[:30]!r}", 400)
    for number in ("-1", "1e999", "99999999999999999999", "1.5", '"1"', "null", "NaN", "[]"):
        body = b'{"worker":"w","boot":"b","slots":%s}' % number.encode()
        answer = ask_once(served, "POST", "/workers/w/exchange", body)
        errors.check(answer, "slots of " + number, 400)
    for days in ("-1", "0", "1e300", "1e999", '"x"'):
        body = b'{"name":"t","expires_in_days":%s}' % days.encode()
        answer = ask_once(served, "POST", "/tokens", body)
        errors.check(answer, "a token for days of " + days, 400)
    for weight in ("-1", "0", "1e300", "null and void"):
        body = b'{"weight":%s}' % weight.encode()
        answer = ask_once(served, "PATCH", "/users/anna", body)
        errors.check(answer, "a weight of " + weight, 400)


ODD = ["", "-1", "0", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e9", "NaN", "inf", "0x10",
       " 1", "1 ", "%00", "%ff", "%", "١", "'", "x" * 5000, "1;2", "true", "null"]


def check_queries(served, job):
    document = served.must("GET", "/openapi.json")
    places = {"job": job, "digest": "0" * 64, "worker": "w", "session": "zzzz", "upload": "zzzz", "TaskKey": "zzzz"}
    count = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                if parameter["in"] != "query":
                    continue
                address = path
                for place, value in places.items():
                    address = address.replace("{" + place + "}", value)
                for odd in ODD:
                    value = odd if odd.startswith("%") else quoted(odd)
                    request = head(served, method.upper(), f"{address}?{parameter['name']}={value}", "Connection: close",
                                   length=0 if method != "get" else None)
                    count += 1
                    with served.raw() as connection:
                        connection.sendall(request)
                        status = status_of(connection.recv(4096))
                    check(200 <= status < 500, method, address, parameter["name"], "=", odd[:30], "gives", status)
                    if parameter["schema"]["type"] == "integer" and not odd.lstrip("-").isascii():
                        equal(status, 400, method, address, parameter["name"], "=", odd)
    print(count, "queries")


def check_event_ids(served):
    for odd in ("9" * 1000, "-9223372036854775808", "9223372036854775807", "9223372036854775808", "x", "1.5", "", "\xff",
                "0" * 8000):
        with served.raw() as connection:
            connection.sendall(head(served, "GET", ROOT + "/events", "Last-Event-ID: " + odd))
            status = status_of(connection.recv(4096))
        check(status in (200, 400), "Last-Event-ID", odd[:20], "gives", status)


def check_many_connections(served):
    """Silent ones, half requests, slow bodies and unread answers: two thousand at once, and others are answered."""
    before = served.memory()
    connections = []
    slow_body = head(served, "POST", ROOT + "/jobs", length=1000) + b"{"
    kinds = [b"", b"GET /api/v1/me HTT", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", slow_body,
             head(served, "GET", ROOT + "/events"), head(served, "GET", ROOT + "/openapi.json") * 20]
    for number in range(SOME):
        connection = served.raw()
        connection.sendall(kinds[number % len(kinds)])
        connections.append(connection)
    begin = time.monotonic()
    for _ in range(20):
        equal(served.ask("GET", "/me").status, 200, "while 2,000 are connected")
        equal(served.ask("GET", "/jobs").status, 200, "while 2,000 are connected")
    print(f"{(time.monotonic() - begin) / 40 * 1000:.1f} ms a request beside {SOME} connections,",
          f"{(served.memory() - before) // MIB} MiB more")
    for number, connection in enumerate(connections):
        if number % 3 == 0:  # some go with a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    eventually(lambda: "atelier_http_connections 1\n" in served.ask("GET", "/metrics").content.decode(),
               "the end of all those connections")
    eventually(lambda: "atelier_event_listeners 0\n" in served.ask("GET", "/metrics").content.decode(),
               "the end of their streams")


def check_slow_requests(served):
    """A head that never ends is given up, and so is a body."""
    with served.raw(timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        answer = connection.recv(4096)
        check(answer == b"" or status_of(answer) == 408, "a head that never ends:", answer[:100])


def check_nudges(served):
    """What is kept for workers that never come has an end."""
    token = served.make_token("local", "worker")["secret"]
    with served.raw() as connection:
        for number in range(12_000):
            name = f"{'w' * 200}{number}"
            connection.sendall(f"POST {ROOT}/workers/{name}/nudge HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                               "Content-Length: 0\r\n\r\n".encode())
            if number % 50 == 49:
                connection.recv(1 << 20)
    equal(served.ask("POST", f"/workers/{'w' * 300}/nudge", token=token).status, 400, "a worker with a long name")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * SOME + 100), hard))
    served = Served()
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    served.add_user("anna")
    job = served.submit("true")
    errors = Errors(served)
    check_broken_requests(served, errors)
    check_large_bodies(served, errors)
    check_many_connections(served)
    before = served.memory()
    check_broken_requests(served, errors)
    check_large_bodies(served, errors)
    check_json(served, errors)
    check_queries(served, job)
    check_event_ids(served)
    check_many_connections(served)
    check_nudges(served)
    check_slow_requests(served)
    served.check_growth(before, GROWTH, "at the end")
    said = served.said()
    check(said.count("\n") < 200, "the log is flooded:", said[-2000:])
    served.close()
    finish()


main()

"""Who may do what: every operation of the OpenAPI document with every kind of caller, and what nobody may learn of the
jobs of others."""
import glob
import http.client
import json
import re
import time

from served import PASSWORD, ROOT, Events, Served, check, equal, eventually, finish

# Which kinds of callers each kind of access lets in. Whoever isn't known is turned away with 401, the others with 403.
NOBODY = {"none", "garbage", "not ours", "expired", "revoked", "disabled", "ended session", "disabled session"}
LET_IN = {
    "open": NOBODY | {"pending", "read", "user", "other", "worker", "unguarded", "session", "admin", "admin's read"},
    "known": {"pending", "read", "user", "other", "worker", "unguarded", "session", "admin", "admin's read"},
    "read": {"read", "user", "other", "unguarded", "session", "admin", "admin's read"},
    "change": {"user", "other", "unguarded", "session", "admin"},
    "watch": {"admin", "admin's read"},
    "admin": {"admin"},
    "worker": {"worker", "admin"},
    "blobs": {"user", "other", "worker", "unguarded", "session", "admin"},
}


class World:
    """A server with users of every kind, and a job of anna's that nobody else may learn of."""

    def __init__(self):
        self.served = served = Served()
        for name in ("anna", "ben", "dora"):
            served.add_user(name)
        served.add_user("paul", "pending")
        served.add_user("zoe", "admin")
        self.secret = "a-name-that-nobody-else-may-learn"
        token = {name: served.make_token(name)["secret"] for name in ("anna", "ben", "dora", "paul", "zoe")}
        self.token = token
        self.worker = served.make_token("zoe", "worker")["secret"]
        revoked = served.make_token("anna")
        served.must("DELETE", "/tokens/" + revoked["token"]["id"])
        session, self.guard, _ = served.log_in("anna")
        ended, _, _ = served.log_in("anna")
        served.must("POST", "/logout", headers=ended, token="")
        disabled, _, _ = served.log_in("dora")
        served.must("PATCH", "/users/dora", {"disabled": True})
        self.job = served.submit("sleep 600", 3, token["anna"], name=self.secret)
        self.token_of_anna = served.must("GET", "/tokens", token=token["anna"])["tokens"][0]["id"]

        def bearer(secret):
            return {"Authorization": "Bearer " + secret}
        self.callers = {
            "none": {},
            "garbage": bearer("nonsense"),
            "not ours": {"Authorization": "Basic YTpi"},
            "expired": bearer(self.expired_token()),
            "revoked": bearer(revoked["secret"]),
            "disabled": bearer(token["dora"]),
            "ended session": ended,
            "disabled session": disabled,
            "pending": bearer(token["paul"]),
            "read": bearer(served.make_token("anna", "read")["secret"]),
            "user": bearer(token["anna"]),
            "other": bearer(token["ben"]),
            "worker": bearer(self.worker),
            "unguarded": session,
            "session": {**session, "X-Atelier-Guard": self.guard},
            "admin": bearer(token["zoe"]),
            "admin's read": bearer(served.make_token("zoe", "read")["secret"]),
        }

    def expired_token(self):
        made = self.served.make_token("anna", expires_in_days=1e-5)
        time.sleep(1)
        return made["secret"]


def path_of(path, world):
    places = {"job": world.job, "beginning": world.job[:5], "step": "0", "task": "0", "attempt": "1",
              "session": "zzzz", "parameter": "Out", "path": "1.txt", "worker": "nobody", "digest": "0" * 64,
              "upload": "zzzz", "user": "nobody", "token": "zzzz", "TaskKey": "zzzz", "job_id": "zzzz",
              "work_unit_id": "zzzz"}
    return re.sub(r"{(\w+)}", lambda place: places[place.group(1)], path)


def check_every_route(world):
    """Nothing that is asked here changes anything: bodies are empty or broken, and what is named isn't there; so whoever
    is let in gets any other answer but 401 and 403."""
    document = world.served.must("GET", "/openapi.json", token="")
    count = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            changes = method not in ("get", "head")
            if (method, path) == ("post", ROOT + "/logout"):
                continue  # it would end the session; see check_sessions
            for kind, headers in world.callers.items():
                count += 1
                status, error = ask_only_for_the_status(world, method, path, headers, changes)
                where = f"{method} {path} by {kind}"
                if kind not in LET_IN[operation["x-access"]]:
                    equal(status, 401 if kind in NOBODY else 403, where)
                elif kind == "unguarded" and changes and operation["x-access"] != "open":
                    equal(status, 403, where)
                elif operation["x-access"] == "open" and path.endswith("/login"):
                    equal(status, 400, where)
                else:
                    check(status not in (401, 403), where, status, error)
                check(status < 500 or "exchange" in path, where, status, error)
    print(count, "calls")


def ask_only_for_the_status(world, method, path, headers, changes):
    connection = http.client.HTTPConnection("127.0.0.1", world.served.port, timeout=60)
    try:
        address = path_of(path, world)
        if path.endswith("/jobs/{job}") and method == "delete" or re.search(r"/(pause|resume|cancel|archive|retry)$", path):
            address = address.replace(world.job, "zzzzzzzz")
        connection.request(method.upper(), address, body=b"{broken" if changes else None, headers=headers)
        answer = connection.getresponse()
        if answer.getheader("content-type") == "text/event-stream":
            return answer.status, b""
        return answer.status, answer.read()[:200]
    finally:
        connection.close()


def check_jobs_of_others(world):
    """An unknown job and another one's are told apart by nothing."""
    served = world.served
    document = served.must("GET", "/openapi.json", token="")
    ben = world.token["ben"]
    for path, operations in document["paths"].items():
        if "{job}" not in path or "/workers/" in path:
            continue
        for method, operation in operations.items():
            answers = []
            for job in (world.job, "zzzzzzzz"):
                address = path_of(path.replace("{job}", job), world).removeprefix(ROOT)
                body = {} if "requestBody" in operation else None
                answer = served.ask(method.upper(), address, body, token=ben)
                answers.append((answer.status, answer.content.replace(job.encode(), b"JOB")))
            equal(answers[0][0], 404, method, path)
            equal(answers[0], answers[1], method, path, "tells a job of another one from none")
    for beginning in (world.job[:1], world.job[:4], world.job):
        answer = served.ask("GET", "/find/" + beginning, token=ben)
        equal(answer.status, 404, "find", beginning)
        check(world.job not in answer.content.decode() or beginning == world.job, "find tells of", world.job)
    equal(served.ask("GET", "/events?job=" + world.job, token=ben).status, 404, "events of another one's job")
    equal(served.must("GET", "/find/" + world.job[:7], token=world.token["anna"])["job"]["id"], world.job, "find")
    foreign = served.ask("DELETE", "/tokens/" + world.token_of_anna, token=ben)
    unknown = served.ask("DELETE", "/tokens/zzzzzzzz", token=ben)
    equal((foreign.status, foreign.content.replace(world.token_of_anna.encode(), b"T")),
          (404, unknown.content.replace(b"zzzzzzzz", b"T")), "a foreign token")
    check(any(t["id"] == world.token_of_anna for t in served.must("GET", "/tokens", token=world.token["anna"])["tokens"]),
          "a foreign token was revoked")


def check_that_nothing_leaks(world):
    served, ben = world.served, world.token["ben"]
    own = served.submit("sleep 600", token=ben)
    stream = Events(served, ben, last=0)
    hold_leases(world)
    for path in ("/jobs", "/jobs?archived=true&owner=anna", "/jobs?name=nobody", "/workers", "/tokens?all=true", "/me",
                 "/jobs/" + own, f"/jobs/{own}/why", f"/tasks/{own}/Work/0/why", f"/jobs/{own}/events",
                 "/find/" + own[:5], f"/jobs/{own}/outputs", f"/jobs/{own}/running"):
        text = served.ask("GET", path, token=ben).content.decode()
        check(world.job not in text and world.secret not in text and "anna" not in text, path, "tells ben of anna:", text)
    served.must("POST", f"/jobs/{world.job}/pause", token=world.token["anna"])
    served.must("POST", f"/jobs/{own}/pause", token=ben)
    while True:
        number, kind, data = stream.next()
        check(data["job"] == own and data["owner"] == "ben", "an event of another one's job:", data)
        if kind.upper().endswith("PAUSED") or "paus" in json.dumps(data).lower():
            break
    stream.close()
    served.must("POST", f"/jobs/{world.job}/resume", token=world.token["anna"])


def hold_leases(world):
    """The worker has tasks of both."""
    reply = world.served.exchange(world.worker, "hand", slots=8)
    equal(reply.status, 200, "an exchange", reply.content)
    held = [one["attempt"] for one in reply.json()["assign"]]
    check({one["job"] for one in held} >= {world.job}, "nothing of the job was leased")
    return held


def check_workers(world):
    served = world.served
    other = served.make_token("zoe", "worker")["secret"]
    log = f"/jobs/{world.job}/logs/zzzzzzzz"
    for path, method in (("/order", "GET"), ("/outputs", "GET")):
        route = f"/workers/hand/jobs/{world.job}{path}"
        equal(served.ask(method, route, token=world.worker).status, 200, route)
        equal(served.ask(method, route, token=other).status, 409, route, "by another token")
        mine = served.ask(method, f"/workers/else/jobs/{world.job}{path}", token=other)
        equal(mine.status, 409, route, "by a worker that holds nothing")
        none = served.ask(method, f"/workers/else/jobs/zzzzzzzz{path}", token=other)
        equal((none.status, none.content), (409, mine.content.replace(world.job.encode(), b"zzzzzzzz")),
              "a worker can tell an unknown job from another's")
    for method, path in (("POST", "/workers/hand" + log + "?offset=0"), ("POST", "/workers/hand" + log + "/end")):
        equal(served.ask(method, path, content=b"x", token=other).status, 409, path)
    equal(served.exchange(other, "hand", boot="b2").status, 403, "an exchange for another's worker")
    still = served.ask("GET", f"/workers/hand/jobs/{world.job}/order", token=world.worker)
    equal(still.status, 200, "the worker keeps its leases when another token asks in its name")
    embedded = served.exchange(None, "of an admin")
    equal(embedded.status, 200, "an admin's own worker")
    equal(served.exchange(world.worker, "of an admin", boot="b2").status, 403, "a worker of an admin is taken over")
    mismatch = served.ask("POST", "/workers/hand/exchange", {"worker": "else", "boot": "b"}, token=world.worker)
    equal(mismatch.status, 400, "an exchange whose path names another worker")
    check_results_of_workers(world)


def check_results_of_workers(world):
    """What it doesn't hold it can't end, and its outputs stay in their folder."""
    attempt = {"job": world.job, "step": 0, "task": 2, "epoch": 77}
    stale = world.served.exchange(world.worker, "hand", sequence=2, slots=8, attempts=[
        {"attempt": attempt, "session": "zzzz", "phase": "running", "result": {"result": "succeeded"}}])
    equal(stale.status, 200, "an exchange with a stale result", stale.content)
    check(attempt in stale.json()["drop"], "a stale result isn't told to be dropped:", stale.content)
    for path in ("../../etc/passwd", "/etc/passwd", "a/../../b", "a//b", "..", "", "a\\..\\b", "a\0b"):
        output = {"parameter": "Out", "path": path, "digest": "0" * 64, "size": 1}
        answer = world.served.exchange(world.worker, "hand", sequence=3, slots=8, attempts=[
            {"attempt": attempt, "session": "zzzz", "phase": "running",
             "result": {"result": "succeeded", "outputs": [output]}}])
        equal(answer.status, 400, "an output at", repr(path))
    output["path"], output["parameter"] = "x", "../Out"
    answer = world.served.exchange(world.worker, "hand", sequence=4, slots=8, attempts=[
        {"attempt": attempt, "session": "zzzz", "result": {"result": "succeeded", "outputs": [output]}}])
    equal(answer.status, 400, "an output of a parameter that leads elsewhere")


def check_sessions(world):
    served = world.served
    headers, guard, cookie = served.log_in("anna")
    flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
    check({"httponly", "samesite=strict", "path=/"} <= flags, "the cookie's flags:", cookie)
    name = {"name": "x", "password": PASSWORD}
    equal(served.ask("POST", "/tokens", name, token="", headers=headers).status, 403, "a change without its guard")
    equal(served.ask("POST", "/tokens", name, token="", headers={**headers, "X-Atelier-Guard": "0" * 64}).status, 403,
          "a change with a wrong guard")
    equal(served.ask("POST", "/tokens", name, token="", headers={**headers, "X-Atelier-Guard": ""}).status, 403,
          "a change with an empty guard")
    for place in ("/login", "/logout"):
        crossed = served.ask("POST", place, {"user": "anna", "password": PASSWORD}, token="",
                             headers={"Sec-Fetch-Site": "cross-site"})
        equal(crossed.status, 403, place, "from another site")
        check(not crossed.header("set-cookie"), place, "from another site changes the cookie")
    equal(served.ask("GET", "/me", token="", headers=headers).json()["guard"], guard, "the guard, told again")
    out = served.ask("POST", "/logout", token="", headers=headers)
    check("Max-Age=0" in out.header("set-cookie"), "the cookie isn't taken back")
    equal(served.ask("GET", "/me", token="", headers=headers).status, 401, "after logging out")
    headers, guard, _ = served.log_in("anna")
    other = {**headers, "X-Atelier-Guard": guard}
    wrong = {"current": "not the password", "password": "another long password"}
    equal(served.ask("PUT", "/me/password", wrong, token="", headers=other).status, 403, "a new password without the old")
    right = {"current": PASSWORD, "password": "another long password"}
    equal(served.ask("PUT", "/me/password", right, token="", headers=other).status, 204, "a new password")
    equal(served.ask("GET", "/me", token="", headers=headers).status, 401, "sessions end with the password")
    served.must("PATCH", "/users/anna", {"password": PASSWORD})


def check_changes_act_at_once(world):
    served = world.served
    token = served.make_token("ben")
    equal(served.ask("GET", "/jobs", token=token["secret"]).status, 200, "ben comes in")
    stream = Events(served, token["secret"])
    served.must("PATCH", "/users/ben", {"role": "pending"})
    equal(served.ask("GET", "/jobs", token=token["secret"]).status, 403, "ben is pending")
    eventually(lambda: stream.next() is None, "the end of a stream whose listener may not listen any more")
    served.must("PATCH", "/users/ben", {"role": "admin"})
    equal(served.ask("GET", "/users", token=token["secret"]).status, 200, "ben is an admin")
    served.must("PATCH", "/users/ben", {"role": "user"})
    equal(served.ask("GET", "/users", token=token["secret"]).status, 403, "ben is none any more")
    served.must("PATCH", "/users/ben", {"disabled": True})
    equal(served.ask("GET", "/jobs", token=token["secret"]).status, 401, "ben is disabled")
    served.must("PATCH", "/users/ben", {"disabled": False})
    equal(served.ask("GET", "/jobs", token=token["secret"]).status, 200, "ben is back")
    served.must("DELETE", "/tokens/" + token["token"]["id"])
    equal(served.ask("GET", "/jobs", token=token["secret"]).status, 401, "the token is revoked")
    refused = served.ask("PATCH", "/users/ben", {"role": "admin"}, token=world.token["anna"])
    equal(refused.status, 403, "a user grants roles")
    equal(served.ask("POST", "/tokens", {"name": "x", "scope": "worker"}, token=world.token["anna"]).status, 403,
          "a user makes a worker's token")
    equal(served.ask("POST", "/tokens", {"name": "x", "user": "zoe"}, token=world.token["anna"]).status, 403,
          "a user makes a token of another one")


def check_throttling(world):
    served = world.served
    statuses = [served.ask("POST", "/login", {"user": "zoe", "password": f"guess number {i}"}, token="").status
                for i in range(8)]
    check(429 in statuses and set(statuses) <= {401, 429}, "guesses aren't slowed down:", statuses)
    refused = served.ask("POST", "/login", {"user": "zoe", "password": PASSWORD}, token="")
    equal(refused.status, 429, "the right password meanwhile")
    check("try again" in refused.json()["error"]["hint"], "it isn't said when to try again")
    unknown = served.ask("POST", "/login", {"user": "no-such-user", "password": PASSWORD}, token="")
    check(unknown.status in (401, 429), "an unknown user", unknown.status)


def check_audit(world):
    entries = world.served.must("GET", "/audit?limit=1000")["entries"]
    actions = {entry["action"] for entry in entries}
    for action in ("user add", "user grant admin", "user disable", "user enable", "token create", "token revoke",
                   "log in", "log in failed", "job submit", "job pause", "user passwd"):
        check(action in actions, "the audit log has no", action, sorted(actions))
    check(all(entry["address"] == "127.0.0.1" for entry in entries), "an entry without an address")
    text = json.dumps(entries)
    check("guess number" not in text and "no-such-user" not in text, "the audit log has what was typed at the door")
    first = entries[-1]["number"]
    equal(world.served.must("GET", f"/audit?before={first}")["entries"], [], "entries before the first")


def check_secrets(world):
    served = world.served
    said = served.said() + json.dumps(served.must("GET", "/audit?limit=1000"))
    stream = Events(served, last=0)
    for _ in range(5):
        said += json.dumps(stream.next())
    stream.close()
    secrets = [served.token, world.worker, PASSWORD, world.guard, *world.token.values()]
    secrets += [value.split("=", 1)[1] for value in (world.callers["session"]["Cookie"],)]
    for secret in secrets:
        check(secret not in said, "a secret is told in logs, events or the audit log:", secret)
    files = glob.glob(served.data + "/atelier.db*")
    check(files, "no database was found")
    database = b"".join(open(path, "rb").read() for path in files)
    for secret in secrets:  # the guard is told again to whoever has the cookie
        check(secret.encode() not in database or secret == world.guard, "a secret stands in the database:", secret)


def main():
    world = World()
    check_every_route(world)
    check_jobs_of_others(world)
    check_that_nothing_leaks(world)
    check_workers(world)
    check_sessions(world)
    check_changes_act_at_once(world)
    check_throttling(world)
    check_audit(world)
    check_secrets(world)
    world.served.close()
    finish()


main()

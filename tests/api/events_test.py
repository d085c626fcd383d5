"""The stream of events: every one once and in order, over lost connections and a restart of the server; those of one job;
and what becomes of a listener that doesn't read."""
import os
import signal
import sqlite3
import threading
import time

from served import ROOT, Events, Served, check, equal, eventually, finish

ROUNDS = 8
EVENTS = 60_000


def of_database(served, job):
    """What the stream is to give: the events of a job as the database has them."""
    return [event["number"] for event in served.must("GET", f"/jobs/{job}/events?limit=10000")["events"]]


class Listener(threading.Thread):
    """Listens until it is told to end, and comes again with the last number whenever its stream breaks."""

    def __init__(self, served, drop_after):
        super().__init__(daemon=True)
        self.served, self.drop_after = served, drop_after
        self.numbers, self.streams, self.ending = [], 0, False
        self.start()

    def run(self):
        while not self.ending:
            try:
                self.listen()
            except OSError:  # the server is away
                time.sleep(0.05)

    def listen(self):
        stream = Events(self.served, last=self.numbers[-1] if self.numbers else 0, timeout=20)
        self.streams += 1
        try:
            for _ in range(self.drop_after):
                event = stream.next()
                if event is None or self.ending:
                    return
                self.numbers.append(event[0])
        finally:
            stream.close()


def check_resuming(served):
    """Listeners that go away at different moments, and a server that is killed and comes again."""
    listeners = [Listener(served, drop_after) for drop_after in (1, 3, 7, 1000)]
    jobs = []
    for number in range(ROUNDS):
        jobs.append(served.submit("true", 2))
        served.must("POST", f"/jobs/{jobs[-1]}/pause")
        served.must("POST", f"/jobs/{jobs[-1]}/cancel")
        if number == ROUNDS // 2:
            served.stop(signal.SIGKILL)
            served.start()
    wanted = sorted(number for job in jobs for number in of_database(served, job))
    check(len(wanted) >= ROUNDS * 3, "only", len(wanted), "events")
    for listener in listeners:
        eventually(lambda: listener.numbers[-1:] == wanted[-1:], f"all events, by one that goes after {listener.drop_after}")
        listener.ending = True
        equal(listener.numbers, wanted, "what came in", listener.streams, "streams")
    served.must("POST", f"/jobs/{served.submit('true')}/cancel")  # wakes those that still listen
    for listener in listeners:
        listener.join(30)


def check_joining(served):
    """Many come and go while events are written: none gets what was before, none misses what comes after."""
    jobs, wrong = [], []

    def come_and_go():
        while len(jobs) < 20:
            last = max((number for job in jobs[-1:] for number in of_database(served, job)), default=None)
            if last is None:
                continue
            stream = Events(served, last=last)
            number = (stream.next() or [last + 1])[0]
            if number <= last:
                wrong.append((last, number))
            stream.close()
    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(jobs) < 20:
        jobs.append(served.submit("true"))
    end = threading.Event()

    def go_on():
        while not end.is_set():
            served.must("POST", f"/jobs/{served.submit('true')}/cancel")
    helper = threading.Thread(target=go_on)
    helper.start()
    for thread in threads:
        thread.join()
    end.set()
    helper.join()
    equal(wrong, [], "events that were known already")


def check_filter(served):
    own, other = served.submit("true"), served.submit("true")
    stream = Events(served, query=f"?job={own}&after=0")
    for job in (other, own, other, own):
        served.must("POST", f"/jobs/{job}/pause")
        served.must("POST", f"/jobs/{job}/resume")
    wanted = of_database(served, own)
    found = [stream.next() for _ in wanted]
    equal([number for number, _, _ in found], wanted, "the events of one job")
    equal({data["job"] for _, _, data in found}, {own}, "whose events")
    check(all(kind == data["kind"] for _, kind, data in found), "the event's name is not its kind")
    stream.close()
    equal(served.ask("GET", "/events?job=zzzzzzzz").status, 404, "the events of a job that isn't there")
    equal(served.ask("GET", "/events?after=x").status, 400, "a number that is none")


def check_slow_reader(served):
    """Who doesn't read costs a bounded amount, and is dropped while its connection stands; others go on."""
    job = served.submit("true")
    with served.raw() as connection:
        connection.sendall(f"GET {ROOT}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n\r\n".encode())
        eventually(lambda: b"atelier_event_listeners 1\n" in served.ask("GET", "/metrics").content, "the listener")
        before = served.memory()
        last = write_events(served, job)
        reader = Events(served, last=last - 1000)
        equal([reader.next()[0] for _ in range(1000)], list(range(last - 999, last + 1)), "one that reads, meanwhile")
        reader.close()
        eventually(lambda: b"atelier_event_listeners 0\n" in served.ask("GET", "/metrics").content, "its end", 120)
        served.check_growth(before, 40 << 20, "for one that doesn't read")


def write_events(served, job):
    """As another server of the same database would; the last thing that is done here, for the farm has its own count."""
    database = sqlite3.connect(os.path.join(served.data, "atelier.db"), timeout=60)
    with database:
        number, key = database.execute("SELECT max(number), (SELECT key FROM jobs WHERE id = ?) FROM events", (job,)).fetchone()
        database.executemany("INSERT INTO events (number, at, job, job_id, kind, detail) VALUES (?, 0, ?, ?, 'job', ?)",
                             ((number + 1 + more, key, job, "x" * 300) for more in range(EVENTS)))
    database.close()
    return number + EVENTS


def main():
    served = Served()
    check_resuming(served)
    check_joining(served)
    check_filter(served)
    check_slow_reader(served)
    served.close()
    finish()


main()

"""A hundred thousand jobs: lists answer quickly in every order, by the index and not by sorting, and a walk with a cursor
meets each job once while others come."""
import os
import sqlite3
import time

from served import Served, check, equal, finish, quoted

JOBS = 100_000
OWNERS = ["anna", "ben", "local", "zoe"]
STATES = {"ready": 2, "running": 3, "succeeded": 6, "failed": 7, "archived": 9}

# Each in the words of the API. Some filters look at what no index knows: those may read on, but never sort.
QUERIES = ["", "sort=submitted", "sort=-submitted", "sort=name", "sort=-name", "sort=priority", "sort=-priority",
           "state=running", "state=failed", "state=running&sort=name", "state=running&sort=-priority", "owner=anna",
           "owner=anna&sort=name", "owner=anna&sort=-priority", "owner=anna&state=running",
           "owner=anna&state=running&sort=name", "state=succeeded&sort=name",
           "owner=anna&state=succeeded&sort=-priority", "archived=true", "tag=rare", "name=special", "owner=nobody",
           "owner=nobody&sort=name"]


def fill(served):
    """Copies of one real job, written as the farm writes them."""
    job = served.submit("true")
    served.stop()
    database = sqlite3.connect(os.path.join(served.data, "atelier.db"))
    columns = [row[1] for row in database.execute("PRAGMA table_info(jobs)")]
    row = dict(zip(columns, database.execute("SELECT * FROM jobs").fetchone()))
    states = list(STATES.values())

    def copies():
        for number in range(1, JOBS):
            state = states[2] if number % 10 else states[number // 10 % len(states)]
            if state in (2, 3):
                state = 7 if number % 1000 else state
            own = dict(row, key=row["key"] + number, id=f"z{number:07d}", name=f"job {number * 7919 % JOBS // 3}",
                       owner=OWNERS[number % 4], state=state, priority=number % 13 * 8,
                       tags=",rare," if number % 25_000 == 0 else ",usual,", submitted_at=row["submitted_at"] + number)
            if number % 30_000 == 0:
                own["name"] = "a special one"
            yield [own[column] for column in columns]
    with database:
        database.executemany(f"INSERT INTO jobs VALUES ({','.join('?' * len(columns))})", copies())
        database.execute("INSERT INTO steps SELECT jobs.key, step, steps.name, total, next_task, succeeded, steps.failed, "
                         "wall_seconds, cpu_seconds, peak_memory FROM jobs, steps WHERE jobs.key <> steps.job")
    database.close()
    begin = time.monotonic()
    served.start()
    print(f"up with {JOBS} jobs in {time.monotonic() - begin:.1f} s")
    return job


def check_speed(served):
    for query in QUERIES:
        begin = time.monotonic()
        address = "/jobs?limit=100" + ("&" + query if query else "")
        page = served.must("GET", address)
        first = time.monotonic() - begin
        begin = time.monotonic()
        if page["next"]:
            served.must("GET", f"{address}&cursor={quoted(page['next'])}")
        print(f"{first * 1000:7.1f} ms, then {(time.monotonic() - begin) * 1000:7.1f} ms, {len(page['jobs']):4} jobs: {query}")


def check_plans(served):
    """The conditions and orders that farm/job_list.cpp puts together: found by an index, in its order."""
    database = sqlite3.connect(f"file:{served.data}/atelier.db?mode=ro", uri=True)
    for condition in ("state <> 9", "state = 3", "owner = 'anna' AND state <> 9", "owner = 'anna' AND state = 3"):
        for column in ("key", "name", "priority"):
            if "owner" in condition and "= 3" in condition and column != "key":
                continue  # few are in one state of one owner: those are sorted
            for sign, direction in ((">", "ASC"), ("<", "DESC")):
                second = f", key {direction}" if column != "key" else ""
                for cursor in ("", f" AND ({column}, key) {sign} (5, 5)"):
                    plan = [row[3] for row in database.execute(
                        f"EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE {condition}{cursor} "
                        f"ORDER BY {column} {direction}{second} LIMIT 101")]
                    text = "; ".join(plan)
                    check("TEMP B-TREE" not in text, condition, column, direction, cursor, "is sorted:", text)
                    check("owner" not in condition or "owner=?" in text, condition, column, "isn't found:", text)
                    check("state = 3" not in condition or "state=?" in text, condition, column, "isn't found:", text)
    database.close()


def check_order(served):
    for query, key in (("sort=name", "name"), ("sort=priority", "priority"), ("sort=submitted", "submitted_at")):
        for sign in ("", "-"):
            for owner in ("", "&owner=anna", "&owner=ben&state=succeeded"):
                page = served.must("GET", f"/jobs?limit=500&{query.replace('=', '=' + sign)}{owner}")
                found = [job[key] for job in page["jobs"]]
                equal(found, sorted(found, reverse=sign == "-"), "the order of", query, sign, owner)
                owners = {job["owner"] for job in page["jobs"]}
                check(not owner or owners == {owner[7:].split("&")[0]}, "owners", owners, query, owner)


def walk(served, query, between=lambda: None):
    seen, cursor = [], ""
    while True:
        page = served.must("GET", f"/jobs?limit=1000&{query}" + (f"&cursor={quoted(cursor)}" if cursor else ""))
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next"]
        if not cursor:
            return seen
        between()


def check_walks(served):
    """Each that was there when it began is met once, in whatever order, though others come meanwhile."""
    submitted = []

    def submit():
        if len(submitted) < 60:
            submitted.append(served.submit("true"))
    for query in ("archived=true", "archived=true&sort=name", "archived=true&sort=priority"):
        before = set(submitted)
        seen = walk(served, query, submit)
        equal(len(seen), len(set(seen)), "met twice by", query)
        old = {job for job in seen if job.startswith("z") and job[1:].isdigit()}
        equal(len(old), JOBS - 1, "met by", query)
        check(before <= set(seen), "some that were there weren't met by", query)
    served.add_user("anna")
    anna = served.make_token("anna")["secret"]
    page = served.must("GET", "/jobs?limit=1000&owner=ben", token=anna)
    equal({job["owner"] for job in page["jobs"]}, {"anna"}, "whose jobs anna sees")
    foreign = served.must("GET", "/jobs?limit=1")["next"]
    page = served.must("GET", "/jobs?limit=1000&cursor=" + quoted(foreign), token=anna)
    equal({job["owner"] for job in page["jobs"]}, {"anna"}, "whose jobs anna sees with the cursor of another one")


def check_cursors(served):
    own = served.must("GET", "/jobs?limit=2&sort=name")["next"]
    equal(served.ask("GET", "/jobs?sort=priority&cursor=" + quoted(own)).status, 400, "a cursor of another order")
    for odd in ("x", "~", "~~", "1~key", "1~key~x", "x~key~1", "1~name; DROP TABLE jobs~x", "1~name~'",
                "9" * 30 + "~key~1", "1~key~" + "9" * 30, "-1~key~-1", "1~key~1~1", "\u2603", "a" * 9000):
        status = served.ask("GET", "/jobs?cursor=" + quoted(odd)).status
        check(status in ((200, 400) if odd[0] in "-1" else (400,)), "the cursor", odd[:30], "gives", status)
    odd = served.must("GET", "/jobs?sort=name&cursor=" + quoted("1~name~' OR 1=1 --"))
    check(isinstance(odd["jobs"], list), "a name in a cursor is only a name")
    for odd in ("0", "-1", "1001", "x", "1e2", "9" * 30):
        equal(served.ask("GET", "/jobs?limit=" + odd).status, 400, "a limit of", odd)
    for odd in ("%", "_", "!", "%25", "'", "\\", "x" * 5000):
        equal(served.must("GET", "/jobs?name=" + quoted(odd))["jobs"], [], "a name with", odd[:10])


def main():
    served = Served()
    fill(served)
    check_plans(served)
    check_speed(served)
    check_order(served)
    check_walks(served)
    check_cursors(served)
    served.close()
    finish()


main()

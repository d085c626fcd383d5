"""Jobs of work units, by curl alone: put together, run with the real POV-Ray, fetched; what one broken frame does; and
what nobody may send."""
import base64
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile

from scenes import SOURCE, need
from served import Served, check, equal, eventually, finish

ROOT = "/api/pov-jobs/"
PATIENCE = 240.0
LOOK = b"#declare Look = pigment { rgb <1, 0.5, 0> };\n"
ENDED = ("succeeded", "failed", "canceled")


class Curl:
    """What a person types: curl, with a token in a file."""

    def __init__(self, served, token):
        self.served = served
        self.folder = tempfile.TemporaryDirectory(prefix="atelier-curl-")
        self.auth = os.path.join(self.folder.name, "auth")
        with open(self.auth, "w") as file:
            file.write(f"Authorization: Bearer {token}\n")

    def __call__(self, method, path, *options, body=None, content=None):
        """(status, content); JSON is read."""
        command = ["curl", "-sS", "--path-as-is", "-H", "@" + self.auth, "-X", method, "-w", "\n%{http_code}"]
        if body is not None:
            command += ["--json", "@-"]
            content = json.dumps(body).encode()
        elif content is not None:
            command += ["-T", "-"]
        url = self.served.url() + (path if path.startswith("/") else ROOT + path)
        done = subprocess.run([*command, *options, url], input=content, capture_output=True, timeout=PATIENCE)
        if done.returncode:
            raise AssertionError(f"curl {method} {path}: {done.stderr!r}")
        answer, status = done.stdout.rsplit(b"\n", 1)
        try:
            return int(status), json.loads(answer)
        except ValueError:
            return int(status), answer

    def must(self, method, path, *options, **more):
        status, answer = self(method, path, *options, **more)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer!r}")
        return answer

    def begin(self, **options):
        told = self.must("POST", "", body=options)
        equal((told["state"], told["units"]), ("draft", 0), "a job that was begun")
        return told["job_id"]

    def share(self, job, name="look.inc", content=LOOK):
        return self("PUT", f"{job}/shared/{name}", content=content)

    def wait(self, job):
        def ended():
            told = self.must("GET", f"{job}/")
            return told["state"] in ENDED and told
        return eventually(ended, f"the end of {job}", PATIENCE)


def scene(frame, size="1"):
    return ('#version 3.7;\n#include "look.inc"\ncamera { location <0,0,-4> look_at 0 }\n'
            f"sphere {{ <{frame - 2},0,0>, {size} pigment {{ Look }} finish {{ ambient 1 }} }}\n").encode()


def unit(frame, size="1", **more):
    return {"work_unit_id": f"frame_{frame:04}",
            "inline_resource": {"scene.pov": base64.b64encode(scene(frame, size)).decode()},
            "cmd": f"povray +Iscene.pov +L./shared +O./output/frame_{frame:04}.png +FN +W64 +H48 +WT1 -D -V", **more}


def film_frames(content):
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(content)
        file.flush()
        told = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
                               "stream=nb_read_frames", "-of", "csv=p=0", file.name], capture_output=True)
        return int(told.stdout.strip().rstrip(b",") or 0)


def names_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        equal(archive.testzip(), None, "a damaged picture")
        return sorted(archive.namelist())


def drafts_on_disk(served):
    return os.listdir(os.path.join(served.data, "pov-jobs"))


# ---- what it is for

def check_flow(served, curl):
    job = curl.begin(name="balls", priority=60)
    equal(curl.share(job)[0], 201, "a shared resource")
    status, told = curl.share(job, content=b"broken")
    equal((status, told), (200, {"path": "look.inc", "size": 6}), "it is replaced")
    curl.share(job)
    equal(curl.share(job, "deep/er/of%20blanks.inc")[0], 201, "one in a folder")
    added = curl.must("POST", f"{job}/units/", body=unit(1))
    equal(added, {"job_id": job, "work_unit_ids": ["frame_0001"], "units": 1}, "one unit")
    last = unit(3)
    del last["work_unit_id"]
    added = curl.must("POST", f"{job}/units/", body=[unit(2), last])
    equal(added["work_unit_ids"], ["frame_0002", "unit_000002"], "a list of them")
    equal(curl.must("GET", f"{job}/units/")["units"][0],
          {"work_unit_id": "frame_0001", "state": "draft", "tries": 0, "worker": "", "reason": ""}, "a unit of a draft")
    equal(curl("GET", f"{job}/images/")[0], 409, "the pictures of a draft")
    status, early = curl("GET", f"{job}/video/")
    equal((status, early["progress"]["state"]), (409, "draft"), "the film of a draft")

    served.stop(signal.SIGKILL)  # a draft outlasts the server
    served.start()
    told = curl.must("GET", f"{job}/")
    equal((told["state"], told["units"], told["name"]), ("draft", 3, "balls"), "a draft after a kill")
    equal(curl("POST", f"{job}/units/", body=unit(2))[0], 400, "an id twice, after a kill")

    told = curl.must("POST", f"{job}/run/")
    check(told["state"] in ("ready", "running"), "a job that runs:", told)
    equal(drafts_on_disk(served), [], "drafts that run")
    equal(curl("POST", f"{job}/run/")[0], 409, "run twice")
    equal(curl("POST", f"{job}/units/", body=unit(4))[0], 409, "a unit for a job that runs")
    equal(curl.share(job)[0], 409, "a resource for a job that runs")
    status, early = curl("GET", f"{job}/video/")
    check(status == 409 and early["progress"]["job_id"] == job and early["error"]["message"], "too early:", early)
    equal(curl("GET", f"{job}/images.zip")[0], 409, "the zip, too early")

    served.work()
    told = curl.wait(job)
    equal((told["state"], told["succeeded"], told["failed"], told["failures"]), ("succeeded", 3, 0, []), told)
    images = curl.must("GET", f"{job}/images/")["images"]
    equal([(image["name"], image["work_unit_id"]) for image in images],
          [(f"frame_{n:04}.png", ("frame_0001", "frame_0002", "unit_000002")[n - 1]) for n in (1, 2, 3)], "pictures")
    picture = curl.must("GET", f"{job}/images/frame_0002.png")
    check(picture.startswith(b"\x89PNG") and len(picture) == images[1]["size"], "a picture:", picture[:20])
    zipped = curl.must("GET", f"{job}/images.zip")
    equal(names_in(zipped), [f"frame_{n:04}.png" for n in (1, 2, 3)], "a zip of them")
    equal(curl.must("GET", f"{job}/images.zip", "-r", "10-99"), zipped[10:100], "a range of it")
    film = curl.must("GET", f"{job}/video/")
    equal(film_frames(film), 3, "the film's frames")
    told = curl.must("GET", f"{job}/statistics/")
    equal((told["frames"], told["failed"], told["retried"]), (3, 0, 0), "statistics")
    check(told["cpu_seconds"] > 0 and told["wall_seconds"] > 0 and sum(told["frames_by_worker"].values()) == 3
          and 0 < told["per_frame"]["least"] <= told["per_frame"]["median"] <= told["per_frame"]["greatest"]
          and told["bytes"] == sum(image["size"] for image in images), "statistics:", told)
    one = curl.must("GET", f"{job}/units/unit_000002/")
    equal((one["state"]["state"], one["work_unit"]["job_id"], one["work_unit"]["offload_gcs_prefix"]),
          ("succeeded", job, f"jobs/{job}/output/"), "a unit")
    equal(sorted(one["work_unit"]), ["cmd", "inline_resource", "job_id", "offload_gcs_prefix",
                                     "shared_resource_gcs_prefix", "work_unit_id"], "its names")
    equal(base64.b64decode(one["work_unit"]["inline_resource"]["scene.pov"]), scene(3), "its file")
    page = curl.must("GET", f"{job}/units/?limit=2")
    equal((len(page["units"]), page["next"]), (2, "2"), "a page of units")
    equal(len(curl.must("GET", f"{job}/units/?limit=2&cursor=2")["units"]), 1, "the next one")
    check(job in [one["job_id"] for one in curl.must("GET", "")["jobs"]], "it isn't listed")
    check(served.data not in json.dumps(served.must("GET", f"/jobs/{job}/submission")), "the job tells of the disk")
    equal(curl("POST", f"{job}/retry/")[0], 409, "a retry where nothing failed")
    return job


def check_another_film(served, curl, job):
    made = curl.must("POST", f"{job}/video/", body={"film": "gif"})
    equal(served.wait_until_done(made["job_id"]), "succeeded", "a film that was asked for")
    check(curl.must("GET", f"{job}/video/").startswith(b"GIF8"), "it is no GIF")
    for wish in ({"film": "none"}, {"film": "nonsense"}, {"fps": "0"}, {"misspelt": 1}):
        equal(curl("POST", f"{job}/video/", body=wish)[0], 400, wish)
    equal(curl("DELETE", f"{job}/")[0], 204, "an ended job is removed")
    equal(curl("GET", f"{job}/")[0], 404, "it is gone")
    equal(served.ask("GET", "/jobs/" + made["job_id"]).status, 404, "its film is gone")


def check_failure(curl):
    """One frame fails for good: it is told, there is no film, and a retry draws that one alone."""
    job = curl.begin(name="broken", max_tries=2)
    curl.share(job)
    curl.must("POST", f"{job}/units/", body=[unit(1), unit(2, "nosuch"), unit(3)])
    curl.must("POST", f"{job}/run/")
    told = curl.wait(job)
    equal((told["state"], told["succeeded"], told["failed"]), ("failed", 2, 1), told)
    [failure] = told["failures"]
    equal(failure["work_unit_id"], "frame_0002", "which failed")
    check("scene.pov, line 4" in failure["reason"] and "nosuch" in failure["reason"], "why:", failure)
    units = {one["work_unit_id"]: one for one in curl.must("GET", f"{job}/units/")["units"]}
    equal([units[f"frame_{n:04}"]["state"] for n in (1, 2, 3)], ["succeeded", "failed", "succeeded"], "states")
    equal(units["frame_0002"]["tries"], 2, "tries")
    for method, body in (("GET", None), ("POST", {})):
        status, refused = curl(method, f"{job}/video/", body=body)
        check(status == 409 and "frame_0002" in refused["error"]["message"] and
              refused["progress"]["failed"] == 1, method, "the film of a broken job:", refused)
    equal(names_in(curl.must("GET", f"{job}/images.zip")), ["frame_0001.png", "frame_0003.png"], "what is there")
    curl.must("POST", f"{job}/retry/")
    equal(curl.wait(job)["state"], "failed", "nothing has changed")
    told = curl.must("GET", f"{job}/statistics/")
    equal((told["frames"], told["failed"], told["retried"]), (2, 1, 1), "the good ones were drawn once")
    return job


def check_retry_that_helps(served, curl):
    """What failed for a reason outside is drawn by the retry, and the film is made then."""
    with tempfile.TemporaryDirectory(prefix="atelier-flag-") as folder:
        os.chmod(folder, 0o755)
        job = curl.begin(name="later", max_tries=1, trust=True, allow_gaps=True)
        curl.share(job)
        late = unit(2)
        late["cmd"] = f"[ -e {folder}/now ] || exit 3; " + late["cmd"]
        curl.must("POST", f"{job}/units/", body=[unit(1), late])
        curl.must("POST", f"{job}/run/")
        told = curl.wait(job)
        equal(told["state"], "failed", "too early")
        check("ended with 3" in told["failures"][0]["reason"], "why:", told)
        made = curl.must("POST", f"{job}/video/", body={})
        equal(served.wait_until_done(made["job_id"]), "succeeded", "the film with gaps")
        equal(film_frames(curl.must("GET", f"{job}/video/")), 1, "its frames")
        open(os.path.join(folder, "now"), "w").close()
        curl.must("POST", f"{job}/retry/")
        equal(curl.wait(job)["state"], "succeeded", "the retry")
    equal(film_frames(curl.must("GET", f"{job}/video/")), 2, "the film after a retry")
    told = curl.must("GET", f"{job}/statistics/")
    equal((told["frames"], told["failed"], told["retried"]), (2, 0, 1), "only that one was drawn again")


def check_gaps(served, curl):
    job = curl.begin(name="gaps", max_tries=1, allow_gaps=True)
    curl.share(job)
    curl.must("POST", f"{job}/units/", body=[unit(1), unit(2, "nosuch"), unit(3)])
    curl.must("POST", f"{job}/run/")
    equal(curl.wait(job)["state"], "failed", "a frame failed")
    equal(curl("GET", f"{job}/video/")[0], 409, "nobody has asked for the film with gaps")
    made = curl.must("POST", f"{job}/video/", body={})
    equal(served.wait_until_done(made["job_id"]), "succeeded", "the film with gaps")
    equal(film_frames(curl.must("GET", f"{job}/video/")), 2, "its frames")


def check_no_film(curl):
    """Units may make whatever they like; a film is made where one can be."""
    job = curl.begin(name="texts")
    curl.must("POST", f"{job}/units/", body={"cmd": "echo said > output/said.txt"})
    curl.must("POST", f"{job}/run/")
    equal(curl.wait(job)["state"], "succeeded", "a job without pictures")
    equal(curl("GET", f"{job}/video/")[0], 409, "its film")
    equal(curl("POST", f"{job}/video/", body={})[0], 404, "a film of nothing")
    equal(curl.must("GET", f"{job}/images/")["images"], [], "its pictures")
    job = curl.begin(name="wanted", film="webm", max_tries=1)
    curl.must("POST", f"{job}/units/", body={"cmd": "echo said > output/said.txt"})
    curl.must("POST", f"{job}/run/")
    told = curl.wait(job)
    equal((told["state"], told["succeeded"]), ("failed", 1), "a film that was asked for and can't be")
    check("numbered pictures" in told["message"], "why:", told)


# ---- what nobody may do

def check_refused(served, curl):
    for wrong in ({"name": ""}, {"name": "x" * 129}, {"name": "two\nlines"}, {"priority": 101}, {"max_tries": 0},
                  {"film": "nonsense"}, {"quality": "x"}, {"fps": "fast"}, {"tone": "x"}, {"misspelt": 1}, [1]):
        equal(curl("POST", "", body=wrong)[0], 400, "a job with", wrong)
    equal(drafts_on_disk(served), [], "what is left of refused jobs")
    equal(curl.begin(name="{{ Param.Units }}") != "", True, "braces in a name")
    job = curl.begin()
    for name in ("../up.inc", "a/../../up.inc", "%2e%2e/up.inc", "..%2fup.inc", "/etc/up.inc", "%2fetc%2fup.inc",
                 "a//b", "a/", "", ".", "a%00b", "a%5cb", "x" * 300, "/".join(["x" * 200] * 30)):
        status, told = curl.share(job, name)
        check(status in (400, 404), "shared as", name[:30], "-", status, told)
        check(served.data not in json.dumps(str(told)), "an error tells of the disk:", told)
    equal(curl.share(job, "file")[0], 201, "a file")
    equal(curl.share(job, "file/below")[0], 400, "a file below a file")
    equal(curl.share(job, "folder/file")[0], 201, "a file in a folder")
    equal(curl.share(job, "folder")[0], 400, "a file instead of a folder")
    equal(curl.share(job, "empty", b"")[0], 201, "an empty file")

    good = unit(1)
    prefix = f"jobs/{job}/output/"
    for wrong in ({"cmd": ""}, {"cmd": "a\0b"}, {"work_unit_id": "../up"}, {"work_unit_id": "/etc"},
                  {"job_id": "zzzzzzzz"}, {"offload_gcs_prefix": "jobs/zzzzzzzz/output/"},
                  {"offload_gcs_prefix": prefix + "../../up"}, {"shared_resource_gcs_prefix": prefix},
                  {"inline_resource": {"../up": ""}}, {"inline_resource": {"/etc/x": ""}},
                  {"inline_resource": {"shared/x": ""}}, {"inline_resource": {"output": ""}},
                  {"inline_resource": {"a": "no base64!"}}, {"inline_resource": ["a"]}, {"misspelt": 1}):
        status, told = curl("POST", f"{job}/units/", body=[unit(7), {**good, **wrong}])
        equal(status, 400, "a unit with", wrong, told)
    for wrong in ([], "text", [[good]], [good, good], 7):
        equal(curl("POST", f"{job}/units/", body=wrong)[0], 400, "units that are", str(wrong)[:50])
    large = unit(8)
    large["inline_resource"]["large"] = base64.b64encode(bytes(33 << 20)).decode()
    equal(curl("POST", f"{job}/units/", body=large)[0], 413, "a unit that is too large for one request")
    equal(curl.must("GET", f"{job}/")["units"], 0, "all or none of a list")
    equal(curl("POST", f"{job}/run/")[0], 400, "a job without units")
    curl.must("POST", f"{job}/units/", body=good)
    equal(curl.must("GET", f"{job}/")["units"], 1, "it is a draft still")
    for path in (f"{job}/units/none/", "zzzzzzzz/", "..%2f..%2f/", "%2e%2e/", f"{job}/units/?cursor=x",
                 f"{job}/units/?limit=0", "?misspelt=1"):
        check(curl("GET", path)[0] in (400, 404), "GET", path)
    huge = served.send_raw((f"PUT {ROOT}{job}/shared/huge HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
                            f"Content-Length: {100 << 30}\r\n\r\n").encode(), is_all=False)
    check(b" 413 " in huge.split(b"\r\n")[0], "more than a job may share:", huge[:200])
    with served.raw() as connection:  # one that breaks off
        connection.sendall((f"PUT {ROOT}{job}/shared/cut HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}"
                            "\r\nContent-Length: 100000\r\n\r\nsome").encode())
        arriving = os.path.join(served.data, "pov-jobs", job, "arriving")
        eventually(lambda: os.listdir(arriving), "the beginning of an upload")
    eventually(lambda: not os.listdir(arriving), "the end of an upload that broke off")
    equal(sorted(os.listdir(os.path.join(served.data, "pov-jobs", job, "shared"))), ["empty", "file", "folder"],
          "what is shared in the end")
    for draft in drafts_on_disk(served):
        equal(curl("DELETE", f"{draft}/")[0], 204, "a draft is removed")
    equal(drafts_on_disk(served), [], "drafts that were removed")


def check_sandbox(served, curl, user):
    """A stranger's cmd sees and writes nothing but its own."""
    secret = os.path.join(served.data, "token")
    equal(user("POST", "", body={"trust": True})[0], 403, "a user leaves the sandbox")
    escaped = os.path.join(served.folder, "escaped")
    cmd = f"cat {secret} > output/loot.txt; echo x > {escaped}; echo x > shared/written; ls / > output/seen.txt"
    job = user.begin(name="thief", film="none", max_tries=1)
    user.must("POST", f"{job}/units/", body={"cmd": cmd})
    user.must("POST", f"{job}/run/")
    user.wait(job)
    outputs = {one["output"]["path"]: one["output"] for one in served.must("GET", f"/jobs/{job}/outputs")["outputs"]}
    equal(outputs.get("loot.txt", {"size": 0})["size"], 0, "a secret of the server was read")
    check("seen.txt" in outputs, "the cmd didn't run: the test proves nothing", outputs)
    check(not os.path.exists(escaped), "it has written elsewhere")
    job = curl.begin(name="trusted", film="none", trust=True)
    curl.must("POST", f"{job}/units/", body={"cmd": f"echo x > {escaped}; echo x > output/x"})
    curl.must("POST", f"{job}/run/")
    equal(curl.wait(job)["state"], "succeeded", "an admin's job")
    check(os.path.exists(escaped), "an admin's trust has no effect: the test above proves nothing")


def check_two_users(served, curl, anna, ben):
    draft = anna.begin(name="hers")
    anna.share(draft)
    anna.must("POST", f"{draft}/units/", body=unit(1))
    job = anna.begin(name="hers too")
    anna.must("POST", f"{job}/units/", body={"cmd": "sleep 600"})
    anna.must("POST", f"{job}/run/")
    asks = [("GET", "", None), ("GET", "units/", None), ("GET", "units/frame_0001/", None), ("POST", "units/", unit(2)),
            ("POST", "run/", None), ("POST", "retry/", None), ("GET", "images/", None), ("GET", "images/x.png", None),
            ("GET", "images.zip", None), ("GET", "video/", None), ("POST", "video/", {}), ("GET", "statistics/", None),
            ("DELETE", "", None)]
    for known in (draft, job):
        for method, path, body in asks:
            status, told = ben(method, f"{known}/{path}", body=body)
            nothing = ben(method, f"zzzzzzzz/{path}", body=body)
            equal((status, json.dumps(told).replace(known, "zzzzzzzz")), (404, json.dumps(nothing[1])), method, path,
                  "of somebody else")
        equal(ben.share(known)[0], 404, "a resource for somebody else's job")
    equal(ben.must("GET", "")["jobs"], [], "the jobs of one who has none")
    equal({one["job_id"] for one in anna.must("GET", "")["jobs"]} >= {draft, job}, True, "her own")
    check({draft, job} <= {one["job_id"] for one in curl.must("GET", "?limit=1000")["jobs"]}, "an admin sees all")
    reader = Curl(served, served.make_token("anna", "read")["secret"])
    equal(reader("GET", f"{draft}/")[0], 200, "one who may only look, looks")
    for method, path, body in (("POST", "", {}), ("POST", f"{draft}/units/", unit(3)), ("DELETE", f"{draft}/", None)):
        equal(reader(method, path, body=body)[0], 403, method, "by one who may only look")
    equal(anna("DELETE", f"{job}/")[0], 200, "it is stopped")
    equal(anna.wait(job)["state"], "canceled", "a job that was stopped")
    equal(anna("DELETE", f"{job}/")[0], 204, "and removed")
    plain = served.submit("true", tasks=1, token=served.anna, settings={"tags": ["work-units"]})
    equal(anna("GET", f"{plain}/")[0], 404, "a job that only says it is one")
    check(plain not in json.dumps(anna.must("GET", "")), "it is listed")
    kept = [anna.begin() for _ in range(19)]
    equal(anna("POST", "", body={})[0], 429, "too many drafts")
    equal(ben("POST", "", body={})[0], 201, "another one's")
    for one in [draft, *kept]:
        anna("DELETE", f"{one}/")


def check_old(served, curl):
    """Nobody has touched it for a day."""
    old, young = curl.begin(), curl.begin()
    head = os.path.join(served.data, "pov-jobs", old, "draft.json")
    long_ago = os.stat(head).st_mtime - 25 * 3600
    os.utime(head, (long_ago, long_ago))
    curl("DELETE", f"{curl.begin()}/")
    equal((curl("GET", f"{old}/")[0], curl("GET", f"{young}/")[0]), (404, 200), "an old draft, and a young one")
    curl("DELETE", f"{young}/")


def check_example(served, curl):
    """The lines of the document, and the example, as they stand."""
    text = open(os.path.join(SOURCE, "docs", "povray.md")).read()
    lines = text.split("## By curl alone\n")[1].split("\n## ")[0].split("\n")
    block = [line[4:] for line in lines if line.startswith("    ")]
    with tempfile.TemporaryDirectory(prefix="atelier-example-") as folder:
        for name, content in (("auth", open(curl.auth, "rb").read()), ("look.inc", LOOK),
                              ("turn.pov", scene(2).replace(b"<0,0,0>", b"<clock,0,0>"))):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        script = "set -eu\n" + "\n".join(block).replace("http://farm:7070", served.url())
        done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, timeout=PATIENCE)
        equal(done.returncode, 0, "the lines of the document:", done.stdout[-2000:], done.stderr[-2000:])
        film = os.path.join(folder, "turn.mp4")
        equal(film_frames(open(film, "rb").read()) if os.path.exists(film) else 0, 8, "their film")
        equal(len(names_in(open(os.path.join(folder, "turn.zip"), "rb").read())), 8, "their pictures")
        variables = dict(os.environ, ATELIER_SERVER=served.url(), ATELIER_TOKEN_FILE=os.path.join(served.data, "token"))
        done = subprocess.run([os.path.join(SOURCE, "examples", "spiral", "by_curl.sh"), "spiral.mp4", "4"], cwd=folder,
                              env=variables, capture_output=True, timeout=PATIENCE)
        equal(done.returncode, 0, "the example:", done.stdout[-2000:], done.stderr[-2000:])
        film = os.path.join(folder, "spiral.mp4")
        equal(film_frames(open(film, "rb").read()) if os.path.exists(film) else 0, 4, "its film")


def main():
    need("povray", "ffmpeg", "bwrap", "curl")
    served = Served()
    served.add_user("anna")
    served.add_user("ben")
    served.anna = served.make_token("anna")["secret"]
    worker = served.make_token("local", "worker")["secret"]
    served.work = lambda: served.others or served.start_worker(worker)
    curl = Curl(served, served.token)
    anna, ben = Curl(served, served.anna), Curl(served, served.make_token("ben")["secret"])
    job = check_flow(served, curl)
    check_another_film(served, curl, job)
    check_failure(curl)
    check_retry_that_helps(served, curl)
    check_gaps(served, curl)
    check_no_film(curl)
    check_refused(served, curl)
    check_sandbox(served, curl, anna)
    check_two_users(served, curl, anna, ben)
    check_old(served, curl)
    check_example(served, curl)
    served.close()
    finish()


main()

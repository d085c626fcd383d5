"""Scenes that strangers send: rendered by a real server with real Blender, told about as they go, fetched as films and
frames; and what nobody may do by sending one."""
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile

from scenes import SOURCE, Scenes, need
from served import Served, check, equal, eventually, finish

ROOT = "/api/render-tasks/"
EXAMPLE = os.path.join(SOURCE, "examples", "uploadfile")
STAGES = ["Uploading", "Analysing", "Queued", "Rendering", "Merging", "Finished"]
ENDED = ("Finished", "Failed", "Canceled")
PATIENCE = 240.0
FRAMES = 6


def packed(*items, compression=zipfile.ZIP_DEFLATED):
    """items: name, content, and the kind of file when it is no plain one."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data, *kind in items:
            info = zipfile.ZipInfo(name)
            info.compress_type = compression
            info.external_attr = ((kind[0] if kind else stat.S_IFREG) | 0o644) << 16
            archive.writestr(info, data)
    return content.getvalue()


def form(fields, filename, content, boundary="a-boundary"):
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                    for name, value in fields.items())
    body += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
             "Content-Type: application/octet-stream\r\n\r\n").encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def send(served, content, query="", kind="application/octet-stream", token=None):
    return served.ask("POST", ROOT + "run_task/" + query, content=content, kind=kind, token=token)


def begin(served, content, query="", **more):
    answer = send(served, content, query, **more)
    if answer.status != 201:
        raise AssertionError(f"{query}: {answer.status} {answer.content[:500]!r}")
    key = answer.json()["TaskKey"]
    equal(answer.header("location"), f"{ROOT}{key}/", "where the task is")
    return key


def show(served, key, token=None):
    return served.must("GET", f"{ROOT}{key}/", token=token)


def progress_of(served, key):
    return served.must("GET", f"{ROOT}{key}/progress/")


def result(served, key, query="", **more):
    return served.ask("GET", f"{ROOT}{key}/result/{query}", **more)


class Watch:
    """Asks for the progress until the end, and holds it against what it promises."""

    def __init__(self, served, key):
        self.served, self.key = served, key
        self.total, self.stages = 0.0, []

    def look(self):
        progress = progress_of(self.served, self.key)
        check(progress["total"] >= self.total - 1e-9, "the total goes back from", self.total, "to", progress)
        self.total = max(self.total, progress["total"])
        check(0 <= progress["total"] <= 100 and 0 <= progress.get("progress", 0) <= 100, "no percents:", progress)
        for worker in progress["workers"]:
            check(worker["worker"] and 0 < worker["part"] <= 100 and 0 <= worker["progress"] <= 100, "no part:", worker)
        check(sum(worker["part"] for worker in progress["workers"]) <= 100.001, "more than the whole:", progress)
        if progress["stage"] not in self.stages:
            self.stages.append(progress["stage"])
        return progress

    def until(self, *stages):
        return eventually(lambda: (p := self.look())["stage"] in stages and p, f"{stages} of {self.key}", PATIENCE)

    def finished(self):
        progress = self.until(*ENDED)
        equal(progress["stage"], "Finished", self.key, show(self.served, self.key)["message"],
              self.served.said()[-1000:] if progress["stage"] != "Finished" else "")
        equal(progress["total"], 100, "the total at the end")
        check(self.stages == [stage for stage in STAGES if stage in self.stages], "stages out of order:", self.stages)
        return progress


def frames_of_film(content):
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(content)
        file.flush()
        told = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
                               "stream=nb_read_frames,width,height", "-of", "json", file.name], capture_output=True)
        [stream] = json.loads(told.stdout or "{}").get("streams") or [{}]
        return int(stream.get("nb_read_frames", 0)), stream.get("width"), stream.get("height")


def names_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        equal(archive.testzip(), None, "a damaged frame")
        for name in archive.namelist():
            check(archive.read(name).startswith(b"\x89PNG"), name, "is no PNG")
        return sorted(archive.namelist())


def left_behind(served):
    return os.listdir(os.path.join(served.data, "render-tasks"))


def blenders():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = open(f"/proc/{pid}/cmdline", "rb").read()
            environment = open(f"/proc/{pid}/environ", "rb").read()
        except OSError:
            continue
        if b"blender" in command.split(b"\0")[0] and os.environ["ATELIER_TEST_MARK"].encode() in environment:
            found.append((pid, command[:100]))
    return found


# ---- what it is for

def check_raw_body(served, scene):
    key = begin(served, scene, "?upload=turning.blend&sandbox=false")
    task = show(served, key)
    wanted = {"TaskID": key, "FileServerAddress": "127.0.0.1", "FileServerPort": served.port, "dataType": "SingleFile",
              "outputType": "PNG", "StartFrame": 1, "EndFrame": FRAMES, "FrameStep": 1, "name": "turning",
              "owner": "local", "film": "turning.mp4", "frames": FRAMES}
    equal({name: task[name] for name in wanted}, wanted, "the fields of a task")
    early = result(served, key)
    equal(early.status, 409, "the result of a task that isn't finished")
    check(early.json()["error"]["message"] and early.json()["progress"]["stage"] in STAGES, "409:", early.content)
    watch = Watch(served, key)
    progress = watch.finished()
    check(abs(sum(worker["part"] for worker in progress["workers"]) - 100) < 0.01, "parts:", progress)
    film = result(served, key)
    equal((film.status, film.header("content-type")), (200, "application/octet-stream"), "the film")
    equal(frames_of_film(film.content), (FRAMES, 160, 90), "the film's frames")
    check_ranges(served, key, "", film)
    frames = result(served, key, "?what=frames")
    equal(names_in(frames.content), [f"turning_{n:04}.png" for n in range(1, FRAMES + 1)], "the frames")
    check_ranges(served, key, "?what=frames", frames)
    check(key in [task["TaskID"] for task in served.must("GET", ROOT)["tasks"]], "the task isn't listed")
    equal(served.must("GET", f"/jobs/{key}")["job"]["state"], "succeeded", "its job")
    equal(result(served, key, "?what=nonsense").status, 400, "what=nonsense")
    return key


def check_ranges(served, key, query, whole):
    size, tag = len(whole.content), whole.header("etag")
    equal(int(whole.header("content-length")), size, "its length")
    for first, last in ((0, 0), (0, 99), (10, size // 2), (size - 7, size - 1), (size - 5, size + 100)):
        part = result(served, key, query, headers={"Range": f"bytes={first}-{last}"})
        end = min(last, size - 1)
        equal((part.status, part.header("content-range")), (206, f"bytes {first}-{end}/{size}"), "a range of", query)
        check(part.content == whole.content[first:end + 1], "the bytes of the range", first, last, query)
    equal(result(served, key, query, headers={"Range": "bytes=-9"}).content, whole.content[-9:], "the last bytes")
    equal(result(served, key, query, headers={"Range": f"bytes={size}-"}).status, 416, "beyond the end")
    equal(result(served, key, query, headers={"If-None-Match": tag}).status, 304, "it is known already")
    other = result(served, key, query, headers={"Range": "bytes=0-1", "If-Range": '"another"'})
    equal((other.status, len(other.content)), (200, size), "a range of another version")
    head = served.ask("HEAD", f"{ROOT}{key}/result/{query}")
    equal((head.status, head.header("content-length"), head.content), (200, str(size), b""), "HEAD", query)


def check_form(served, scene):
    body, kind = form({"frames": "2-4:2", "film": "none"}, "C:\\scenes\\Würfel #1.blend", scene)
    key = begin(served, body, kind=kind)
    task = show(served, key)
    equal((task["StartFrame"], task["EndFrame"], task["FrameStep"], task["frames"], task["film"]), (2, 4, 2, 2, ""),
          "the frames of a form")
    equal(task["name"], "Würfel _1", "the name of a file of a form")
    Watch(served, key).finished()  # in the sandbox: nothing else was said
    equal(names_in(result(served, key).content), ["Würfel _1_0002.png", "Würfel _1_0004.png"], "a zip of the frames")
    equal(result(served, key, "?what=film").status, 404, "a film that nobody wanted")
    for fields, filename, content in (({"nonsense": "1"}, "a.blend", scene), ({"frames": "x"}, "a.blend", scene),
                                      ({"percent": "0"}, "a.blend", scene), ({"sandbox": "perhaps"}, "a.blend", scene),
                                      ({}, "a.blend", b"")):
        body, kind = form(fields, filename, content)
        equal(send(served, body, kind=kind).status, 400, "a form with", fields, len(content))
    body, kind = form({}, "a.blend", scene)
    equal(send(served, body[:-30], kind=kind).status, 400, "a form that was cut")
    equal(send(served, body, kind="multipart/form-data").status, 400, "a form without a boundary")
    equal(send(served, body + body, kind=kind).status, 201, "what follows a form counts for nothing")
    two = body[:-len(b"--a-boundary--\r\n")] + body
    equal(send(served, two, kind=kind).status, 400, "a form with two files")


def check_zips(served, scenes, scene):
    texture = scenes.make("textured.blend", "frames=2", f"textured={scenes.folder}/tex/colour.png")
    picture = open(os.path.join(scenes.folder, "picture.png"), "rb").read()
    lacking = send(served, packed(("project/textured.blend", texture)))
    equal(lacking.status, 400, "a missing texture")
    check("tex/colour.png" in lacking.content.decode() and served.data not in lacking.content.decode(),
          "what is missing isn't named, or more is:", lacking.content)
    key = begin(served, packed(("project/textured.blend", texture), ("project/tex/colour.png", picture),
                               ("__MACOSX/project/._textured.blend", b"x")), "?sandbox=false&film=none")
    equal(show(served, key)["dataType"], "MultiFile", "a zip")
    Watch(served, key).finished()
    equal(len(names_in(result(served, key).content)), 2, "frames of a zip")
    several = packed(("one.blend", scene), ("two.blend", texture), ("tex/colour.png", picture), ("deep/three.blend", scene))
    asked = send(served, several)
    equal(asked.status, 400, "several scenes, and none is told")
    check("one.blend, two.blend" in asked.content.decode(), "they aren't named:", asked.content)
    key = begin(served, several, "?blend=deep/three.blend&frames=1-2&sandbox=false")
    equal(show(served, key)["name"], "three", "the one that was told")
    Watch(served, key).finished()
    equal(frames_of_film(result(served, key).content)[0], 2, "its film")
    for wanted in ("none.blend", "../../atelier.db", "/etc/passwd", "tex"):
        equal(send(served, several, "?blend=" + wanted).status, 400, "blend =", wanted)


# ---- what nobody may do

def check_hostile_zips(served, scene):
    bomb = packed(("a.blend", scene), ("zeros", bytes(1 << 20) * 1200))
    hostile = {
        "leads up": packed(("a.blend", scene), ("../../escaped", b"x")),
        "is absolute": packed(("a.blend", scene), ("/tmp/atelier-escaped", b"x")),
        "has a link": packed(("a.blend", scene), ("link", b"/etc/passwd", stat.S_IFLNK)),
        "writes by a link": packed(("link", b"/tmp", stat.S_IFLNK), ("link/atelier-escaped", b"x"), ("a.blend", scene)),
        "has the scene as a link": packed(("a.blend", b"/etc/passwd", stat.S_IFLNK)),
        "has a name twice": packed(("a.blend", scene), ("A.BLEND", b"x")),
        "has a file as a folder": packed(("a.blend", scene), ("a.blend/x", b"x")),
        "is a bomb": bomb,
        "has too many files": packed(("a.blend", scene), *((f"f{n}", b"") for n in range(100_001))),
        "is cut": packed(("a.blend", scene))[:-30],
        "is damaged": packed(("a.blend", scene), compression=zipfile.ZIP_STORED).replace(b"BLENDER", b"BLUNDER"),
        "is empty": packed(),
        "has no scene": packed(("a.txt", b"x")),
        "has no real scene": packed(("a.blend", b"BLENDER-v304" + b"x" * 1000)),
    }
    for what, content in hostile.items():
        answer = send(served, content)
        check(answer.status == 400 and answer.json()["error"]["message"], "a zip that", what, answer.status,
              answer.content[:300])
        check(served.data not in answer.content.decode(), "an error tells of the server's disk:", answer.content)
    check(not os.path.exists("/tmp/atelier-escaped") and not os.path.exists(os.path.join(served.data, "escaped")),
          "a zip has written elsewhere")
    equal(left_behind(served), [], "what is left of refused scenes")


def check_files_of_the_server(served, scenes):
    """A scene that names what isn't its own doesn't get it."""
    scene = scenes.make("thief.blend", "frames=1", then=(
        "image = bpy.data.images.new('Loot', 4, 4); image.source = 'FILE'; image.filepath = '/etc/hostname'; "
        "image.use_fake_user = True\n"
        "up = bpy.data.images.new('Up', 4, 4); up.source = 'FILE'; up.filepath = '//../../../atelier.db'; "
        "up.use_fake_user = True"))
    for content in (scene, packed(("deep/er/thief.blend", scene))):
        refused = send(served, content)
        check(refused.status == 400 and "/etc/hostname" in refused.content.decode(), "a thief:", refused.content)
    key = begin(served, scene, "?allow_missing=true&film=none")
    job = served.must("GET", f"/jobs/{key}/submission")
    manifest = json.loads(served.ask("GET", "/blobs/" + job["inputs"]["Files"]).content)
    equal([entry["path"] for entry in manifest["entries"]], ["scene.blend"], "what goes to the workers")
    check(served.data not in json.dumps(job), "the job tells of the server's disk:", json.dumps(job)[:2000])
    Watch(served, key).finished()


def check_scripts(served, scenes, user):
    """A script of a scene runs when an admin says so, and not otherwise."""
    mark = os.path.join(scenes.folder, "mark")
    scene = scenes.make("script.blend", "frames=1", then=(
        f"text = bpy.data.texts.new('evil.py'); text.write(\"open({mark!r}, 'w').write('x')\"); text.use_module = True"))
    refused = send(served, scene, "?trust=true", token=user)
    equal(refused.status, 403, "a user trusts a scene")
    body, kind = form({"trust": "true"}, "a.blend", scene)
    equal(send(served, body, kind=kind, token=user).status, 403, "a user trusts a scene in a form")
    for token in (user, None):
        Watch(served, begin(served, scene, "?sandbox=false&film=none", token=token)).finished()
        check(not os.path.exists(mark), "a script of a scene was run")
    Watch(served, begin(served, scene, "?sandbox=false&film=none&trust=true")).finished()
    check(os.path.exists(mark), "an admin's trust has no effect: the test above proves nothing")


def check_access(served, key, user, other):
    for method, path in (("GET", ""), ("GET", "progress/"), ("GET", "result/"), ("DELETE", "")):
        foreign = served.ask(method, f"{ROOT}{key}/{path}", token=user)
        none = served.ask(method, f"{ROOT}zzzzzzzz/{path}", token=user)
        equal((foreign.status, foreign.content.replace(key.encode(), b"zzzzzzzz")), (404, none.content), method, path,
              "of somebody else")
    equal(served.must("GET", ROOT, token=other)["tasks"], [], "the tasks of one who has none")
    reader = served.make_token("anna", "read")["secret"]
    equal(send(served, b"x", token=reader).status, 403, "a scene from one who may only look")
    plain = served.submit("true", token=user)
    equal(served.ask("GET", f"{ROOT}{plain}/", token=user).status, 404, "a job that is no render task")
    tagged = served.submit("true", token=user, settings={"tags": ["render-task"]})
    check(tagged not in json.dumps(served.must("GET", ROOT, token=user)), "a job that only says it is one is listed")


def check_memory(served):
    """A large body goes to the disk as it comes."""
    before = served.memory()
    piece, pieces = b"x" * (1 << 20), 400
    head = (f"POST {ROOT}run_task/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
            f"Content-Length: {len(piece) * pieces}\r\n\r\n").encode()
    with served.raw() as connection:
        connection.sendall(head)
        for number in range(pieces):
            connection.sendall(piece)
            if number == pieces // 2:
                tasks = served.must("GET", ROOT)["tasks"]
                [task] = [task for task in tasks if task["stage"] == "Uploading"]
                progress = progress_of(served, task["TaskID"])
                check(30 < progress["progress"] < 60, "half of it has come:", progress)
        answer = connection.recv(4096)
    check(b" 400 " in answer.split(b"\r\n")[0], "400 MB of nothing", answer[:200])
    served.check_growth(before, 60 << 20, "after an upload of 400 MiB")
    with served.raw() as connection:  # one that breaks off
        connection.sendall(head + piece)
        eventually(lambda: left_behind(served), "the beginning of an upload")
    eventually(lambda: not left_behind(served), "the end of an upload that broke off")
    with served.raw() as connection:  # one that is canceled while it comes
        connection.sendall(head + piece)
        [key] = eventually(lambda: left_behind(served), "the beginning of an upload")
        equal(served.must("DELETE", f"{ROOT}{key}/")["stage"], "Canceled", "an upload, canceled")
        try:
            for _ in range(pieces):
                connection.sendall(piece)
        except OSError:
            pass
    eventually(lambda: not left_behind(served), "the end of an upload that was canceled")
    equal(served.ask("GET", f"{ROOT}{key}/").status, 404, "a canceled upload")


# ---- in the middle

def check_cancel(served, scene):
    for sandbox in ("false", "true"):
        key = begin(served, scene, f"?frames=1-5000&size=1280x720&sandbox={sandbox}")
        watch = Watch(served, key)
        watch.until("Rendering")
        eventually(blenders, "a Blender", PATIENCE)
        equal(served.must("DELETE", f"{ROOT}{key}/")["TaskID"], key, "canceling")
        watch.until("Canceled")
        eventually(lambda: not blenders(), "the end of all Blenders")
        over = result(served, key)
        check(over.status == 409 and "Canceled" in over.content.decode(), "the result of a canceled task:", over.content)
        equal(served.ask("DELETE", f"{ROOT}{key}/").status, 204, "removing it")
        equal(served.ask("GET", f"{ROOT}{key}/").status, 404, "a removed task")


def check_restart(served, scene):
    """All that matters is on the disk."""
    key = begin(served, scene, "?frames=1-60&sandbox=false&film=mp4")
    before = show(served, key)
    watch = Watch(served, key)
    eventually(lambda: watch.look()["total"] > 15, "a part of it", PATIENCE)
    with served.raw() as connection:  # an upload that the server doesn't survive
        connection.sendall((f"POST {ROOT}run_task/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
                            "Content-Length: 1000\r\n\r\nx").encode())
        eventually(lambda: left_behind(served), "the beginning of an upload")
        served.stop(signal.SIGKILL)
    served.start()
    equal(left_behind(served), [], "what is left of the upload of a server that was killed")
    after = show(served, key)
    equal({**after, "stage": ""}, {**before, "stage": ""}, "the task after a restart")
    watch.stages.clear()
    watch.finished()
    equal(frames_of_film(result(served, key).content)[0], 60, "the film of a task whose server was killed")


def check_examples(served, scenes):
    scene = os.path.join(scenes.folder, "turning.blend")
    film = os.path.join(scenes.folder, "fetched.mp4")
    token = os.path.join(served.data, "token")
    variables = dict(os.environ, ATELIER_SERVER=served.url(), ATELIER_TOKEN_FILE=token)
    for command, frames in (([sys.executable, os.path.join(EXAMPLE, "uploadfile.py"), scene, "--to", film,
                              "-o", "frames=1-3"], 3), ([os.path.join(EXAMPLE, "walkthrough.sh"), scene, film], 4)):
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=PATIENCE)
        equal(done.returncode, 0, command, done.stdout, done.stderr)
        with open(film, "rb") as file:
            equal(frames_of_film(file.read())[0], frames, "the film that", command[-1], "fetched")
        os.remove(film)
    broken = subprocess.run([sys.executable, os.path.join(EXAMPLE, "uploadfile.py"), __file__], env=variables,
                            capture_output=True, text=True)
    check(broken.returncode == 1 and ".blend" in broken.stderr and "Traceback" not in broken.stderr, "no scene:",
          broken.stderr)


def main():
    need("blender", "ffprobe", "ffmpeg", "bwrap", "curl")
    os.environ["ATELIER_TEST_MARK"] = f"mark-{os.getpid()}"
    scenes = Scenes()
    scene = scenes.make("turning.blend", f"frames={FRAMES}", then=(
        "image = bpy.data.images.new('P', 4, 4); "
        f"image.filepath_raw = {os.path.join(scenes.folder, 'picture.png')!r}; image.file_format = 'PNG'; image.save(); "
        "bpy.data.images.remove(image)"))
    served = Served("--workers", "2", variables={"ATELIER_TEST_MARK": os.environ["ATELIER_TEST_MARK"]})
    for name in ("anna", "ben"):
        served.add_user(name)
    user, other = (served.make_token(name)["secret"] for name in ("anna", "ben"))
    key = check_raw_body(served, scene)
    check_access(served, key, user, other)
    check_form(served, scene)
    check_zips(served, scenes, scene)
    check_hostile_zips(served, scene)
    check_files_of_the_server(served, scenes)
    check_scripts(served, scenes, user)
    check_memory(served)
    check_cancel(served, scene)
    check_examples(served, scenes)
    check_restart(served, scene)
    served.close()
    finish()


main()

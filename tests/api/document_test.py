"""The OpenAPI document says what the server does: every operation in it is called, and every answer is what it says."""
import base64
import re

import jsonschema

from scenes import Scenes, need
from served import Served, check, digest, equal, finish, quoted, template

METHODS = {"get", "head", "post", "put", "patch", "delete"}
SCRIPT = "echo \"content $N\" > \"$OUT/$N.txt\"; [ $N != 2 ]"
ACCESS = {"open", "known", "read", "change", "watch", "admin", "worker", "blobs"}


def check_structure(document):
    equal(document["openapi"], "3.1.0", "the version of OpenAPI")
    check(document["info"]["title"] and document["info"]["version"], "info")
    ids = set()
    for path, operations in document["paths"].items():
        places = set(re.findall(r"{(\w+)}", path))
        check(not re.search(r"[^\w/{}.-]", path), path, "isn't a plain path")
        for method, operation in operations.items():
            where = method + " " + path
            check(method in METHODS, where, "is no method")
            check(operation["x-access"] in ACCESS, where, "x-access")
            check(len(operation["summary"]) > 3 and operation["description"].endswith("."), where, "is not described")
            check(operation["tags"] and operation["tags"][0], where, "has no group")
            check(operation["operationId"] not in ids, where, "operationId twice")
            ids.add(operation["operationId"])
            parameters = operation.get("parameters", [])
            equal({p["name"] for p in parameters if p["in"] == "path"}, places, where, "places")
            for parameter in parameters:
                check(parameter["required"] == (parameter["in"] == "path"), where, parameter["name"], "required")
                check(parameter.get("description"), where, parameter["name"], "is not described")
                jsonschema.Draft202012Validator.check_schema(parameter["schema"])
            check("default" in operation["responses"], where, "has no error")
            good = [status for status in operation["responses"] if status != "default"]
            check(good and all(200 <= int(status) < 400 for status in good), where, "statuses")
            bodies = [operation["responses"][status] for status in good]
            for body in bodies + [operation.get("requestBody", {})]:
                for media in body.get("content", {}).values():
                    jsonschema.Draft202012Validator.check_schema(media.get("schema", {}))
            if operation["x-access"] == "open":
                equal(operation.get("security"), [], where, "security")


class Calls:
    """Calls operations and holds their answers against the document."""

    def __init__(self, served, document):
        self.served, self.document = served, document
        self.called = set()

    def __call__(self, name, *places, status=None, query="", **more):
        method, path = name.split(" ")
        operation = self.document["paths"][path][method.lower()]
        self.called.add((path, method.lower()))
        for place in places:
            path = re.sub(r"{\w+}", lambda _: quoted(place), path, count=1)
        if "body" in more:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            jsonschema.validate(more["body"], schema)
        answer = self.served.ask(method, path.removeprefix("/api/v1") + query, **more)
        self.compare(name, operation, answer, status)
        return answer

    def compare(self, name, operation, answer, status):
        documented = operation["responses"].get(str(answer.status))
        if status:
            equal(answer.status, status, name, answer.content[:300])
        if not documented or answer.status >= 400:
            check(False, name, "gives", answer.status, "undocumented", answer.content[:300])
            return
        if "content" not in documented:
            equal(answer.content, b"", name, "content")
            return
        [(kind, media)] = documented["content"].items()
        check(kind in ("*/*", answer.header("content-type")), name, "type", kind, answer.header("content-type"))
        if kind == "application/json":
            for problem in jsonschema.Draft202012Validator(media["schema"]).iter_errors(answer.json()):
                check(False, name, problem.json_path, problem.message)

    def check_complete(self):
        for path, operations in self.document["paths"].items():
            for method in operations:
                check((path, method) in self.called, method, path, "was never called")


def call_what_is_open(call):
    call("GET /api/v1")
    call("GET /healthz")
    call("GET /metrics")
    call("GET /api/v1/openapi.json")
    answer = call("GET /api/v1/events")
    equal(answer.header("content-type"), "text/event-stream", "events")


def call_accounts(call, served):
    call("GET /api/v1/me")
    call("POST /api/v1/users", body={"name": "anna", "password": "anna's long password", "role": "user"}, status=201)
    call("GET /api/v1/users")
    call("PATCH /api/v1/users/{user}", "anna", body={"weight": 2, "disabled": False, "role": "user"})
    made = call("POST /api/v1/tokens", body={"name": "t", "user": "anna", "expires_in_days": 1}, status=201).json()
    call("GET /api/v1/tokens", query="?all=true")
    call("PUT /api/v1/me/password", token=made["secret"],
         body={"current": "anna's long password", "password": "anna's longer password"})
    call("DELETE /api/v1/tokens/{token}", made["token"]["id"], status=204)
    call("POST /api/v1/login", body={"user": "anna", "password": "anna's longer password"}, token="")
    call("POST /api/v1/logout", token="")
    call("GET /api/v1/audit", query="?limit=5")


def call_blobs(call):
    content = b"some bytes of a blob"
    name = digest(content)
    call("POST /api/v1/blobs/missing", body={"blobs": [{"digest": name, "size": len(content)}]})
    call("PUT /api/v1/blobs/{digest}", name, query=f"?size={len(content)}", content=content, status=201)
    call("PUT /api/v1/blobs/{digest}", name, query=f"?size={len(content)}", content=content, status=200)
    call("POST /api/v1/uploads", body={"digest": name, "size": len(content)}, status=200)
    equal(call("GET /api/v1/blobs/{digest}", name, status=200).content, content, "the blob")
    part = call("GET /api/v1/blobs/{digest}", name, status=206, headers={"Range": "bytes=5-9"})
    equal(part.content, content[5:10], "its range")
    equal(part.header("content-range"), f"bytes 5-9/{len(content)}", "its range")
    call("GET /api/v1/blobs/{digest}", name, status=304, headers={"If-None-Match": part.header("etag")})
    other = b"more bytes"
    begun = call("POST /api/v1/uploads", body={"digest": digest(other), "size": len(other)}, status=201).json()
    call("GET /api/v1/uploads/{upload}", begun["upload"])
    done = call("PATCH /api/v1/uploads/{upload}", begun["upload"], query="?offset=0", content=other).json()
    check(done["done"], "the upload isn't done")


def call_jobs(call, served):
    job = served.submit("echo said; sleep 600", tasks=2)
    call("POST /api/v1/jobs", status=200, query="?continue=true", body=served.must("GET", f"/jobs/{job}/submission"))
    call("GET /api/v1/jobs", query="?state=ready&sort=-priority&limit=10")
    call("GET /api/v1/jobs/{job}", job)
    call("GET /api/v1/find/{beginning}", job[:6])
    call("GET /api/v1/jobs/{job}/settings", job)
    call("PATCH /api/v1/jobs/{job}/settings", job, body={"priority": 60, "max_concurrency": 2})
    call("GET /api/v1/jobs/{job}/submission", job)
    call("GET /api/v1/jobs/{job}/why", job)
    call("GET /api/v1/tasks/{job}/{step}/why", job, "Work")
    call("GET /api/v1/tasks/{job}/{step}/{task}/why", job, "0", "1")
    call("POST /api/v1/jobs/{job}/pause", job)
    call("POST /api/v1/jobs/{job}/resume", job)
    return job


def call_workers(call, served, job):
    """As a worker does it, by hand: the answers of its routes are to be seen."""
    made = served.make_token("local", "worker")["secret"]
    reply = call("POST /api/v1/workers/{worker}/exchange", "hand", token=made, body={
        "worker": "hand", "name": "by hand", "boot": "b", "sequence": 1, "slots": 1,
        "capabilities": {"amounts": {"amount.worker.vcpu": 1, "amount.worker.memory": 4096},
                         "attributes": {"attr.worker.os.family": ["linux"], "attr.worker.cpu.arch": ["x86_64"]},
                         "gpus": []}}).json()
    check(reply["assign"], "a worker gets nothing to do")
    session = reply["assign"][0]["session"]
    call("POST /api/v1/workers/{worker}/nudge", "hand", token=made)
    call("GET /api/v1/workers/{worker}/jobs/{job}/order", "hand", job, token=made)
    call("GET /api/v1/workers/{worker}/jobs/{job}/outputs", "hand", job, token=made, query="?before_step=0")
    call("POST /api/v1/workers/{worker}/jobs/{job}/logs/{session}", "hand", job, session, token=made,
         query="?offset=0", content=b"a line\n")
    call("GET /api/v1/jobs/{job}/running", job)
    call("POST /api/v1/workers/{worker}/jobs/{job}/logs/{session}/end", "hand", job, session, token=made)
    call("GET /api/v1/jobs/{job}/logs/{session}", job, session)
    call("GET /api/v1/workers")
    call("POST /api/v1/workers/{worker}/pause", "hand")
    call("POST /api/v1/workers/{worker}/resume", "hand")
    call("POST /api/v1/workers/{worker}/forgive", "hand")
    call("POST /api/v1/workers/{worker}/leave", "hand")
    call("DELETE /api/v1/workers/{worker}", "hand", status=204)
    call("POST /api/v1/jobs/{job}/cancel", job)


def call_results(call, served):
    served.start_worker(served.make_token("local", "worker")["secret"])
    submission = {"job_template": {"text": template(SCRIPT, 2), "syntax": "yaml", "name": "x"}, "name": "with outputs",
                  "template_folder": served.folder, "current_folder": served.folder,
                  "settings": {"tags": ["one"], "max_tries": 1}}
    job = call("POST /api/v1/jobs", body=submission, status=201).json()["job"]["id"]
    equal(served.wait_until_done(job), "failed", "the job of which one task fails")
    attempts = call("GET /api/v1/jobs/{job}/attempts", job, query="?step=0&limit=2").json()["attempts"]
    last = attempts[-1]["id"]
    call("GET /api/v1/jobs/{job}/attempts/{step}/{task}/{attempt}", job, "0", str(last["task"]), str(last["epoch"]))
    call("GET /api/v1/jobs/{job}/logs/{session}", job, attempts[0]["session"], query="?begin=0&end=100")
    call("GET /api/v1/jobs/{job}/events", job, query="?limit=3")
    call("GET /api/v1/jobs/{job}/outputs", job)
    call("GET /api/v1/jobs/{job}/outputs.zip", job)
    call("GET /api/v1/jobs/{job}/outputs.tar", job)
    got = call("GET /api/v1/jobs/{job}/files/{parameter}/{path}", job, "Out", "1.txt", status=200)
    equal(got.content, b"content 1\n", "an output")
    call("POST /api/v1/jobs/{job}/retry", job, body={"failed_only": True})
    equal(served.wait_until_done(job), "failed", "the job, once more")
    call("POST /api/v1/jobs/{job}/archive", job)
    call("DELETE /api/v1/jobs/{job}", job, status=204)


def call_render_tasks(call, served):
    scene = Scenes().make("turning.blend", "2")
    made = call("POST /api/render-tasks/run_task/", status=201, query="?upload=turning.blend&sandbox=false",
                content=scene, kind="application/octet-stream").json()
    key = made["TaskKey"]
    call("GET /api/render-tasks/", query="?limit=5")
    call("GET /api/render-tasks/{TaskKey}/", key)
    equal(served.wait_until_done(key), "succeeded", "a render task")
    call("GET /api/render-tasks/{TaskKey}/progress/", key)
    film = call("GET /api/render-tasks/{TaskKey}/result/", key, status=200)
    call("GET /api/render-tasks/{TaskKey}/result/", key, status=206, headers={"Range": "bytes=5-9"})
    call("GET /api/render-tasks/{TaskKey}/result/", key, status=304, headers={"If-None-Match": film.header("etag")})
    call("DELETE /api/render-tasks/{TaskKey}/", key, status=204)
    other = call("POST /api/render-tasks/run_task/", status=201, query="?frames=1-100000", content=scene,
                 kind="application/octet-stream").json()["TaskKey"]
    call("DELETE /api/render-tasks/{TaskKey}/", other, status=200)


def call_pov_jobs(call, served):
    root = "/api/pov-jobs/"
    one = root + "{job_id}/"
    job = call(f"POST {root}", body={"name": "said", "film": "none"}, status=201).json()["job_id"]
    call(f"PUT {one}shared/{{path}}", job, "a", content=b"x", status=201)
    call(f"PUT {one}shared/{{path}}", job, "a", content=b"y", status=200)
    draw = "povray +Iscene.pov +O./output/p_1.png +FN +W8 +H8 -D"
    scene = base64.b64encode(b"#version 3.7; camera { location z } sphere { 0, 1 }").decode()
    call(f"POST {one}units/", job, body={"cmd": draw, "inline_resource": {"scene.pov": scene}}, status=201)
    call(f"POST {one}units/", job, body=[{"cmd": "false", "work_unit_id": "bad"}], status=201)
    call(f"GET {root}", query="?limit=5")
    call(f"GET {one}units/", job, query="?limit=1")
    call(f"GET {one}units/{{work_unit_id}}/", job, "bad")
    call(f"POST {one}run/", job)
    equal(served.wait_until_done(job), "failed", "a job of work units")
    call(f"GET {one}", job)
    call(f"GET {one}statistics/", job)
    call(f"GET {one}images/", job, query="?limit=5")
    for what, places in (("images/{path}", (job, "p_1.png")), ("images.zip", (job,))):
        whole = call(f"GET {one}{what}", *places, status=200)
        call(f"GET {one}{what}", *places, status=206, headers={"Range": "bytes=5-9"})
        call(f"GET {one}{what}", *places, status=304, headers={"If-None-Match": whole.header("etag")})
    call(f"POST {one}retry/", job)
    equal(served.wait_until_done(job), "failed", "it, once more")
    call(f"DELETE {one}", job, status=204)
    other = call(f"POST {root}", body={"film": "none"}, status=201).json()["job_id"]
    call(f"POST {one}units/", other, body={"cmd": draw, "inline_resource": {"scene.pov": scene}}, status=201)
    call(f"POST {one}run/", other)
    equal(served.wait_until_done(other), "succeeded", "another")
    film = call(f"POST {one}video/", other, body={"film": "gif"}, status=201).json()["job_id"]
    equal(served.wait_until_done(film), "succeeded", "its film")
    call(f"GET {one}video/", other, status=200)
    last = call(f"POST {root}", body={}, status=201).json()["job_id"]
    call(f"POST {one}units/", last, body={"cmd": "sleep 600"}, status=201)
    call(f"POST {one}run/", last)
    call(f"DELETE {one}", last, status=200)


def check_errors(served):
    """All of one form, whatever is wrong."""
    document = served.must("GET", "/openapi.json", token="")
    schema = document["components"]["schemas"]["Error"]
    job = served.submit()
    asks = [
        (401, "GET", "/jobs", {"token": ""}), (401, "GET", "/jobs", {"token": "nonsense"}),
        (404, "GET", "/jobs/zzzzzzzz", {}), (404, "GET", "/nothing/here", {}),
        (405, "PUT", "/jobs", {}), (400, "GET", "/jobs?limit=0", {}), (400, "GET", "/jobs?sort=size", {}),
        (400, "GET", "/jobs?misspelt=1", {}), (400, "GET", "/jobs?archived=perhaps", {}),
        (400, "GET", "/jobs?state=well", {}), (400, "GET", "/jobs?cursor=x", {}),
        (400, "GET", "/jobs?limit=1&limit=2", {}), (400, "GET", "/jobs?name=%zz", {}),
        (400, "POST", "/jobs", {"content": b"{"}), (400, "POST", "/jobs", {"body": {}}),
        (400, "POST", "/jobs", {"body": {"misspelt": 1}}), (400, "POST", "/jobs", {"body": [1]}),
        (400, "POST", "/jobs", {"body": {"settings": {"priority": "high"}}}),
        (413, "POST", "/users", {"content": b"x" * (2 << 20)}),
        (400, "POST", "/users", {"body": {"name": "", "password": "long enough"}}),
        (400, "POST", "/users", {"body": {"name": "x", "password": "short"}}),
        (409, "POST", "/users", {"body": {"name": "anna", "password": "long enough for all"}}),
        (404, "PATCH", "/users/nobody", {"body": {"role": "user"}}),
        (404, "DELETE", "/tokens/zzzz", {}), (404, "POST", "/workers/nobody/pause", {}),
        (404, "GET", f"/jobs/{job}/files/Out/none", {}), (404, "GET", f"/jobs/{job}/attempts/0/0/1", {}),
        (400, "GET", f"/jobs/{job}/attempts/0/-1/1", {}), (404, "GET", f"/jobs/{job}/logs/..", {}),
        (404, "GET", f"/tasks/{job}/None/why", {}), (404, "GET", f"/tasks/{job}/Work/7/why", {}),
        (409, "DELETE", f"/jobs/{job}", {}),
        (400, "PATCH", f"/jobs/{job}/settings", {"body": {"priority": 1000}}),
        (404, "GET", "/blobs/" + "0" * 64, {}), (400, "GET", "/blobs/xyz", {}),
        (404, "GET", "/uploads/zzzz", {}), (400, "PUT", "/blobs/" + "0" * 64, {"content": b"x"}),
        (400, "PUT", "/blobs/" + "0" * 64 + "?size=1", {"content": b"x"}),
        (409, "GET", f"/workers/w/jobs/{job}/order", {}),
        (404, "GET", f"/api/render-tasks/{job}/", {}), (404, "DELETE", "/api/render-tasks/zzzz/", {}),
        (400, "POST", "/api/render-tasks/run_task/", {"content": b"no scene"}),
        (400, "POST", "/api/render-tasks/run_task/", {}),
        (400, "POST", "/api/render-tasks/run_task/?misspelt=1", {"content": b"x"}),
        (404, "GET", "/api/pov-jobs/zzzz/", {}), (404, "POST", f"/api/pov-jobs/{job}/run/", {}),
        (400, "POST", "/api/pov-jobs/", {"body": {"misspelt": 1}}), (400, "POST", "/api/pov-jobs/", {"content": b"{"}),
        (404, "PUT", "/api/pov-jobs/zzzz/shared/x", {"content": b"x"}), (405, "PUT", "/api/pov-jobs/", {}),
        (400, "GET", "/api/render-tasks/?limit=0", {}), (405, "PUT", "/api/render-tasks/run_task/", {}),
    ]
    for status, method, path, more in asks:
        answer = served.ask(method, path, **more)
        equal(answer.status, status, method, path, answer.content[:200])
        equal(answer.header("content-type"), "application/json", method, path)
        try:
            jsonschema.validate(answer.json(), schema)
            check(answer.json()["error"]["message"], method, path, "says nothing")
        except (ValueError, jsonschema.ValidationError) as problem:
            check(False, method, path, "is no error of ours:", problem)


def main():
    need("blender", "povray", "ffmpeg", "bwrap")
    served = Served()
    document = served.must("GET", "/openapi.json", token="")
    check_structure(document)
    call = Calls(served, document)
    call_what_is_open(call)
    call_accounts(call, served)
    call_blobs(call)
    call_workers(call, served, call_jobs(call, served))
    call_results(call, served)
    call_render_tasks(call, served)
    call_pov_jobs(call, served)
    call.check_complete()
    served.stop_others()
    check_errors(served)
    served.close()
    finish()


main()

"""Blobs on their way in and out: cut, sent twice, sent wrong, begun before a restart; ranges, archives, and names that
would lead elsewhere."""
import hashlib
import io
import json
import os
import random
import signal
import tarfile
import threading
import time
import zipfile

from served import ROOT, Served, check, digest, equal, eventually, finish, quoted

MIB = 1 << 20


def begin(served, content, token=None):
    return served.ask("POST", "/uploads", {"digest": digest(content), "size": len(content)}, token=token)


def send(served, upload, offset, content, token=None):
    return served.ask("PATCH", f"/uploads/{upload}?offset={offset}", content=content, token=token)


def send_cut(served, path, method, content, announced):
    """A request that breaks off in the middle of its body."""
    head = (f"{method} {ROOT}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
            f"Content-Length: {announced}\r\n\r\n").encode()
    with served.raw() as connection:
        connection.sendall(head + content)
        time.sleep(0.2)


def offset_of(served, upload):
    return served.must("GET", "/uploads/" + upload)["offset"]


def check_resuming(served, random_bytes):
    content = random_bytes(3 * MIB + 17)
    upload = begin(served, content).json()["upload"]
    send_cut(served, f"/uploads/{upload}?offset=0", "PATCH", content[:MIB], len(content))
    eventually(lambda: offset_of(served, upload) == MIB, "the offset after a cut")
    eventually(lambda: send(served, upload, MIB, content[MIB:MIB + 5]).status == 200, "the turn that is free again")
    answer = send(served, upload, MIB, content[MIB:])
    equal(answer.status, 409, "an offset that it doesn't stand at")
    check("1048581" in answer.json()["error"]["message"], "where it stands isn't said:", answer.content)
    equal(send(served, upload, MIB + 6, b"x").status, 409, "an offset beyond")
    equal(send(served, upload, -1, b"x").status, 400, "a negative offset")
    equal(send(served, upload, 2 ** 63, b"x").status, 400, "a huge offset")
    more = send(served, upload, MIB + 5, content[MIB + 5:] + b"too much")
    equal(more.status, 400, "more than was announced")
    at = offset_of(served, upload)
    done = send(served, upload, at, content[at:])
    check(done.status == 200 and done.json()["done"], "the end of an upload", done.content)
    equal(served.ask("GET", "/uploads/" + upload).status, 404, "an upload that is done")
    equal(begin(served, content).json()["present"], True, "the same blob again")
    missing = served.must("POST", "/blobs/missing", {"blobs": [{"digest": digest(content), "size": len(content)},
                                                                {"digest": "1" * 64, "size": 5}]})
    equal(missing["missing"], ["1" * 64], "what is missing")
    equal(served.ask("GET", "/blobs/" + digest(content)).content, content, "the blob")
    return content


def check_wrong_ones(served, random_bytes):
    content = random_bytes(1000)
    other = random_bytes(1000)
    upload = begin(served, content).json()["upload"]
    answer = send(served, upload, 0, other)
    equal(answer.status, 400, "another content than was announced")
    check(digest(other) in answer.json()["error"]["message"], "what it was isn't said")
    equal(served.ask("GET", "/uploads/" + upload).status, 404, "a wrong upload is forgotten")
    equal(served.ask("GET", "/blobs/" + digest(content)).status, 404, "a blob that never came")
    equal(served.ask("GET", "/blobs/" + digest(other)).status, 404, "a blob of another name")
    place = f"/blobs/{digest(content)}?size="
    for size, sent, what in ((1000, other, "wrong content"), (999, content, "too much"), (1001, content, "too little"),
                             (2 ** 62, content, "far too little")):
        equal(served.ask("PUT", place + str(size), content=sent).status, 400, what)
    for size in ("-1", "x", "", "1e3", str(2 ** 64), "NaN"):
        equal(served.ask("PUT", place + quoted(size), content=content).status, 400, "a size of", size)
    for name in ("", "zz", "0" * 63, "0" * 65, "G" * 64, "..%2f..%2fetc", "A" * 64):
        check(served.ask("PUT", f"/blobs/{name}?size=1000", content=content).status in (400, 404, 405), "named", name)
    send_cut(served, place + "1000", "PUT", content[:500], 1000)
    equal(served.ask("GET", "/blobs/" + digest(content)).status, 404, "half a blob")
    equal(served.ask("PUT", place + "1000", content=content).status, 201, "the right one")
    empty = served.ask("PUT", f"/blobs/{digest(b'')}?size=0", content=b"")
    check(empty.status in (200, 201), "an empty blob", empty.content)
    equal(served.ask("GET", "/blobs/" + digest(b"")).content, b"", "an empty blob")
    incoming = os.path.join(served.data, "store", "incoming")
    eventually(lambda: not os.path.isdir(incoming) or not os.listdir(incoming), "nothing unfinished in the store")


def check_two_at_once(served, random_bytes):
    content = random_bytes(8 * MIB)
    statuses = []

    def put():
        statuses.append(served.ask("PUT", f"/blobs/{digest(content)}?size={len(content)}", content=content).status)
    threads = [threading.Thread(target=put) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(statuses and set(statuses) <= {200, 201}, "several that send the same:", statuses)
    equal(hashlib.sha256(served.ask("GET", "/blobs/" + digest(content)).content).hexdigest(), digest(content), "it")
    one = random_bytes(MIB)
    first, second = begin(served, one).json()["upload"], begin(served, one).json()["upload"]
    equal(send(served, first, 0, one).json()["done"], True, "the first of two")
    equal(send(served, second, 0, one).json()["done"], True, "the second of two")


def check_turns(served, random_bytes):
    """Two requests for one upload, and one for that of another user."""
    content = random_bytes(MIB)
    upload = begin(served, content).json()["upload"]
    with served.raw() as connection:
        connection.sendall((f"PATCH {ROOT}/uploads/{upload}?offset=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                            f"{served.token}\r\nContent-Length: {MIB}\r\n\r\n").encode() + content[:MIB - 1])
        eventually(lambda: offset_of(served, upload) > 0, "the first bytes")
        at = offset_of(served, upload)
        equal(send(served, upload, at, content[at:]).status, 409, "a second request for one upload")
    served.add_user("anna")
    token = served.make_token("anna")["secret"]
    equal(served.ask("GET", "/uploads/" + upload, token=token).status, 404, "an upload of another one")
    equal(send(served, upload, 100, content[100:], token).status, 404, "an upload of another one")
    statuses = [begin(served, os.urandom(8), token).status for _ in range(210)]
    equal(statuses.count(429), 10, "too many unfinished uploads;", sorted(set(statuses)))
    other = served.make_token("anna")["secret"]
    equal(begin(served, os.urandom(8), other).status, 429, "the same user with another token")
    equal(begin(served, os.urandom(8)).status, 201, "another user meanwhile")


def check_restart(served, random_bytes, known):
    content = random_bytes(2 * MIB)
    upload = begin(served, content).json()["upload"]
    send(served, upload, 0, content[:MIB])
    served.stop(signal.SIGKILL)
    served.start()
    equal(served.ask("GET", "/uploads/" + upload).status, 404, "an upload of before the restart")
    equal(begin(served, known).json()["present"], True, "what was kept before")
    again = begin(served, content).json()["upload"]
    equal(send(served, again, 0, content).json()["done"], True, "begun anew")


def check_downloads(served, content):
    place = "/blobs/" + digest(content)
    size = len(content)
    etag = served.ask("HEAD", place).header("etag")
    for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=-5", size - 5, size - 1), ("bytes=100-", 100, size - 1),
                               (f"bytes=10-{size * 2}", 10, size - 1)):
        part = served.ask("GET", place, headers={"Range": asked})
        equal((part.status, part.content), (206, content[first:last + 1]), asked)
        equal(part.header("content-range"), f"bytes {first}-{last}/{size}", asked)
    equal(served.ask("GET", place, headers={"Range": f"bytes={size}-"}).status, 416, "a range beyond the end")
    for odd in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes=-", "bytes=" + "9" * 50 + "-"):
        check(served.ask("GET", place, headers={"Range": odd}).status in (200, 416), "an odd range:", odd)
    equal(served.ask("GET", place, headers={"If-None-Match": etag}).status, 304, "what is known already")
    equal(served.ask("GET", place, headers={"If-None-Match": '"x", ' + etag}).status, 304, "one of two")
    equal(served.ask("GET", place, headers={"If-None-Match": '"x"'}).status, 200, "another one")


NAMES = ["with a blank.txt", "ünï/cödé 漢字.txt", "deep/er/and/deeper/file", "quote'\"&<>.txt", "-dash", "new\nline",
         "percent%2e%2e", "plus+plus", "semi;colon?and#hash", "x" * 200]


def check_archives(served):
    """Many files, one large one, and names of all kinds."""
    served.start_worker(served.make_token("local", "worker")["secret"])
    script = ["import os, sys", "os.chdir(sys.argv[1])", f"for name in {json.dumps(NAMES)}:",
              "    os.makedirs(os.path.dirname('./' + name), exist_ok=True)",
              "    open('./' + name, 'w').write(name)",
              "os.mkdir('many')", "for i in range(2500): open('many/' + str(i), 'w').write(str(i % 50))",
              "open('large', 'wb').truncate(120000000)", "os.symlink('large', 'link')", "os.chmod('-dash', 0o755)"]
    lines = ["cat > make.py <<'END'", *script, "END", "python3 make.py \"$OUT\""]
    job = served.submit("\n".join(lines))
    equal(served.wait_until_done(job), "succeeded", "the job with many outputs")
    before = served.memory()
    zipped = served.ask("GET", f"/jobs/{job}/outputs.zip").content
    served.check_growth(before, 60 * MIB, "for an archive of", len(zipped))
    archive = zipfile.ZipFile(io.BytesIO(zipped))
    equal(archive.testzip(), None, "the zip")
    found = set(archive.namelist())
    for name in NAMES:
        equal(name in NAMES and archive.read("Out/" + name) if "Out/" + name in found else None, name.encode(),
              "in the zip", repr(name))
    check(len(found) >= 2500 + len(NAMES) + 2, "the zip has", len(found))
    check(all(not name.startswith("/") and ".." not in name.split("/") for name in found), "a name leads elsewhere")
    packed = tarfile.open(fileobj=io.BytesIO(served.ask("GET", f"/jobs/{job}/outputs.tar").content))
    members = {member.name: member for member in packed.getmembers()}
    equal(members["Out/large"].size, 120000000, "the large file in the tar")
    equal(members["Out/link"].linkname, "large", "the link in the tar")
    equal(members["Out/-dash"].mode & 0o777, 0o755, "its mode")
    for name in NAMES:
        check("Out/" + name in members, "the tar lacks", repr(name))
        place = f"/jobs/{job}/files/Out/" + "/".join(quoted(part) for part in name.split("/"))
        equal(served.ask("GET", place).content, name.encode(), "by itself,", repr(name))
    check_listing(served, job)
    return job


def check_listing(served, job):
    """Page by page, each once."""
    seen, cursor = [], ""
    while True:
        page = served.must("GET", f"/jobs/{job}/outputs?limit=700&cursor={quoted(cursor)}")
        seen += [one["output"]["path"] for one in page["outputs"]]
        cursor = page["next"]
        if not cursor:
            break
    equal(len(seen), len(set(seen)), "outputs listed twice")
    equal(len(seen), 2500 + len(NAMES) + 2, "outputs listed")
    for odd in ("x", "/", "Out/" + quoted("\u00ff"), "Nothing/zzz", quoted("'; DROP TABLE jobs;--")):
        check(served.ask("GET", f"/jobs/{job}/outputs?cursor={odd}").status in (200, 400), "an odd cursor", odd)


def check_paths(served, job):
    """Nothing outside of the outputs is given, however it is asked for."""
    served.must("GET", "/jobs/" + job)
    odd = ["..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "/etc/passwd", "a%00b", "..%5c..%5cetc",
           "%252e%252e", "%c0%ae%c0%ae", "x" * 8000, "./1.txt", "%ff%fe", "%", "%zz", "//", "token", "~root"]
    places = [f"/jobs/{job}/files/Out/%s", f"/jobs/{job}/files/%s/x", "/jobs/%s", "/jobs/%s/outputs.zip",
              f"/jobs/{job}/logs/%s", "/jobs/%s/logs/zzzz", "/find/%s", "/blobs/%s", "/uploads/%s",
              "/workers/%s/jobs/zzzz/order", f"/jobs/{job}/attempts/%s/0/1"]
    for place in places:
        for name in odd:
            request = f"GET {ROOT}{place % name} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n\r\n"
            answer = served.send_raw(request.encode())
            status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
            check(400 <= status < 500, place, name[:40], "gives", answer[:200])
            check(b"root:" not in answer and served.token.encode() not in answer, place, name[:40], "gives a file away")
    for worker in odd:
        answer = served.ask("POST", f"/workers/{quoted(worker)}/pause")
        equal(answer.status, 404, "a worker named", worker[:40])


def main():
    served = Served()
    source = random.Random(7)
    known = check_resuming(served, source.randbytes)
    check_wrong_ones(served, source.randbytes)
    check_two_at_once(served, source.randbytes)
    check_turns(served, source.randbytes)
    check_restart(served, source.randbytes, known)
    check_downloads(served, known)
    check_paths(served, check_archives(served))
    served.close()
    finish()


main()

#!/usr/bin/env python3
"""Sends a scene to an Atelier server, waits until it is rendered, and fetches the film (or the frames as a zip).

    export ATELIER_SERVER=http://farm:7070 ATELIER_TOKEN_FILE=~/.config/atelier/token
    ./uploadfile.py scene.blend --to scene.mp4
    ./uploadfile.py project.zip -o blend=shots/three.blend -o frames=1-100 -o film=none --to frames.zip

Needs Python alone. The file goes over as it is read: its size doesn't matter.
"""
import argparse
import http.client
import json
import os
import shutil
import ssl
import sys
import time
import urllib.parse

ENDED = ("Finished", "Failed", "Canceled")


class Server:
    def __init__(self, url, token):
        self.url = urllib.parse.urlsplit(url)
        self.token = token

    def ask(self, method, path, body=None, headers=None):
        """The answer, to be read; what isn't good ends the program with the server's own words."""
        if self.url.scheme == "https":
            context = ssl.create_default_context(cafile=os.environ.get("ATELIER_CA"))
            connection = http.client.HTTPSConnection(self.url.netloc, context=context)
        else:
            connection = http.client.HTTPConnection(self.url.netloc)
        headers = {"Authorization": "Bearer " + self.token, **(headers or {})}
        try:
            connection.request(method, self.url.path.rstrip("/") + path, body=body, headers=headers)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered before all was sent: the answer says why
        answer = connection.getresponse()
        if answer.status >= 400:
            text = answer.read()
            try:
                error = json.loads(text)["error"]
                sys.exit(f"{error['message']}\n{error['hint']}".rstrip())
            except (ValueError, KeyError):
                sys.exit(f"{answer.status} {text[:200]!r}")
        return answer

    def upload(self, path, options):
        query = urllib.parse.urlencode({"upload": os.path.basename(path), **options})
        with open(path, "rb") as file:
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(os.path.getsize(path))}
            answer = self.ask("POST", "/api/render-tasks/run_task/?" + query, file, headers)
        return json.load(answer)["TaskKey"]

    def progress(self, key):
        return json.load(self.ask("GET", f"/api/render-tasks/{key}/progress/"))

    def fetch(self, key, to):
        with open(to + ".part", "wb") as file:
            shutil.copyfileobj(self.ask("GET", f"/api/render-tasks/{key}/result/"), file)
        os.replace(to + ".part", to)


def follow(server, key):
    said = None
    while True:
        progress = server.progress(key)
        line = f"{progress['stage']:<10} {progress['total']:5.1f} %"
        if line != said:
            print(line, flush=True)
        said = line
        if progress["stage"] in ENDED:
            return progress["stage"]
        time.sleep(0.5)


def token():
    if "ATELIER_TOKEN" in os.environ:
        return os.environ["ATELIER_TOKEN"]
    path = os.environ.get("ATELIER_TOKEN_FILE", "~/.config/atelier/token")
    try:
        with open(os.path.expanduser(path)) as file:
            return file.read().strip()
    except OSError as error:
        sys.exit(f"{error}\nmake a token with `atelier token create`, and name its file in ATELIER_TOKEN_FILE")


def main():
    parser = argparse.ArgumentParser(description="Renders a scene on an Atelier server.")
    parser.add_argument("file", help="a .blend, or a .zip with it and its resources")
    parser.add_argument("--to", help="where the result goes; else beside the scene")
    parser.add_argument("-o", dest="options", action="append", default=[], metavar="NAME=VALUE",
                        help="frames=1-10, engine=cycles, blend=shots/three.blend, ...; /api/v1/openapi.json has all")
    parser.add_argument("--server", default=os.environ.get("ATELIER_SERVER", "http://127.0.0.1:7070"))
    arguments = parser.parse_args()
    server = Server(arguments.server, token())
    key = server.upload(arguments.file, dict(option.split("=", 1) for option in arguments.options))
    print("TaskKey   ", key, flush=True)
    stage = follow(server, key)
    task = json.load(server.ask("GET", f"/api/render-tasks/{key}/"))
    if stage != "Finished":
        sys.exit(f"{stage}: {task['message']}")
    ending = os.path.splitext(task["film"])[1] or ".zip"
    to = arguments.to or os.path.splitext(arguments.file)[0] + ending
    server.fetch(key, to)
    print("the result is in", to)


main()

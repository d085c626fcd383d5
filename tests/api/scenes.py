"""Small scenes, made by Blender itself from the scripts in tests/scenes."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ["ATELIER_SOURCE_DIR"]


def need(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print("missing:", *missing)
        sys.exit(1 if "CI" in os.environ else 77)


class Scenes:
    """Made by Blender itself, once."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="atelier-scenes-")
        atexit.register(shutil.rmtree, self.folder, True)

    def make(self, name, *arguments, then=None):
        path = os.path.join(self.folder, name)
        script = os.path.join(SOURCE, "tests", "scenes", "turning.py")
        command = ["blender", "-b", "--factory-startup", "--python-exit-code", "1", "-P", script]
        if then:
            command += ["--python-expr", f"import bpy\n{then}\nbpy.ops.wm.save_mainfile()"]
        done = subprocess.run([*command, "--", path, *arguments], capture_output=True, timeout=240)
        if done.returncode:
            raise AssertionError(f"no scene {name}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        with open(path, "rb") as file:
            return file.read()

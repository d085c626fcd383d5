"""Runs inside Blender: opens nothing, has the scene already, and renders one frame after another as it is asked to over
a Unix socket in the session's folder. Each request is a line of JSON; what Blender prints meanwhile goes to whoever
asks, and ends with a line that begins with ANSWER.

    blender -b scene.blend --factory-startup --python-exit-code 1 -P server.py -- settings.json
"""
import ctypes
import json
import os
import signal
import socket
import sys

import bpy

ANSWER = "atelier-answer: "
SOCKET = "blender.sock"
FILMS = {"FFMPEG", "AVI_JPEG", "AVI_RAW"}


class Refused(Exception):
    """What a person has to know; not a defect of this program. Of the scene: no other machine would do better."""

    def __init__(self, text, of="scene"):
        super().__init__(text)
        self.of = of


def choose_scene(settings):
    name = settings.get("scene")
    if not name:
        return bpy.context.scene
    if name not in bpy.data.scenes:
        raise Refused(f"the file has no scene {name!r}; it has {', '.join(sorted(s.name for s in bpy.data.scenes))}")
    return bpy.data.scenes[name]


def choose_camera(scene, name):
    if name:
        camera = scene.objects.get(name)
        if camera is None or camera.type != "CAMERA":
            cameras = sorted(item.name for item in scene.objects if item.type == "CAMERA")
            raise Refused(f"the scene has no camera {name!r}; it has {', '.join(cameras) or 'none'}")
        scene.camera = camera
    # Without one Blender says so only when the frame is due. A sequence of films or a compositing may do without.
    if scene.camera is None and not scene.use_nodes and not has_strips(scene):
        raise Refused(f"the scene {scene.name!r} has no camera")


def has_strips(scene):
    editor = scene.sequence_editor
    return scene.render.use_sequencer and editor is not None and len(editor.sequences_all) > 0


def choose_engine(scene, settings):
    if settings.get("engine"):
        try:
            scene.render.engine = settings["engine"]
        except TypeError:
            raise Refused(f"this Blender has no engine {settings['engine']!r}", of="machine")
    samples = settings.get("samples")
    if samples:
        scene.cycles.samples = samples
        scene.eevee.taa_render_samples = samples
        scene.display.render_aa = str(samples) if str(samples) in {"5", "8", "11", "16", "32"} else "8"
    if settings.get("exact") or not settings.get("denoise", True):  # a part's noise is not the whole's
        scene.cycles.use_denoising = False
    if scene.render.engine == "CYCLES":
        choose_device(scene, settings.get("device"))


def choose_device(scene, device):
    if device == "cpu":
        scene.cycles.device = "CPU"
    if device != "gpu":
        return
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in ("OPTIX", "CUDA", "HIP", "ONEAPI", "METAL"):
        try:
            preferences.compute_device_type = kind
        except TypeError:
            continue
        preferences.get_devices()
        found = [item for item in preferences.devices if item.type == kind]
        for item in preferences.devices:
            item.use = item.type == kind
        if found:
            scene.cycles.device = "GPU"
            print(f"Rendering on {', '.join(item.name for item in found)} by {kind}", flush=True)
            return
    raise Refused("this Blender finds no graphics card that can render here, and one is asked for", of="machine")


def choose_output(scene, settings):
    render = scene.render
    wanted = settings.get("format")
    if wanted:
        render.image_settings.file_format = wanted
    elif render.image_settings.file_format in FILMS:  # frames first, the film is made of them
        render.image_settings.file_format = "PNG"
    if render.image_settings.file_format == "PNG" and "compression" in settings:
        render.image_settings.compression = settings["compression"]
    if settings.get("width"):
        render.resolution_x, render.resolution_y = settings["width"], settings["height"]
        render.resolution_percentage = 100
    if settings.get("percent"):
        render.resolution_percentage = settings["percent"]
    if settings.get("exact"):  # of parts that are to be joined: dithering differs from part to part
        render.dither_intensity = 0
    render.use_file_extension = True
    render.use_overwrite = True
    render.use_placeholder = False
    render.use_persistent_data = True


def lay_paths_anew(settings):
    """Absolute paths of the machine that the scene comes from lead to where its files lie here."""
    before, now = settings.get("root_before"), settings.get("root")
    if not before or not now or before == now:
        return

    def moved(path):
        return now + path[len(before):] if path.replace("\\", "/").startswith(before.rstrip("/") + "/") else None

    for library in bpy.data.libraries:
        if moved(library.filepath):
            library.filepath = moved(library.filepath)
            library.reload()
    for kind in ("images", "movieclips", "sounds", "fonts", "volumes", "cache_files"):
        for item in getattr(bpy.data, kind):
            if not getattr(item, "packed_file", None) and moved(item.filepath):
                item.filepath = moved(item.filepath)


def prepare(settings):
    lay_paths_anew(settings)
    scene = choose_scene(settings)
    choose_engine(scene, settings)
    choose_output(scene, settings)
    choose_camera(scene, settings.get("camera"))
    return scene


def set_part(scene, part):
    """A rectangle of the frame alone; 0 to 1, from the lower left corner."""
    render = scene.render
    render.use_border = render.use_crop_to_border = part is not None
    if part is not None:
        render.border_min_x, render.border_min_y, render.border_max_x, render.border_max_y = part


def render_frame(scene, request):
    """The pixels of `blender -a`, without what it does anew for each animation. Written beside its place first, so that
    what lies there is whole."""
    frame = request["frame"]
    set_part(scene, request.get("part"))
    if "seed" in request:
        scene.cycles.seed = request["seed"]
    render = scene.render
    render.filepath = request["beside"]
    scene.frame_current = frame  # the render evaluates the scene; frame_set() would do so once more
    made = request["beside"] + render.file_extension
    bpy.ops.render.render(write_still=True, scene=scene.name)
    if not os.path.exists(made):
        raise Refused(f"Blender has written no picture of frame {frame}", of="frame")
    place = request["place"] + render.file_extension
    os.replace(made, place)
    return place


def answer(scene, request):
    try:
        return {"path": render_frame(scene, request)}
    except Refused as problem:
        return {"problem": str(problem), "of": problem.of}
    except Exception as problem:  # also what Blender reports: "Error: ..."
        return {"problem": str(problem).strip().removeprefix("Error: ") + hint_for(str(problem))}


def hint_for(problem):
    return "; --no-denoise renders without" if "OpenImageDenoiser" in problem else ""


def serve(scene):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET + ".new")
    listener.listen(1)
    os.rename(SOCKET + ".new", SOCKET)  # whoever sees it is heard
    flush = ctypes.CDLL(None).fflush
    outside = os.dup(1), os.dup(2)
    while True:
        connection, _ = listener.accept()
        with connection:
            line = connection.makefile("r").readline()
            if not line:
                continue
            os.dup2(connection.fileno(), 1)
            os.dup2(connection.fileno(), 2)
            told = answer(scene, json.loads(line))
            sys.stdout.flush()
            flush(None)
            os.dup2(outside[0], 1)
            os.dup2(outside[1], 2)
            try:
                connection.sendall(f"\n{ANSWER}{json.dumps(told)}\n".encode())
            except OSError:  # whoever asked is gone
                pass


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with open(sys.argv[sys.argv.index("--") + 1]) as file:
        settings = json.load(file)
    try:
        scene = prepare(settings)
    except Refused as problem:
        print(f"{ANSWER}{json.dumps({'problem': str(problem), 'of': problem.of})}", flush=True)
        os._exit(1)
    serve(scene)


main()

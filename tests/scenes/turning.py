"""Makes the scene of the tests: a few turning bodies by Workbench, 160x90, 12 frames. More words change it:

    blender -b --factory-startup --python-exit-code 1 -P turning.py -- scene.blend [compressed] [cycles] [NAME=VALUE ...]

    textured=FILE   a body with this picture on it, made where it isn't there      packed        and packed into the scene
    linked=FILE     a body from a library, which is made there too                  absolute      which is named by its whole path
    script=FILE     a script inside that runs as the scene is opened: it is read from there
    no_camera       two_scenes       heavy=N (bodies)        frames=N               percent=N
"""
import math
import os
import sys

import bpy


def empty_scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.name = "Turning"
    return scene


def set_up(scene, frames):
    scene.frame_start, scene.frame_end = 1, frames
    scene.render.fps = 24
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    scene.render.resolution_percentage = 100
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.render.image_settings.file_format = "PNG"
    scene.display.shading.color_type = "OBJECT"
    scene.cycles.samples = 4
    scene.cycles.use_denoising = False


def turn(body, frames, by=1.0):
    for frame, angle in ((1, 0.0), (frames, by * math.tau)):
        body.rotation_euler = (angle * 0.5, 0, angle)
        body.keyframe_insert("rotation_euler", frame=frame)


def add_bodies(scene, frames, count):
    size = min(0.7, math.tau * 2 / count / 2.8)  # where surfaces meet, Blender's pixels differ from run to run
    for number in range(count):
        angle = math.tau * number / count
        place = (2 * math.cos(angle), 2 * math.sin(angle), 0)
        if number % 2:
            bpy.ops.mesh.primitive_torus_add(location=place, major_radius=0.6, minor_radius=0.25)
        else:
            bpy.ops.mesh.primitive_monkey_add(location=place)
        body = bpy.context.object
        body.scale = size, size, size
        body.color = (0.2 + 0.7 * number / count, 0.6, 0.9 - 0.7 * number / count, 1)
        turn(body, frames, 1 + number % 3)


def add_camera(scene):
    bpy.ops.object.camera_add(location=(0, -7, 4), rotation=(math.radians(62), 0, 0))
    scene.camera = bpy.context.object
    bpy.ops.object.light_add(type="SUN", rotation=(0.6, 0.3, 0))


def add_texture(path, packed, absolute):
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        picture = bpy.data.images.new("made", 32, 32)
        picture.pixels = [value for i in range(32 * 32) for value in ((i % 32) / 31, (i // 32) / 31, 0.2, 1)]
        picture.filepath_raw, picture.file_format = path, "PNG"
        picture.save()
    image = bpy.data.images.load(path if absolute else bpy.path.relpath(path))
    if packed:
        image.pack()
    material = bpy.data.materials.new("Textured")
    material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    surface = material.node_tree.nodes["Material Output"].inputs["Surface"]
    material.node_tree.links.new(node.outputs["Color"], surface)
    bpy.ops.mesh.primitive_plane_add(size=3, location=(0, 0, 0.5), rotation=(0.9, 0, 0))
    bpy.context.object.data.materials.append(material)


def make_library(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    empty_scene()
    bpy.ops.mesh.primitive_cone_add(location=(0, 0, 1.2), depth=2)
    bpy.context.object.name = "FromLibrary"
    bpy.context.object.color = (1, 0.1, 0.1, 1)
    bpy.ops.wm.save_as_mainfile(filepath=path)


def add_linked(scene, path, absolute):
    with bpy.data.libraries.load(path, link=True, relative=not absolute) as (_, wanted):
        wanted.objects = ["FromLibrary"]
    scene.collection.objects.link(wanted.objects[0])


def add_script(path):
    text = bpy.data.texts.load(path, internal=True)
    text.name = "inside.py"
    text.use_module = True  # runs when the scene is opened, where that is allowed


def main():
    place, *words = sys.argv[sys.argv.index("--") + 1:]
    wanted = dict(word.split("=", 1) if "=" in word else (word, True) for word in words)
    frames = int(wanted.get("frames", 12))
    absolute = "absolute" in wanted
    if "linked" in wanted:
        make_library(wanted["linked"])
    scene = empty_scene()
    bpy.ops.wm.save_as_mainfile(filepath=place)  # what is relative is relative to it
    set_up(scene, frames)
    add_bodies(scene, frames, int(wanted.get("heavy", 5)))
    if "no_camera" not in wanted:
        add_camera(scene)
    if "cycles" in wanted:
        scene.render.engine = "CYCLES"
    if "textured" in wanted:
        add_texture(wanted["textured"], "packed" in wanted, absolute)
    if "linked" in wanted:
        add_linked(scene, wanted["linked"], absolute)
    if "script" in wanted:
        add_script(wanted["script"])
    if "percent" in wanted:
        scene.render.resolution_percentage = int(wanted["percent"])
    if "two_scenes" in wanted:
        bpy.ops.scene.new(type="FULL_COPY")
        bpy.context.scene.name = "Other"
        bpy.context.scene.frame_start, bpy.context.scene.frame_end = 3, 4
        bpy.context.window.scene = bpy.data.scenes["Turning"]
    bpy.ops.wm.save_as_mainfile(filepath=place, compress="compressed" in wanted)


main()

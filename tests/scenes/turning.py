"""Makes a small scene: a cube and a torus that turn, ten frames of Workbench.

    blender -b --factory-startup --python-exit-code 1 -P turning.py -- OUT.blend [FRAMES [TEXTURE]]

A third argument is a texture that the scene shall name, by a path relative to itself; nobody makes that file.
"""
import os
import sys

import bpy

arguments = sys.argv[sys.argv.index("--") + 1:]
path = os.path.abspath(arguments[0])
frames = int(arguments[1]) if len(arguments) > 1 else 10
texture = arguments[2] if len(arguments) > 2 else None

bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 160, 90, 100
scene.render.fps = 10
scene.render.image_settings.file_format = "PNG"
scene.frame_start, scene.frame_end = 1, frames

for number, add in enumerate((bpy.ops.mesh.primitive_cube_add, bpy.ops.mesh.primitive_torus_add)):
    add(location=(3 * number - 1.5, 0, 0))
    thing = bpy.context.object
    thing.rotation_euler = (0, 0, 0)
    thing.keyframe_insert("rotation_euler", frame=1)
    thing.rotation_euler = (1, 0.5, 3)
    thing.keyframe_insert("rotation_euler", frame=max(2, frames))

camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
camera.location, camera.rotation_euler = (0, -8, 3), (1.22, 0, 0)
scene.collection.objects.link(camera)
scene.camera = camera

if texture:
    image = bpy.data.images.new("Texture", 4, 4)
    image.source = "FILE"
    image.filepath = "//" + texture
    image.use_fake_user = True
bpy.ops.wm.save_as_mainfile(filepath=path)

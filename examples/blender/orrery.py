"""Makes the scene of the demo: an orrery of eleven bodies on tilted rings, two seconds by Workbench.

    blender -b --factory-startup --python-exit-code 1 -P orrery.py -- orrery.blend
    atelier render orrery.blend
"""
import math
import sys

import bpy

FRAMES = 48
BODIES = 11


def colour(part):
    return tuple(0.55 + 0.4 * math.cos(math.tau * (part + shift)) for shift in (0, 0.33, 0.67)) + (1,)


def turn(thing, axis, turns):
    """Evenly, and so that the last frame leads to the first."""
    for frame, part in ((1, 0), (FRAMES + 1, 1)):
        thing.rotation_euler[axis] = math.tau * turns * part
        thing.keyframe_insert("rotation_euler", index=axis, frame=frame)
    for curve in thing.animation_data.action.fcurves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"


def add_body(number):
    part = number / BODIES
    distance = 1.6 + 0.42 * number
    bpy.ops.object.empty_add(rotation=(0.35 * math.sin(5 * part), 0.35 * math.cos(7 * part), math.tau * part))
    ring = bpy.context.object
    bpy.ops.mesh.primitive_torus_add(major_radius=distance, minor_radius=0.012, major_segments=96)
    wire = bpy.context.object
    wire.color, wire.parent = (0.5, 0.5, 0.55, 1), ring
    make = bpy.ops.mesh.primitive_monkey_add if number % 4 == 2 else bpy.ops.mesh.primitive_ico_sphere_add
    make(location=(distance, 0, 0))
    body = bpy.context.object
    body.scale = (0.16 + 0.03 * (number % 4),) * 3
    body.color, body.parent = colour(part), ring
    bpy.ops.object.shade_smooth()
    turn(ring, 2, 1 + (BODIES - number) // 4)


def main():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.name = "Orrery"
    scene.frame_start, scene.frame_end, scene.render.fps = 1, FRAMES, 24
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 480, 270, 100
    scene.render.engine = "BLENDER_WORKBENCH"
    shading = scene.display.shading
    shading.light, shading.color_type, shading.show_cavity = "STUDIO", "OBJECT", True
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=4, radius=0.8)
    bpy.context.object.color = (1.0, 0.75, 0.2, 1)
    bpy.ops.object.shade_smooth()
    for number in range(BODIES):
        add_body(number)
    bpy.ops.object.camera_add(location=(0, -13, 7), rotation=(math.radians(62), 0, 0))
    scene.camera = bpy.context.object
    bpy.ops.wm.save_as_mainfile(filepath=sys.argv[sys.argv.index("--") + 1], compress=True)


main()

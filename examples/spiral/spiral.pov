// A spiral of spheres that grows with the frames. What stands in double braces is filled in by main.cpp.
#version 3.7;
#include "look.inc"

global_settings { assumed_gamma 1.0 }
camera { location <0, {{ height }}, -9> look_at <0, 1.5, 0> right x*image_width/image_height }
light_source { <6, 12, -8> rgb 1 }
plane { y, -1.2 texture { Ground } }

union {
  {{ spheres }}
  rotate y*{{ angle }}
}

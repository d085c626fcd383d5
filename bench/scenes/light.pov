// A frame of this is little work: most of POV-Ray's time for it is spent waiting.
#version 3.7;
global_settings { assumed_gamma 1.0 }
camera { location <0, 1, -4> look_at 0 right x*image_width/image_height }
light_source { <2, 4, -3> rgb 1 }
plane { y, -1 pigment { checker rgb 1 rgb 0.2 } }
sphere { <clock*2 - 1, 0, 0>, 1 pigment { rgb <1, clock, 0> } finish { reflection 0.2 phong 0.5 } }

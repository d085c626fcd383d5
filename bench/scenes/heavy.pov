// Some seconds of work a frame: soft shadows through glass.
#version 3.7;
global_settings { assumed_gamma 1.0 max_trace_level 4 }
camera { location <0, 1, -4> look_at 0 right x*image_width/image_height }
light_source { <2, 4, -3> rgb 0.7 area_light <1, 0, 0>, <0, 1, 0>, 4, 4 }
light_source { <-2, 4, -3> rgb 0.5 area_light <1, 0, 0>, <0, 0, 1>, 4, 4 }
plane { y, -1 pigment { checker rgb 1 rgb 0.2 } finish { reflection 0.1 } }
sphere { <clock*2 - 1, 0, 0>, 1 pigment { rgbt <1, clock, 0.8, 0.6> } finish { reflection 0.2 phong 0.5 } }

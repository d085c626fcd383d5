// The demo's scene: a glass dodecahedron turns in the middle of a rising spiral of mirrors. After Frames frames everything is
// where it began: the solid has turned by a fifth (its symmetry), each sphere has moved to the place of the next one.
#version 3.7;
global_settings { assumed_gamma 1.0 max_trace_level 7 adc_bailout 0.05 }

#ifndef (Frames) #declare Frames = 48; #end
#declare Phase = (frame_number - 1) / Frames;

camera {
    location <0, 2.3, -7.6>
    look_at <0, 1.62, 0>
    right x * image_width / image_height
    angle 44
}

sky_sphere {
    pigment {
        gradient y
        color_map {
            [0.00 rgb <0.95, 0.38, 0.10>]
            [0.04 rgb <0.62, 0.16, 0.12>]
            [0.14 rgb <0.14, 0.05, 0.14>]
            [0.32 rgb <0.015, 0.018, 0.06>]
            [0.70 rgb <0.02, 0.05, 0.14>]
            [1.00 rgb <0.10, 0.16, 0.30>]
        }
    }
}

light_source { <-5, 8, -6> rgb <1.00, 0.93, 0.82> * 1.05 }
light_source { <6, 4, 5> rgb <0.30, 0.45, 0.95> * 0.7 shadowless }

// A still, dark lake.
plane {
    y, 0
    pigment { rgb <0.020, 0.025, 0.045> }
    normal { ripples 0.05 frequency 2 phase -Phase * 2 scale 0.9 }
    finish { ambient 0 diffuse 0.5 specular 0.2 roughness 0.01 reflection { 0.10, 0.70 } }
}

// Twelve faces: the planes at distance 1 of a dodecahedron's centre.
#declare Golden = (1 + sqrt(5)) / 2;
#macro Face(A, B, C) plane { <A, B, C> / vlength(<A, B, C>), 1 } #end
#declare Dodecahedron = intersection {
    #for (S, -1, 1, 2)
        #for (T, -1, 1, 2)
            Face(0, S, T * Golden)
            Face(S, T * Golden, 0)
            Face(T * Golden, 0, S)
        #end
    #end
    bounded_by { sphere { 0, 1.27 } }
    // A face points up, so a turn by a fifth gives the same solid.
    rotate x * degrees(atan2(1, Golden)) * -1
    rotate x * 90
};

union {
    object {
        Dodecahedron
        pigment { rgbt <0.93, 0.98, 1.0, 0.96> }
        finish { ambient 0 diffuse 0.02 specular 0.9 roughness 0.002 reflection { 0.03, 0.9 fresnel on } conserve_energy }
        interior { ior 1.45 fade_distance 2.2 fade_power 2 fade_color <0.55, 0.85, 1.0> }
    }
    sphere {
        0, 0.34
        pigment { rgb <1.0, 0.72, 0.30> }
        finish { ambient 0.12 diffuse 0.6 specular 0.7 roughness 0.02 reflection { 0.25 metallic } }
    }
    rotate y * 72 * Phase
    translate y * 1.72
}

// The spiral: Count mirrors on Turns turns, growing in the middle and vanishing at both ends.
#declare Count = 42;
#declare Turns = 3;
#for (I, 0, Count - 1)
    #local Along = (I + Phase) / Count;
    #local Size = 0.20 * pow(sin(pi * Along), 0.8);
    #if (Size > 0.005)
        #local Hue = 2 * pi * (Along + 0.05);
        sphere {
            0, Size
            pigment { rgb 0.5 + 0.5 * <cos(Hue), cos(Hue - 2.1), cos(Hue + 2.1)> }
            finish {
                ambient 0.04 diffuse 0.4 specular 0.8 roughness 0.004
                reflection { 0.45, 0.9 metallic }
            }
            translate <1.55 + 0.55 * sin(pi * Along), 0, 0>
            rotate y * 360 * Turns * Along
            translate y * (0.1 + 3.3 * Along)
        }
    #end
#end

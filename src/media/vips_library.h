// libvips, opened when the first picture is looked at. It brings ninety libraries with it, and loading them would cost
// every start of the program (and of each keeper) 25 ms, so the program isn't linked with it. For the sources of media/
// alone.
#pragma once

#include <vips/vips.h>

#include <memory>
#include <string>

namespace atelier::media {

struct VipsLibrary {
    decltype(&::vips_init) init;
    decltype(&::vips_call) call;
    decltype(&::vips_error_buffer_copy) error_buffer_copy;
    decltype(&::vips_error_clear) error_clear;
    decltype(&::vips_concurrency_set) concurrency_set;
    decltype(&::vips_cache_set_max) cache_set_max;
    decltype(&::vips_image_new_from_memory) image_new_from_memory;
    decltype(&::vips_image_get_width) image_get_width;
    decltype(&::vips_image_get_height) image_get_height;
    decltype(&::vips_image_get_bands) image_get_bands;
    decltype(&::vips_image_get_format) image_get_format;
    decltype(&::vips_image_get_interpretation) image_get_interpretation;
    decltype(&::vips_image_get_typeof) image_get_typeof;
    decltype(&::vips_image_get_blob) image_get_blob;
    decltype(&::vips_region_new) region_new;
    decltype(&::vips_region_prepare) region_prepare;
    decltype(&::g_object_unref) object_unref;
    decltype(&::g_free) free;
};

// Ready to be used, from any thread. Throws Error::unavailable when it isn't installed.
const VipsLibrary& vips_library();

struct Unref {
    void operator()(void* object) const { vips_library().object_unref(object); }
};
using VipsImagePointer = std::unique_ptr<VipsImage, Unref>;
using VipsRegionPointer = std::unique_ptr<VipsRegion, Unref>;

// What it complained of since it was last asked, in one line.
std::string vips_complaint();

}  // namespace atelier::media

#include "media/vips_library.h"

#include <dlfcn.h>

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

#if defined(__SANITIZE_THREAD__)
// GLib's locks are made of the kernel's, which the thread sanitizer doesn't see: what it tells of these libraries is
// not so.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "race:libvips.so\nrace:libglib-2.0.so\nrace:libgobject-2.0.so\nrace:libgio-2.0.so\nrace:libpng16.so\n"
           "race:libjpeg.so\nrace:libtiff.so\nrace:libwebp.so\nrace:libz.so\n";
}
#endif

namespace atelier::media {
namespace {

constexpr const char* library_name = "libvips.so.42";

[[noreturn]] void give_up(const std::string& why) {
    throw Error(Error::Kind::unavailable, "pictures can't be looked at: " + why, "apt-get install libvips42");
}

template <class Function>
void find(void* library, Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (!function) give_up(std::string(library_name) + " has no " + name);
}

// It would look for decoders of everything (ImageMagick, PDF, slides) in its own folder and open them; there is none in
// this one. And what is wrong with a picture is told by our errors, not on stderr.
void keep_modules_out_and_quiet() {
    ::setenv("VIPSHOME", "/nonexistent", 1);
    ::setenv("VIPS_WARNING", "0", 1);
}

VipsLibrary open_library() {
    void* const opened = ::dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (!opened) give_up(::dlerror());
    VipsLibrary vips{};
    find(opened, vips.init, "vips_init");
    find(opened, vips.call, "vips_call");
    find(opened, vips.error_buffer_copy, "vips_error_buffer_copy");
    find(opened, vips.error_clear, "vips_error_clear");
    find(opened, vips.concurrency_set, "vips_concurrency_set");
    find(opened, vips.cache_set_max, "vips_cache_set_max");
    find(opened, vips.image_new_from_memory, "vips_image_new_from_memory");
    find(opened, vips.image_get_width, "vips_image_get_width");
    find(opened, vips.image_get_height, "vips_image_get_height");
    find(opened, vips.image_get_bands, "vips_image_get_bands");
    find(opened, vips.image_get_format, "vips_image_get_format");
    find(opened, vips.image_get_interpretation, "vips_image_get_interpretation");
    find(opened, vips.image_get_typeof, "vips_image_get_typeof");
    find(opened, vips.image_get_blob, "vips_image_get_blob");
    find(opened, vips.region_new, "vips_region_new");
    find(opened, vips.region_prepare, "vips_region_prepare");
    find(opened, vips.object_unref, "g_object_unref");
    find(opened, vips.free, "g_free");
    keep_modules_out_and_quiet();
    if (vips.init("atelier") != 0) give_up("libvips doesn't start");
    vips.concurrency_set(1);  // frames are looked at side by side already
    vips.cache_set_max(0);    // a file may be another one under the same name
    return vips;
}

}  // namespace

const VipsLibrary& vips_library() {
    static const VipsLibrary vips = open_library();
    return vips;
}

std::string vips_complaint() {
    char* const text = vips_library().error_buffer_copy();
    std::string line = printable(trim(text));
    vips_library().free(text);
    for (char& letter : line)
        if (letter == '\n') letter = ' ';
    return line;
}

}  // namespace atelier::media

#include "pipelines/sky/pixels/icc.h"

#include <lcms2.h>

#include "base/error.h"

namespace atelier::pipelines::sky {
namespace {

struct Close {
    void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using Profile = std::unique_ptr<void, Close>;

cmsColorSpaceSignature space_of(ColourChange::From from) {
    switch (from) {
        case ColourChange::From::rgb: return cmsSigRgbData;
        case ColourChange::From::grey: return cmsSigGrayData;
        case ColourChange::From::cmyk: return cmsSigCmykData;
    }
    return cmsSigRgbData;
}

// Grey stands three times in each pixel: the first counts, the others are passed over.
cmsUInt32Number format_of(ColourChange::From from, Mode to) {
    if (from == ColourChange::From::cmyk) return TYPE_CMYK_8;
    if (from == ColourChange::From::rgb) return to == Mode::rgba ? TYPE_RGBA_8 : TYPE_RGB_8;
    return COLORSPACE_SH(PT_GRAY) | EXTRA_SH(to == Mode::rgba ? 3 : 2) | CHANNELS_SH(1) | BYTES_SH(1);
}

}  // namespace

std::unique_ptr<ColourChange> ColourChange::open(const std::string& profile, From from, Mode to,
                                                 const std::filesystem::path& path) {
    const auto refuse_profile = [&] {
        throw Error(Error::Kind::invalid, path.string() + " can't be used: its colour profile (ICC) is damaged",
                    "leave it out by --colorspace-processing none");
    };
    const Profile own(cmsOpenProfileFromMem(profile.data(), static_cast<cmsUInt32Number>(profile.size())));
    if (!own) refuse_profile();
    if (cmsGetColorSpace(own.get()) != space_of(from)) return nullptr;
    const Profile srgb(cmsCreate_sRGBProfile());
    void* const transform = cmsCreateTransform(own.get(), format_of(from, to), srgb.get(),
                                               to == Mode::rgba ? TYPE_RGBA_8 : TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
    if (!transform) refuse_profile();
    return std::unique_ptr<ColourChange>(new ColourChange(transform));
}

ColourChange::~ColourChange() { cmsDeleteTransform(transform_); }

void ColourChange::change(const std::byte* from, std::byte* to, int pixels) const {
    cmsDoTransform(transform_, from, to, static_cast<cmsUInt32Number>(pixels));
}

}  // namespace atelier::pipelines::sky

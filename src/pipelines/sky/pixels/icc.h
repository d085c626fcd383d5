// Colours by a file's ICC profile to those of sRGB, by littlecms.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "pipelines/sky/pixels/pixels.h"

namespace atelier::pipelines::sky {

class ColourChange {
public:
    enum class From { rgb, grey, cmyk };

    // `to`: rgb or rgba, of which grey has three alike. Throws Error::invalid that names the file when the profile is
    // damaged; null when it is made for other pixels than these.
    static std::unique_ptr<ColourChange> open(const std::string& profile, From from, Mode to,
                                              const std::filesystem::path& path);
    ~ColourChange();
    // Of rgb and grey `from` may be `to`; alpha stays as it is in `to`.
    void change(const std::byte* from, std::byte* to, int pixels) const;

private:
    explicit ColourChange(void* transform) : transform_(transform) {}
    void* transform_;
};

}  // namespace atelier::pipelines::sky

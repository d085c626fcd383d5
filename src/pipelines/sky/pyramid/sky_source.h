// What the sky looks like, asked for in many directions at once: a map of all of it, or HEALPix pixels. Many threads
// may ask at the same time.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>

#include "pipelines/sky/pixels/pixels.h"
#include "pipelines/sky/place/wcs.h"
#include "pipelines/sky/pyramid/samplers.h"

namespace atelier::pipelines::sky {

class SkySource {
public:
    virtual ~SkySource() = default;
    Mode mode() const { return mode_; }
    // How wide a pixel is, in degrees.
    double resolution() const { return resolution_; }
    // The value that lies nearest to each direction, one after the other. `exact` is asked where the last bits of a
    // position decide; without it those go to either side.
    virtual void look(const Directions& directions, const ExactPosition& exact, std::byte* values) const = 0;
    // Whether there may be something within `radius` (radians) of a direction of length 1.
    virtual bool meets(const std::array<double, 3>& centre, double radius) const;

protected:
    Mode mode_ = Mode::rgb;
    double resolution_ = 0;
};

// A plate carrée, kept in memory. `each_row` sees every row.
std::unique_ptr<SkySource> open_map(PixelRows& rows, Projection projection,
                                    const std::function<void(const std::byte*)>& each_row = {});

// An image where `wcs` says, kept in memory; around it is nothing. Numbers that aren't f64 become f32.
std::unique_ptr<SkySource> open_image(PixelRows& rows, const Wcs& wcs,
                                      const std::function<void(const std::byte*)>& each_row = {});

struct HealpixReading {
    bool galactic = false;    // whatever the file says
    bool compatible = false;  // the number that means "unseen" is a value like others
};
// The first column of the first HEALPix table of a FITS file.
std::unique_ptr<SkySource> open_healpix(const std::filesystem::path& path, const HealpixReading& reading);

}  // namespace atelier::pipelines::sky

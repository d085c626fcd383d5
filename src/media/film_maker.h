// Films from frames, with FFmpeg at work: in one go, or in chunks that are encoded as frames come in and joined without
// encoding again. What is made is checked against the plan, and lies under its name only when it is whole and synced.
// Throws Error; several films may be made at once.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "media/film.h"

namespace atelier::media {

// Told now and then while it works: frames that are encoded.
using FilmProgress = std::function<void(std::size_t frames)>;

FilmInfo encode_film(const FilmPlan& plan, const FilmSettings& settings, const std::filesystem::path& film,
                     const FilmProgress& progress = {});

// Chunks of the same settings become one film; `frames` is what it has to have in the end, if that is known. Costs
// milliseconds, whatever the length in time.
FilmInfo join_films(const std::vector<std::filesystem::path>& chunks, const FilmSettings& settings,
                    std::optional<std::size_t> frames, const std::filesystem::path& film);

// Counts by ffprobe: by decoding each frame, or (quickly) by packets.
FilmInfo probe_film(const std::filesystem::path& film, bool decode = true);

}  // namespace atelier::media

// The folder of a job that makes frames: what lies where in it, and how a person is told what there is in the end.
// Every craft that makes frames lays them out so.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "media/film.h"
#include "media/frames.h"

namespace atelier::media {

struct JobFolder {
    std::filesystem::path root;  // may be a reference of a template
    std::string stem;            // what the files beside the frames are called after

    std::filesystem::path frames() const { return root / "frames"; }
    std::filesystem::path film(FilmCodec codec) const { return root / (stem + std::string(extension_of(codec))); }
    // Those of a long film, until it is joined.
    std::filesystem::path film_chunks() const { return root / "film_chunks"; }
    std::filesystem::path thumbnails() const { return root / "thumbnails"; }
    std::filesystem::path sheet() const { return root / (stem + "_sheet.jpg"); }
    std::filesystem::path report() const { return root / (stem + "_report.json"); }  // on bad frames
};

// What a job has made; paths that are empty: there is none.
struct Results {
    std::filesystem::path frames = {};  // the folder
    std::filesystem::path film = {};
    std::filesystem::path picture = {};  // a still
    std::filesystem::path report = {};
    FrameNumbers bad = {};  // frames that the report tells of
};

// Once the film is joined, and whoever joined it won't be asked again.
void remove_chunks(const JobFolder& folder);

std::vector<std::string> lines_about(const Results& results);
json::Object to_json(const Results& results);

}  // namespace atelier::media

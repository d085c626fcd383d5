// `atelier pov`: what a person asks for, and doing it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/output.h"
#include "pipelines/povray/job_maker.h"

namespace atelier::pipelines::povray {

struct PovRequest {
    std::string file;                // scene.pov, scene.ini, scene.ini[section]
    std::vector<std::string> words;  // as for POV-Ray itself: +W640 Declare=n=3
    std::string frames;              // "1-60", "1-10,20"
    std::string clock;               // "0..1"
    std::string size;                // "640x360"
    std::string quality;
    std::string antialias;  // a threshold, "on", "off"
    std::string format;     // png, png16, jpg, tga, bmp, ppm, exr, hdr
    media::FilmWish film;
    std::string name;
    std::filesystem::path output;
    std::string data;
    std::vector<std::filesystem::path> libraries;
    int rows = 0, chunk = 0, processes = 0, workers = 0;
    int priority = 50;
    bool looks = true, trust = false, in_place = false, dry_run = false;
};

// Options of the command line stand above those of the files.
PovJob pov_job(const PovRequest& request);

int run_pov(const PovRequest& request, cli::Output& output);

}  // namespace atelier::pipelines::povray

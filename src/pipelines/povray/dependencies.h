// Which files a scene needs, as far as its text tells: #include, quoted names of pictures, height fields, density
// files, #fopen for reading, fonts. Best effort: names that a scene computes aren't found. Only files below the scene's
// own folder and the folders that a person allowed are ever named: a scene of a stranger must not make us ship others.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::povray {

// What a scene's text names, in order, each once: quoted texts outside of comments that may be files.
std::vector<std::string> names_in(std::string_view scene);

struct Dependencies {
    // For each root: the files below it, relative, sorted.
    std::vector<std::vector<std::string>> files;
    // Names after #include that were found nowhere, as "scene.pov: colors2.inc".
    std::vector<std::string> missing;
};

// roots: the scene's folder first, then the libraries. `scene` is below the first.
Dependencies dependencies_of(const std::filesystem::path& scene, const std::vector<std::filesystem::path>& roots);

}  // namespace atelier::pipelines::povray

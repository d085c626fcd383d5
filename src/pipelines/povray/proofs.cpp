#include "pipelines/povray/proofs.h"

#include "base/error.h"
#include "base/files.h"
#include "media/picture.h"
#include "process/child.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;

namespace {

// With one of POV-Ray's own files, which Debian has in a package of its own.
constexpr std::string_view scene =
    "#version 3.7; global_settings { assumed_gamma 1 } #include \"colors.inc\"\n"
    "camera { location <0,0,-3> look_at 0 } light_source { <2,4,-5> White }\n"
    "sphere { 0, 1 pigment { Red } }\n";

void draw(const fs::path& folder) {
    const fs::path file = folder / "scene.pov", picture = folder / "picture.png";
    write_file_durably(file, scene);
    process::ChildEnd end;
    try {
        end = process::run_child({"povray", "+I" + file.string(), "+O" + picture.string(), "+FN", "+W64", "+H36", "-D",
                                  "-GA", "+WT1", "-V"});
    } catch (const Error&) {
        throw Error(Error::Kind::not_found, "POV-Ray is missing", "apt-get install povray povray-includes");
    }
    if (end.code != 0 || !fs::exists(picture))
        throw Error(Error::Kind::unavailable, "POV-Ray ended with " + std::to_string(end.code),
                    "apt-get install povray-includes");
    media::verify_picture(picture);
}

}  // namespace

const std::vector<cli::Proof>& proofs() {
    static const std::vector<cli::Proof> all = {{"POV-Ray", draw}};
    return all;
}

}  // namespace atelier::pipelines::povray

// Whether pictures can be written to a folder, found out before the first of them is made: engines notice it only when
// a picture is done.
#pragma once

#include <filesystem>

namespace atelier::media {

// Makes the folder, writes a file in it and removes that. Throws Error::denied that names the folder. Fine with an
// empty path: nothing is to be written.
void check_writable(const std::filesystem::path& folder);

}  // namespace atelier::media

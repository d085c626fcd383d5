#include "media/file_beside.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"

namespace atelier::media {

FileBeside::FileBeside(std::filesystem::path place) : place_(std::filesystem::absolute(place).lexically_normal()) {
    const auto beside = place_.parent_path() / ("." + place_.filename().string() + "." + random_id(8) + ".tmp");
    file_ = open_file(beside, O_WRONLY | O_CREAT | O_EXCL);
    path_ = beside;
}

FileBeside::~FileBeside() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

void FileBeside::keep() {
    const Fd file = open_file(path_, O_RDONLY);
    if (::fsync(file.get()) != 0) throw Error::from_errno("cannot write " + place_.string());
    if (::rename(path_.c_str(), place_.c_str()) != 0) throw Error::from_errno("cannot write " + place_.string());
    path_.clear();
    file_.reset();
    sync_folder(place_.parent_path());
}

}  // namespace atelier::media

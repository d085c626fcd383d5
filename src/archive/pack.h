// Many files as one zip or tar, made while it is read: as large as it likes, with flat memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace atelier::archive {

enum class PackForm { zip, tar };

struct PackEntry {
    std::string path;  // relative, checked
    std::uint64_t size = 0;
    unsigned mode = 0644;
    Micros modified = 0;
    std::string link_target;  // of a symbolic link; else the content comes from `open`
    // Opens the content: gives the next piece, empty at the end; `size` bytes in all.
    std::function<std::function<std::string_view()>()> open;
};

class Pack {
public:
    // next_entry: false when there are no more.
    Pack(PackForm form, std::function<bool(PackEntry&)> next_entry);
    ~Pack();

    // The next piece, valid until the next call; empty at the end. Throws what reading an entry throws, Error::internal
    // when an entry has another size than it said: the receiver then has no whole archive, and can tell.
    std::string_view next();

private:
    class Writer;
    std::unique_ptr<Writer> writer_;
};

// How long it will be; no content is opened for it.
std::uint64_t packed_size(PackForm form, const std::function<bool(PackEntry&)>& next_entry);

}  // namespace atelier::archive

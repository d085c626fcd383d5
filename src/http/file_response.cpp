#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "http/byte_range.h"
#include "http/message.h"

namespace atelier::http {

namespace {

constexpr std::size_t piece_size = 256 * 1024;

// Reads on from where it stands; holds the file open for as long as the response lives.
class FilePieces {
public:
    FilePieces(int file, ByteRange range) : file_(::fcntl(file, F_DUPFD_CLOEXEC, 0)), range_(range) {
        if (!file_) throw Error::from_errno("cannot keep a file open that is to be sent");
    }

    std::string_view next() {
        const std::uint64_t left = range_.size - given_;
        if (left == 0) return {};
        buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size)));
        ssize_t got = 0;
        do {
            got = ::pread(file_.get(), buffer_.data(), buffer_.size(), static_cast<off_t>(range_.first + given_));
        } while (got < 0 && errno == EINTR);
        if (got < 0) throw Error::from_errno("cannot read a file that is being sent");
        if (got == 0) throw Error(Error::Kind::internal, "A file became shorter while it was sent.");
        given_ += static_cast<std::uint64_t>(got);
        return {buffer_.data(), static_cast<std::size_t>(got)};
    }

private:
    Fd file_;
    ByteRange range_;
    std::uint64_t given_ = 0;
    std::string buffer_;
};

std::string quoted(const std::string& tag) { return '"' + tag + '"'; }

bool is_known(const Request& request, const std::string& tag) {
    const auto list = request.header("if-none-match");
    if (!list) return false;
    for (std::string_view one : split(*list, ',')) {
        one = trim(one);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == "*" || one == quoted(tag)) return true;
    }
    return false;
}

bool wants_range(const Request& request, const std::string& tag) {
    const auto condition = request.header("if-range");
    return request.method == Method::get && (!condition || (!tag.empty() && *condition == quoted(tag)));
}

Response out_of_range(std::uint64_t size) {
    Response response = Response::error(Error(Error::Kind::invalid, "The file has no bytes in that range."), 416);
    response.with("Content-Range", "bytes */" + std::to_string(size));
    return response;
}

}  // namespace

std::optional<ByteRange> parse_range(std::string_view text, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    const ByteRange whole{0, size};
    if (!text.starts_with(unit)) return whole;
    text.remove_prefix(unit.size());
    const std::size_t dash = text.find('-');
    const auto is_digits = [](std::string_view part) {
        return part.size() <= 18 && part.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (dash == std::string_view::npos || text.size() == 1) return whole;
    const std::string_view from = text.substr(0, dash);
    const std::string_view to = text.substr(dash + 1);
    if (!is_digits(from) || !is_digits(to)) return whole;  // also several ranges: whole is a right answer to them
    const auto first = static_cast<std::uint64_t>(parse_int(from).value_or(0));
    const auto last = static_cast<std::uint64_t>(parse_int(to).value_or(0));
    if (from.empty()) {
        if (last == 0 || size == 0) return {};
        return ByteRange{size - std::min(last, size), std::min(last, size)};
    }
    if (!to.empty() && last < first) return whole;
    if (first >= size) return {};
    return ByteRange{first, to.empty() ? size - first : std::min(last - first + 1, size - first)};
}

Response file_response(const Request& request, int file, std::uint64_t size, std::string_view type,
                       const std::string& tag) {
    Response response;
    if (!tag.empty()) response.with("ETag", quoted(tag));
    response.with("Accept-Ranges", "bytes");
    if (!tag.empty() && is_known(request, tag)) {
        response.status = 304;
        return response;
    }
    ByteRange range{0, size};
    const auto asked = request.header("range");
    if (asked && wants_range(request, tag)) {
        const auto found = parse_range(*asked, size);
        if (!found) return out_of_range(size);
        range = *found;
    }
    if (range.size != size) {
        response.status = 206;
        response.with("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                           std::to_string(range.first + range.size - 1) + "/" + std::to_string(size));
    }
    response.with("Content-Type", std::string(type));
    response.length = range.size;
    const auto pieces = std::make_shared<FilePieces>(file, range);
    response.pieces = [pieces] { return pieces->next(); };
    return response;
}

}  // namespace atelier::http

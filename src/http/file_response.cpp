#include <fcntl.h>

#include <algorithm>

#include "base/file_pieces.h"
#include "base/text.h"
#include "http/byte_range.h"
#include "http/ranged_response.h"

namespace atelier::http {

namespace {

// Holds the file open for as long as the response lives.
Fd another(int file) {
    Fd held(::fcntl(file, F_DUPFD_CLOEXEC, 0));
    if (!held) throw Error::from_errno("cannot keep a file open that is to be sent");
    return held;
}

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

Response ranged_response(const Request& request, std::uint64_t size, std::string_view type, const std::string& tag,
                         const PiecesFrom& pieces) {
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
    response.pieces = pieces(range);
    return response;
}

Response file_response(const Request& request, int file, std::uint64_t size, std::string_view type,
                       const std::string& tag) {
    return ranged_response(request, size, type, tag, [file](const ByteRange& range) {
        const auto pieces = std::make_shared<FilePieces>(another(file), "a file that is sent", range.first, range.size);
        return [pieces] { return pieces->next(); };
    });
}

}  // namespace atelier::http

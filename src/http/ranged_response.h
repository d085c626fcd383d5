// Content that is made while it is read, and of which a request may want a range: as file_response, for what is no
// file.
#pragma once

#include "http/byte_range.h"
#include "http/message.h"

namespace atelier::http {

// Gives the pieces of a range: that many bytes in all, then an empty one. Called once at most.
using PiecesFrom = std::function<std::function<std::string_view()>(const ByteRange& range)>;

Response ranged_response(const Request& request, std::uint64_t size, std::string_view type, const std::string& tag,
                         const PiecesFrom& pieces);

}  // namespace atelier::http

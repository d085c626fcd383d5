// The first lines of an answer, and how its body is told from what comes next.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace atelier::http {

enum class Framing { none, sized, chunked, until_close };

struct Manner {
    bool is_head = false;  // the headers of the answer alone
    bool is_old = false;   // to HTTP/1.0
    bool keeps_alive = true;
};

Framing framing_of(const Response& response, const Manner& manner);

// Throws std::logic_error for a status or a header that no answer may have: a defect of the handler.
void check_head(const Response& response);

// Of an answer that was checked.
std::string head_text(const Response& response, const Manner& manner);

std::string chunk_of(std::string_view bytes);
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace atelier::http

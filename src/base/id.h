// Ids for people and for the wire: short, random, without letters that are mistaken for digits, and cut to whatever is
// unique.
#pragma once

#include <string>
#include <string_view>

namespace atelier {

constexpr int job_id_length = 8;       // 40 bits; the farm draws again if one is taken
constexpr int attempt_id_length = 16;  // 80 bits: never drawn twice

// Crockford's base 32 in lower case, from the kernel's random numbers.
std::string random_id(int length);

// True for what random_id could give, or the beginning of it.
bool looks_like_id(std::string_view text);

}  // namespace atelier

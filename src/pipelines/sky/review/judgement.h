// What becomes of an image when a person has looked at it.
#pragma once

#include <filesystem>
#include <string>

#include "pipelines/sky/review/awaiting.h"

namespace atelier::pipelines::sky {

// Throw Error::not_found when the image isn't there any more.
void approve(const Awaiting& awaiting, Shelf shelf, const std::string& id);
void reject(const Awaiting& awaiting, Shelf shelf, const std::string& id, const std::string& reason);

// It stays where it is, but needs no look any more.
bool is_judged(const std::filesystem::path& work_folder, Shelf shelf, const std::string& id);

}  // namespace atelier::pipelines::sky

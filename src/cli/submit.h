// What a person asks for on a command line, made into a submission.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "cli/run.h"
#include "wire/submission.h"

namespace atelier::cli {

wire::Submission make_submission(const RunRequest& request);

// For isolated jobs: store() puts what lies at an incoming PATH parameter into the farm's store, and gives the digest
// of its manifest. files: null, or those that are needed.
using StoreInput = std::function<std::string(const std::filesystem::path& path, const std::vector<std::string>* files)>;
void store_inputs(wire::Submission& submission, const InputFiles& only, const StoreInput& store);

}  // namespace atelier::cli

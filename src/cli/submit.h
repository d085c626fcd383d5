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
// of its manifest.
void store_inputs(wire::Submission& submission, const std::function<std::string(const std::filesystem::path&)>& store);

}  // namespace atelier::cli

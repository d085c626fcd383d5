// A job's files in a session: used in place where they lie, or, isolated, laid into a folder of the session with
// path-mapping rules that lead there.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "job/path_mapping.h"
#include "store/blobs.h"
#include "wire/link.h"
#include "worker/outputs.h"
#include "worker/transfer.h"

namespace atelier::worker {

struct Stage {
    job::PathMapping mapping;
    std::vector<OutputPlace> outputs;
    std::vector<std::filesystem::path> readable;  // for the sandbox
    std::vector<std::filesystem::path> writable;
};

// Outgoing folders are made where they are missing.
Stage stage_in_place(const wire::JobOrder& order);

// For a task that failed on another machine than its files are on: which of them aren't here, and what helps. Empty
// when all are.
std::string about_missing_inputs(const wire::JobOrder& order);

// Inputs from their manifests, and what the steps before have left, below `folder`.
Stage stage_isolated(const wire::JobOrder& order, const std::vector<wire::Output>& before, store::Blobs& blobs,
                     Transfer::Use& use, const std::filesystem::path& folder);

// Lays one output below its place; an older one there is replaced.
void place_output(const wire::Output& output, const std::filesystem::path& folder, store::Blobs& blobs);

// The same with content from elsewhere. lay: writes the file's content to a path where nothing is; link_target: gives
// what a symbolic link leads to.
struct OutputContent {
    std::function<void(const std::filesystem::path&)> lay;
    std::function<std::string()> link_target;
};
void place_output(const wire::Output& output, const std::filesystem::path& folder, const OutputContent& content);

}  // namespace atelier::worker

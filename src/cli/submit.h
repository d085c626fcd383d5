// What a person asks for on a command line, made into a submission.
#pragma once

#include "cli/run.h"
#include "store/blobs.h"
#include "store/hash_cache.h"
#include "wire/submission.h"

namespace atelier::cli {

wire::Submission make_submission(const RunRequest& request);

// For isolated jobs: what lies at the incoming PATH parameters goes into the store.
void store_inputs(wire::Submission& submission, store::Blobs& blobs, store::HashCache& cache);

}  // namespace atelier::cli

// A step of the workflow as a job of the farm: a task an image.
#pragma once

#include <string>
#include <vector>

#include "pipelines/sky/work/steps.h"
#include "wire/submission.h"

namespace atelier::pipelines::sky {

// Of "fetch", "process", "publish" with at least one image; "reindex" has a single task.
wire::Submission make_pipeline_job(const std::string& step, const std::vector<std::string>& ids,
                                   const StepRequest& request);

}  // namespace atelier::pipelines::sky

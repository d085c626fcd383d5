// The commands of the workflow, done: in place, or by the farm with a task an image.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "pipelines/sky/work/steps.h"

namespace atelier::pipelines::sky {

struct PipelineRequest {
    StepRequest step;
    std::vector<std::string> words;  // as they were given: a work folder, or ids and patterns
    std::string reason;              // of a reject
    bool all = false;
    bool farm = false;
    int workers = 0;
    bool dry_run = false;  // of the farm's job
};

int run_init(PipelineRequest request, cli::Output& output);
int run_refresh(PipelineRequest request, cli::Output& output);
int run_fetch(PipelineRequest request, cli::Output& output);
int run_process(PipelineRequest request, cli::Output& output);
int run_approve(PipelineRequest request, cli::Output& output);
int run_reject(PipelineRequest request, cli::Output& output);
int run_publish(PipelineRequest request, cli::Output& output);
int run_reindex(PipelineRequest request, cli::Output& output);
int run_ignore_rejects(PipelineRequest request, cli::Output& output);

}  // namespace atelier::pipelines::sky

#include "pipelines/blender/render_task.h"

#include <algorithm>

namespace atelier::pipelines::blender {

namespace {

// Of the whole, in percent: where each stage ends. Most of the time goes into the job.
constexpr double end_of_upload = 4;
constexpr double end_of_analysis = 5;
constexpr double whole = 100;

// In percent, of the steps from `begin` to `end`.
double progress_of(const std::vector<StepProgress>& steps, std::size_t begin, std::size_t end) {
    double total = 0;
    double done = 0;
    for (std::size_t i = begin; i < std::min(end, steps.size()); ++i) {
        total += static_cast<double>(steps[i].total);
        done +=
            std::min(static_cast<double>(steps[i].total), static_cast<double>(steps[i].succeeded) + steps[i].running);
    }
    return total > 0 ? done / total * whole : whole;
}

bool are_complete(const std::vector<StepProgress>& steps, std::size_t end) {
    return std::all_of(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(std::min(end, steps.size())),
                       [](const StepProgress& step) { return step.succeeded >= step.total; });
}

}  // namespace

RenderProgress progress_of_upload(std::uint64_t received, std::optional<std::uint64_t> length) {
    if (!length || *length == 0) return {RenderStage::Uploading, no_progress, 0};
    const double part = std::min(1.0, static_cast<double>(received) / static_cast<double>(*length));
    return {RenderStage::Uploading, part * whole, part * end_of_upload};
}

RenderProgress progress_of_analysis() { return {RenderStage::Analysing, no_progress, end_of_upload}; }

RenderProgress progress_of_job(JobPhase phase, const std::vector<StepProgress>& steps, std::uint32_t render_steps,
                               double job_percent) {
    const double total = end_of_analysis + std::clamp(job_percent, 0.0, whole) / whole * (whole - end_of_analysis);
    switch (phase) {
        case JobPhase::waiting: return {RenderStage::Queued, no_progress, total};
        case JobPhase::succeeded: return {RenderStage::Finished, whole, whole};
        case JobPhase::failed: return {RenderStage::Failed, no_progress, total};
        case JobPhase::canceled: return {RenderStage::Canceled, no_progress, total};
        case JobPhase::running: break;
    }
    if (!are_complete(steps, render_steps)) return {RenderStage::Rendering, progress_of(steps, 0, render_steps), total};
    return {RenderStage::Merging, progress_of(steps, render_steps, steps.size()), total};
}

}  // namespace atelier::pipelines::blender

// A render that somebody sent to the server as a file, as it is seen from outside: what was asked for, at which stage
// it is, how far. A picture of one moment; TaskScheduler draws it. Members that people know from elsewhere by name (and
// that stand so in JSON) keep those names.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/blender/image_formats.h"

namespace atelier::pipelines::blender {

enum class RenderDataType { SingleFile, MultiFile };  // a .blend, or a .zip with one or several and their resources

enum class RenderStage { Uploading, Analysing, Queued, Rendering, Merging, Finished, Failed, Canceled };

constexpr bool has_ended(RenderStage stage) { return stage >= RenderStage::Finished; }

// Where no progress can be told.
constexpr double no_progress = -std::numeric_limits<double>::infinity();

// Percents, 0 … 100.
struct RenderProgress {
    RenderStage stage = RenderStage::Uploading;
    double stage_progress = no_progress;
    double total_progress = 0;  // never goes back
};

struct WorkerProgress {
    std::string worker;
    double part = 0;      // of the whole, in percent: what it has done, and what it has in hand
    double progress = 0;  // of that part, in percent
};

struct RenderTask {
    std::string TaskID;
    std::string FileServerAddress;  // where it was sent, and where its result is fetched
    int FileServerPort = 0;
    RenderDataType dataType = RenderDataType::SingleFile;
    std::optional<RenderOutputType> outputType;  // of the frames; not known before the scene was looked at
    int StartFrame = 0;
    int EndFrame = 0;
    int FrameStep = 1;
    RenderStage stage = RenderStage::Uploading;
    std::string name;
    std::string owner;
    std::string message;       // what went wrong, if something did
    std::string film;          // the result's name; empty: the result is a zip of the frames
    std::uint64_t frames = 0;  // so many are rendered

    RenderProgress progress_simple() const { return progress; }
    const std::vector<WorkerProgress>& progress_detailed() const { return workers; }

    RenderProgress progress;
    std::vector<WorkerProgress> workers;
};

// What of a task its job doesn't tell by itself: it goes with the job, as the value of a parameter, so that a task is
// known for as long as its job is.
struct RenderTaskRecord {
    RenderDataType dataType = RenderDataType::SingleFile;
    RenderOutputType outputType = RenderOutputType::PNG;
    int StartFrame = 0;
    int EndFrame = 0;
    int FrameStep = 1;
    std::uint64_t frames = 0;
    std::string pattern;  // of the frames' names
    std::string film;     // its name, unless there is none
    std::uint32_t render_steps =
        1;  // so many of the first steps render, or encode while others render; what follows merges
};

constexpr const char* record_parameter = "RenderTask";

// How much is behind a task and before it, told by the job that does it.
struct StepProgress {
    std::uint64_t total = 0;
    std::uint64_t succeeded = 0;
    double running = 0;  // sum over the tasks that run, in tasks
};

enum class JobPhase { waiting, running, succeeded, failed, canceled };

RenderProgress progress_of_upload(std::uint64_t received, std::optional<std::uint64_t> length);
RenderProgress progress_of_analysis();
// job_percent: the job's own progress, which only grows.
RenderProgress progress_of_job(JobPhase phase, const std::vector<StepProgress>& steps, std::uint32_t render_steps,
                               double job_percent);

BOOST_DESCRIBE_ENUM(RenderDataType, SingleFile, MultiFile)
BOOST_DESCRIBE_ENUM(RenderStage, Uploading, Analysing, Queued, Rendering, Merging, Finished, Failed, Canceled)
BOOST_DESCRIBE_STRUCT(WorkerProgress, (), (worker, part, progress))
BOOST_DESCRIBE_STRUCT(RenderTask, (),
                      (TaskID, FileServerAddress, FileServerPort, dataType, outputType, StartFrame, EndFrame, FrameStep,
                       stage, name, owner, message, film, frames))
BOOST_DESCRIBE_STRUCT(RenderTaskRecord, (),
                      (dataType, outputType, StartFrame, EndFrame, FrameStep, frames, pattern, film, render_steps))

}  // namespace atelier::pipelines::blender

#include "pipelines/povray/frame_task.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "base/time.h"
#include "media/thumbnailer.h"
#include "pipelines/povray/frame_keep.h"
#include "pipelines/povray/scene_template.h"
#include "process/speaker.h"

namespace atelier::pipelines::povray {

namespace fs = std::filesystem;
using process::Speaker;

namespace {

constexpr std::uint64_t spare_memory = 512u << 20;
constexpr std::size_t most_same_failures = 3;  // then what is left won't do better
constexpr const char* state_extension = ".pov-state";

// Frames that one process draws one after another: first, first + step, …
struct Part {
    int first = 0;
    int step = 1;
    int count = 1;
    bool resume = false;

    int frame(int index) const { return first + index * step; }
};

// Numbers, ascending, as parts of equal steps.
std::vector<Part> parts_of(const media::FrameNumbers& frames) {
    std::vector<Part> parts;
    for (const int frame : frames) {
        if (!parts.empty()) {
            Part& last = parts.back();
            if (last.count == 1) last.step = frame - last.first;
            if (frame == last.frame(last.count)) {
                ++last.count;
                continue;
            }
        }
        parts.push_back({frame, 1, 1, false});
    }
    return parts;
}

// As many parts as there are processes, if there are frames enough.
std::vector<Part> shared_out(const media::FrameNumbers& frames, std::size_t processes) {
    std::vector<Part> all;
    const std::size_t shares = std::min(processes, frames.size());
    for (std::size_t share = 0; share < shares; ++share) {
        const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(frames.size() * share / shares);
        const auto end = frames.begin() + static_cast<std::ptrdiff_t>(frames.size() * (share + 1) / shares);
        for (const Part& part : parts_of({begin, end}))
            all.push_back(part);
    }
    return all;
}

// Where there is little memory fewer processes run at once; the first one always may.
bool memory_for_another() {
    rusage ended{};
    ::getrusage(RUSAGE_CHILDREN, &ended);
    return available_memory() > spare_memory + 2 * static_cast<std::uint64_t>(ended.ru_maxrss) * 1024;
}

class FrameDrawer {
public:
    FrameDrawer(const FrameTask& task, Speaker& speaker)
        : task_(task),
          speaker_(speaker),
          pattern_(media::FramePattern::parse(task.pattern)),
          keep_(task.scene, task.to),
          thumbnails_(task.thumbnails),
          digits_(std::to_string(task.final_frame).size()) {}

    int run() {
        read_templates();
        media::FrameNumbers left;
        for (const int frame : task_.frames)
            if (keep_.take_up(pattern_.name_of(frame))) {
                thumbnails_.add(task_.to / pattern_.name_of(frame));
                ++done_;
            } else {
                left.push_back(frame);
            }
        if (done_ > 0) speaker_.log(fmt::format("{} frames were drawn by an earlier try", done_.load()));
        share_out(left);
        const auto count = std::min<std::size_t>(static_cast<std::size_t>(task_.processes), left.size());
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < count; ++i)
                threads.emplace_back([this] { work(); });
        }
        return conclude();
    }

private:
    void read_templates() {
        if (!task_.data) return;
        rows_ = parse_rows(read_file(*task_.data), task_.data->string());
        for (const std::string& name : task_.filled)
            texts_[name] = read_file(task_.folder / name);
    }

    void share_out(const media::FrameNumbers& left) {
        media::FrameNumbers fresh;
        for (const int frame : left)
            if (fs::exists(work_file(frame, state_extension)) || task_.data)
                waiting_.push_back({frame, 1, 1, fs::exists(work_file(frame, state_extension))});
            else
                fresh.push_back(frame);
        for (const Part& part : shared_out(fresh, static_cast<std::size_t>(task_.processes)))
            waiting_.push_back(part);
    }

    fs::path work_file(int frame, std::string_view extension) const {
        return keep_.work() / fmt::format("f_{:0{}}{}", frame, digits_, extension);
    }

    std::optional<Part> next_part() {
        std::unique_lock lock(mutex_);
        while (!stopped_ && !waiting_.empty()) {
            if (running_ == 0 || memory_for_another()) {
                const Part part = waiting_.front();
                waiting_.pop_front();
                ++running_;
                return part;
            }
            changed_.wait_for(lock, std::chrono::milliseconds(200));
        }
        return std::nullopt;
    }

    void work() {
        while (const auto part = next_part()) {
            try {
                draw(*part);
            } catch (const Error& error) {
                failed(part->first, error.what());
            }
            const std::lock_guard lock(mutex_);
            --running_;
            changed_.notify_all();
        }
    }

    // What comes behind a frame that failed is a part of its own.
    void draw(const Part& part) {
        int begun = 0;  // frames; the last of them may be unfinished
        int finished = 0;
        const auto finish_up_to = [&](int count) {
            for (; finished < count; ++finished)
                finish(part.frame(finished));
        };
        EngineRun run;
        run.resume = part.resume;
        run.listener.frame = [&] { finish_up_to(begun++); };
        run.listener.pixels = [&](double drawn) { tell_progress(part.frame(std::max(begun, 1) - 1), drawn); };
        run.listener.log = [&](std::string_view line) { speaker_.log(line); };
        run.more = {"+O" + (keep_.work() / "f_").string(), fmt::format("+SF{}", part.first),
                    fmt::format("+EF{}", part.frame(part.count - 1)), fmt::format("Frame_Step={}", part.step)};
        const EngineEnd end = run_engine(scene_for(part.first), run);
        if (end.code == 0) return finish_up_to(part.count);
        if (end.canceled) return stop(end.error);
        const int index = std::max(begun, 1) - 1;
        failed(part.frame(index), end.error);
        if (index + 1 < part.count) wait_again({part.frame(index + 1), part.step, part.count - index - 1, false});
    }

    // The scene as it is, or, with rows of data, filled for this frame.
    Scene scene_for(int frame) {
        if (!task_.data) return task_.scene;
        const std::size_t index = static_cast<std::size_t>(frame - task_.initial_frame);
        if (frame < task_.initial_frame || index >= rows_.size())
            throw Error(Error::Kind::invalid, fmt::format("there is no row for frame {}", frame));
        Row row = rows_[index];
        row.emplace("frame", std::to_string(frame));
        const fs::path folder = fs::current_path() / fmt::format("filled_{}", frame);
        Scene scene = task_.scene;
        for (const auto& [name, text] : texts_) {
            fs::create_directories((folder / name).parent_path());
            write_file(folder / name, fill(text, row, name));
            if (task_.folder / name == task_.scene.file) scene.file = folder / name;
        }
        scene.libraries.insert(scene.libraries.begin(), folder);
        return scene;
    }

    static void write_file(const fs::path& path, const std::string& text) {
        write_all(open_file(path, O_WRONLY | O_CREAT | O_TRUNC).get(), text, path);
    }

    void finish(int frame) {
        const std::string name = pattern_.name_of(frame);
        try {
            keep_.finish(work_file(frame, task_.scene.extension), name);
        } catch (const Error& error) {
            return failed(frame, error.what());
        }
        std::error_code ignored;
        fs::remove(work_file(frame, state_extension), ignored);
        thumbnails_.add(task_.to / name);
        const std::size_t done = ++done_;
        speaker_.log(fmt::format("frame {} is done", frame));
        speaker_.status(fmt::format("{} of {} frames", done, task_.frames.size()));
        const std::lock_guard lock(mutex_);
        drawn_.erase(frame);
        last_name_ = name;
        tell();
    }

    void tell_progress(int frame, double drawn) {
        const std::lock_guard lock(mutex_);
        drawn_[frame] = drawn;
        tell();
    }

    void tell() {
        double sum = static_cast<double>(done_ + failures_.size());
        for (const auto& [frame, drawn] : drawn_)
            sum += drawn;
        speaker_.progress(100 * sum / static_cast<double>(task_.frames.size()));
        const Steady now = system_clock().steady();
        if (last_name_.empty() || seconds_between(shown_, now) < 2) return;
        shown_ = now;
        speaker_.preview((task_.to / last_name_).string());
        last_name_.clear();
    }

    void failed(int frame, const std::string& why) {
        speaker_.log(fmt::format("frame {} failed: {}", frame, why));
        std::error_code ignored;
        fs::remove(work_file(frame, state_extension), ignored);
        const std::lock_guard lock(mutex_);
        drawn_.erase(frame);
        failures_[frame] = why;
        const auto same = std::count_if(failures_.begin(), failures_.end(),
                                        [&](const auto& failure) { return failure.second == why; });
        if (done_ == 0 && static_cast<std::size_t>(same) >= most_same_failures) stopped_ = true;
    }

    void wait_again(const Part& part) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(part);
        changed_.notify_all();
    }

    void stop(const std::string& why) {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        interrupted_ = why;
        changed_.notify_all();
    }

    int conclude() {
        if (!interrupted_.empty()) {
            speaker_.fail("it was stopped; the frames that are done are kept");
            return 1;
        }
        const std::size_t missing = task_.frames.size() - done_;
        if (missing == 0) {
            speaker_.progress(100);
            return 0;
        }
        const auto& [frame, why] = *failures_.begin();
        const std::string others =
            missing == 1 ? "" : fmt::format(" ({} more of this task aren't there either)", missing - 1);
        if (task_.allow_gaps && done_ > 0) {
            speaker_.status(fmt::format("frame {} is missing: {}{}", frame, why, others));
            return 0;
        }
        speaker_.fail(fmt::format("frame {}: {}{}", frame, why, others));
        return 1;
    }

    const FrameTask& task_;
    Speaker& speaker_;
    const media::FramePattern pattern_;
    const FrameKeep keep_;
    media::Thumbnailer thumbnails_;
    const std::size_t digits_;
    std::vector<Row> rows_;
    std::map<std::string, std::string> texts_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Part> waiting_;
    int running_ = 0;
    bool stopped_ = false;
    std::string interrupted_;
    std::atomic<std::size_t> done_ = 0;
    std::map<int, std::string> failures_;
    std::map<int, double> drawn_;  // how far a frame is that is drawn now
    std::string last_name_;        // a picture that wasn't shown yet
    Steady shown_{};
};

}  // namespace

int draw_frames(const FrameTask& task, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) { return FrameDrawer(task, speaker).run(); });
}

}  // namespace atelier::pipelines::povray

// Renders as people ask for them, for the tests of the whole: small scenes that Blender makes, what Blender alone makes
// of them, and whether two folders show the same.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/testing.h"
#include "program.h"

namespace atelier::tests {

class RenderGround : public Ground {
public:
    // A .blend by tests/scenes/turning.py; words as they stand there. The path of the scene.
    std::string scene(const std::string& name, const std::vector<std::string>& words = {}) const;

    // What Blender makes of it by itself, in one process: frame_0001.png, … in this folder. more: its options.
    std::filesystem::path undisturbed(const std::string& scene, const std::string& more = "") const;

    std::unique_ptr<Running> begin(const std::string& scene, std::vector<std::string> more = {}) const;
    Ended render(const std::string& scene, std::vector<std::string> more = {}) const;

    std::vector<pid_t> blenders() const;  // those that are open here now
    std::int64_t done() const { return count("SELECT sum(succeeded) FROM steps"); }
    std::int64_t attempts(const std::string& result) const;  // of the newest job, that ended so
    std::string reason(const std::string& result) const;     // of the first of them
};

// Frames first to last of two folders are the same, pixel by pixel.
void expect_same_frames(const std::filesystem::path& folder, const std::string& name,
                        const std::filesystem::path& undisturbed, int first, int last);
void expect_same(const std::filesystem::path& one, const std::filesystem::path& other);

int frames_of_film(const std::filesystem::path& film);  // decoded and counted by ffprobe; -1 when it can't be

// Each task of the newest job has succeeded in exactly one attempt.
void expect_each_task_once(const RenderGround& ground);

}  // namespace atelier::tests

// For tests alone: a stand-in for nvidia-smi on PATH. It answers the one query that Atelier asks, with the cards of the
// test, as the real one of driver 535 prints them, and nothing else; there is no card behind it, so what a program
// would do with CUDA_VISIBLE_DEVICES is not seen here, only that it is told.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace atelier::worker::testing {

class StandInNvidiaSmi {
public:
    // Lines of "name, uuid, memory in MiB, driver".
    explicit StandInNvidiaSmi(const std::string& lines) : path_(std::getenv("PATH")) {
        const std::filesystem::path program = folder_.path() / "nvidia-smi";
        write_file_durably(folder_.path() / "cards", lines);
        write_file_durably(program,
                           "#!/bin/sh\n"
                           "[ \"$*\" = '--query-gpu=name,uuid,memory.total,driver_version "
                           "--format=csv,noheader,nounits' ] || exit 2\n"
                           "cat '" +
                               (folder_.path() / "cards").string() + "'\n",
                           0755);
        ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    }
    ~StandInNvidiaSmi() { ::setenv("PATH", path_.c_str(), 1); }
    StandInNvidiaSmi(const StandInNvidiaSmi&) = delete;
    StandInNvidiaSmi& operator=(const StandInNvidiaSmi&) = delete;

private:
    TemporaryFolder folder_;
    std::string path_;
};

constexpr const char* two_cards =
    "NVIDIA RTX A5000, GPU-aaaa1111-0000-0000-0000-000000000001, 24564, 535.183.01\n"
    "NVIDIA GeForce RTX 3070, GPU-bbbb2222-0000-0000-0000-000000000002, 8192, 535.183.01\n";
constexpr const char* first_card = "GPU-aaaa1111-0000-0000-0000-000000000001";
constexpr const char* second_card = "GPU-bbbb2222-0000-0000-0000-000000000002";

}  // namespace atelier::worker::testing

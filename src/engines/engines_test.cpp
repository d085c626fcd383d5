#include "engines/engines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <regex>

#include "base/error.h"
#include "base/files.h"
#include "engines/ask.h"
#include "engines/gpus.h"

namespace atelier::engines {
namespace {

using testing::HasSubstr;

class Engines : public testing::Test {
protected:
    // A program that is a shell script, in the folder bin/.
    void make_program(const std::string& name, const std::string& script, unsigned mode = 0755) {
        std::filesystem::create_directories(bin());
        write_file_durably(bin() / name, "#!/bin/sh\n" + script + "\n", mode);
        chmod((bin() / name).c_str(), mode);
    }
    void make_file(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((folder_.path() / path).parent_path());
        write_file_durably(folder_.path() / path, text);
    }
    std::filesystem::path bin() const { return folder_.path() / "bin"; }
    std::string path() const { return "/nowhere::.:" + bin().string(); }

    TemporaryFolder folder_;
};

TEST_F(Engines, ProgramsAreFoundInThePath) {
    make_program("tool", "true");
    make_program("data", "true", 0644);
    std::filesystem::create_directory(bin() / "folder");
    EXPECT_EQ(find_program("tool", path()), bin() / "tool");
    for (const char* missing : {"data", "folder", "nothing"})
        EXPECT_EQ(find_program(missing, path()), "") << missing;
    EXPECT_EQ(find_program("tool", ""), "");
}

TEST_F(Engines, TellTheirVersion) {
    make_program("tool", "echo 'Tool 3.4.1 (build 7)' >&2; exit 1");
    const Engine engine{"Tool", "tool", {"--version"}, R"(Tool (\S+))", "", ""};
    const auto found = find_engine(engine, path());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version, "3.4.1");
    EXPECT_EQ(found->path, bin() / "tool");
    EXPECT_EQ(found->problem, "");
    EXPECT_FALSE(find_engine(engine, "/nowhere"));
}

TEST_F(Engines, ThatDoNotTellAreStillFound) {
    make_program("mute", "exit 3");
    make_program("broken", "");
    write_file_durably(bin() / "broken", "#!/no/such/interpreter\n", 0755);
    chmod((bin() / "broken").c_str(), 0755);
    make_program("silent", "exec sleep 1000");
    const auto all = find_engines({{"", "mute", {"-v"}, "(x)", "", ""},
                                   {"", "broken", {"-v"}, "(x)", "", ""},
                                   {"", "absent", {"-v"}, "(x)", "", ""},
                                   {"", "silent", {}, "", "", ""}},
                                  path());
    ASSERT_EQ(all.size(), 4u);
    EXPECT_THAT(all[0]->problem, HasSubstr("version"));
    EXPECT_NE(all[1]->problem, "");
    EXPECT_FALSE(all[2]);
    EXPECT_EQ(all[3]->problem, "") << "it isn't asked";
}

TEST_F(Engines, TheTableIsWhole) {
    for (const Engine& engine : known_engines()) {
        EXPECT_NE(engine.install, "") << engine.name;
        EXPECT_EQ(engine.version_arguments.empty(), engine.version_pattern.empty()) << engine.name;
        EXPECT_NO_THROW(std::regex{engine.version_pattern}) << engine.name;
    }
}

TEST_F(Engines, AProgramThatDoesNotAnswerIsEnded) {
    make_program("silent", "echo begun; sleep 1000");
    const Answer answer = ask({(bin() / "silent").string()}, std::chrono::milliseconds(100));
    EXPECT_TRUE(answer.late);
    EXPECT_NE(answer.code, 0);
}

TEST_F(Engines, AnAnswerIsBounded) {
    make_program("loud", "head -c 3000000 /dev/zero | tr '\\0' 'x' | fold -w 100");
    const Answer answer = ask({(bin() / "loud").string()}, std::chrono::minutes(1));
    EXPECT_EQ(answer.code, 0);
    EXPECT_LE(answer.text.size(), answer_limit);
    EXPECT_GT(answer.text.size(), answer_limit / 2);
    EXPECT_THROW(ask({"/no/such/program"}, std::chrono::seconds(10)), Error);
}

TEST(Gpus, AreReadFromNvidiaSmi) {
    const auto gpus = parse_nvidia_smi(
        "NVIDIA RTX A4000, GPU-1f2e, 16376, 535.183.01\nNVIDIA-SMI has failed, as it does, and so on\n\n"
        "Odd, GPU-3, [N/A], 1\n,,,\n");
    ASSERT_EQ(gpus.size(), 2u);
    EXPECT_EQ(gpus[0].name, "NVIDIA RTX A4000");
    EXPECT_EQ(gpus[0].id, "GPU-1f2e");
    EXPECT_EQ(gpus[0].memory, 16376ull << 20);
    EXPECT_EQ(gpus[1].memory, 0u);
    EXPECT_TRUE(parse_nvidia_smi("").empty());
}

TEST_F(Engines, GpusAreReadFromTheDriversFiles) {
    make_file("proc/driver/nvidia/gpus/0000:01:00.0/information",
              "Model: \t\t NVIDIA T4\nIRQ:   \t\t 24\nGPU UUID: \t GPU-77\n");
    make_file("dev/dri/renderD128", "");
    make_file("sys/class/drm/renderD128/device/vendor", "0x10de\n");
    make_file("dev/dri/renderD129", "");
    make_file("sys/class/drm/renderD129/device/vendor", "0x1002\n");
    make_file("sys/class/drm/renderD129/device/mem_info_vram_total", "8589934592\n");
    make_file("dev/dri/card0", "");
    const auto gpus = find_gpus("", folder_.path());
    ASSERT_EQ(gpus.size(), 2u) << "a card isn't counted twice";
    EXPECT_EQ(gpus[0].name, "NVIDIA T4");
    EXPECT_EQ(gpus[0].id, "GPU-77");
    EXPECT_EQ(gpus[1].name, "AMD");
    EXPECT_EQ(gpus[1].memory, 8589934592u);
    EXPECT_TRUE(find_gpus("", folder_.path() / "nothing").empty());
}

TEST_F(Engines, NvidiaSmiIsAskedFirstAndItsFailureIsNoDisaster) {
    make_program("nvidia-smi", "echo 'Card, GPU-1, 10, 5'");
    ASSERT_EQ(find_gpus(path(), folder_.path()).size(), 1u);
    make_program("nvidia-smi", "echo 'no driver'; exit 9");
    EXPECT_TRUE(find_gpus(path(), folder_.path()).empty());
}

}  // namespace
}  // namespace atelier::engines

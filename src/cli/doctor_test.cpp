#include "cli/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <sstream>

#include "base/error.h"

namespace atelier::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Diagnosis healthy() {
    Diagnosis diagnosis;
    diagnosis.machine = {"forge", "Linux 6", "x86_64", 4, 8'000'000'000, 5'000'000'000};
    diagnosis.gpus = {{"Card", "GPU-1", "nvidia 5", 16'000'000'000}};
    diagnosis.data = {"/data", true, true, 90'000'000'000};
    diagnosis.sandbox = {true, "", ""};
    diagnosis.cgroup = {true, "", ""};
    diagnosis.engines = {{"Brush", "brush", "paint", true, "/usr/bin/brush", "3.1", "", "apt-get install brush"}};
    return diagnosis;
}

std::string told(const Diagnosis& diagnosis, bool as_json = false) {
    std::ostringstream out, err;
    Output output(out, err, {});
    output.wants_json = as_json;
    tell(diagnosis, output);
    return out.str();
}

TEST(Doctor, TellsWhatIsThere) {
    const std::string text = told(healthy());
    for (const char* part : {"forge", "cores     4", "16 GB", "GPU-1", "/data, 90 GB free", "3.1", "/usr/bin/brush"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_THAT(text, Not(HasSubstr("apt-get")));
    EXPECT_EQ(exit_status_of(healthy()), 0);
}

TEST(Doctor, TellsWhatToInstallForWhatIsMissing) {
    Diagnosis ill = healthy();
    ill.engines[0].found = false;
    ill.sandbox = {false, "bubblewrap is missing", "apt-get install bubblewrap"};
    EXPECT_THAT(told(ill), HasSubstr("apt-get install brush"));
    EXPECT_THAT(told(ill), HasSubstr("apt-get install bubblewrap"));
    EXPECT_EQ(exit_status_of(ill), 0) << "jobs can run without";
}

TEST(Doctor, WhatIsToBeProvedIsTried) {
    Diagnosis diagnosis = healthy();
    EXPECT_THAT(told(diagnosis), Not(HasSubstr("tried")));
    static bool was_empty = false;
    diagnosis.proofs = {prove(
        {"painting", [](const std::filesystem::path& folder) { was_empty = std::filesystem::is_empty(folder); }})};
    EXPECT_TRUE(was_empty);
    EXPECT_THAT(told(diagnosis), HasSubstr("painting"));
    EXPECT_EQ(exit_status_of(diagnosis), 0);
    diagnosis.proofs.push_back(prove({"carving", [](const std::filesystem::path&) {
                                          throw Error(Error::Kind::not_found, "no chisel", "buy one");
                                      }}));
    EXPECT_THAT(told(diagnosis), HasSubstr("no chisel; buy one"));
    EXPECT_THAT(told(diagnosis, true), HasSubstr("\"why_not\":\"no chisel\""));
    EXPECT_EQ(exit_status_of(diagnosis), 1);
}

TEST(Doctor, ADataFolderThatCannotBeWrittenIsAFailure) {
    Diagnosis ill = healthy();
    ill.data.writable = false;
    ill.data.free = 0;
    EXPECT_THAT(told(ill), HasSubstr("can't be written"));
    EXPECT_THAT(told(ill), HasSubstr("that is little"));
    EXPECT_EQ(exit_status_of(ill), 1);
}

TEST(Doctor, SpeaksJson) {
    const json::Value value = json::parse(told(healthy(), true));
    EXPECT_EQ(value.at("machine").at("cores"), 4);
    EXPECT_EQ(value.at("engines").at(0).at("version"), "3.1");
    EXPECT_EQ(value.at("data").at("writable"), true);
}

TEST(Doctor, ExaminesThisMachine) {
    const Diagnosis diagnosis = examine();
    EXPECT_GE(diagnosis.machine.cores, 1);
    EXPECT_FALSE(diagnosis.data.folder.empty());
    EXPECT_FALSE(diagnosis.engines.empty());
    for (const Ability& ability : {diagnosis.sandbox, diagnosis.cgroup})
        EXPECT_EQ(ability.works, ability.why_not.empty());
}

}  // namespace
}  // namespace atelier::cli

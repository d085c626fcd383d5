#include "pipelines/povray/work_unit.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "base/base64.h"
#include "base/json.h"
#include "base/testing.h"

namespace atelier::pipelines::povray {
namespace {

using testing_support::error_of;

TEST(WorkUnit, HasTheSixNamesInItsJson) {
    UnitSettings settings;
    settings.frame = 7;
    WorkUnit unit(settings);
    unit.job_id = "abc";
    unit.shared_resource_gcs_prefix = "jobs/abc/shared/";
    unit.offload_gcs_prefix = "jobs/abc/output/deep/";
    unit.add_inline("scene.pov", std::string("\0\xff bytes", 8));
    const json::Value value = json::parse(to_json(unit));
    EXPECT_EQ(value.get_object().size(), 6u);
    for (const char* name :
         {"shared_resource_gcs_prefix", "inline_resource", "offload_gcs_prefix", "cmd", "work_unit_id", "job_id"})
        EXPECT_TRUE(value.get_object().contains(name)) << name;
    const WorkUnit again = work_unit_from_json(to_json(unit));
    EXPECT_EQ(from_base64(again.inline_resource.at("scene.pov")), std::string("\0\xff bytes", 8));
    EXPECT_EQ(again.work_unit_id, "frame_0007");
    EXPECT_EQ(folder_of_prefix(again, again.offload_gcs_prefix, "output"), "deep");
    EXPECT_EQ(folder_of_prefix(again, again.shared_resource_gcs_prefix, "shared"), "");
}

TEST(WorkUnit, TheCommandFollowsFromTheSettings) {
    UnitSettings settings;
    settings.scene = "a b.pov";
    settings.frame = 3;
    settings.clock = 0.25;
    settings.declares = {"text='x'"};
    const std::string command = command_for(settings);
    EXPECT_NE(command.find("'+Ia b.pov'"), std::string::npos) << command;
    EXPECT_NE(command.find("+O./output/frame_0003.png"), std::string::npos) << command;
    EXPECT_NE(command.find("+K0.25"), std::string::npos) << command;
    settings.picture = "../out.png";
    EXPECT_EQ(error_of([&] { command_for(settings); }).kind(), Error::Kind::invalid);
}

TEST(WorkUnit, AHostileOneIsRefused) {
    const auto with = [](const std::string& inline_resource, const std::string& more = "") {
        return R"({"cmd": "true", "work_unit_id": "u", "job_id": "j", "inline_resource": {)" + inline_resource + "}" +
               more + "}";
    };
    EXPECT_NO_THROW(work_unit_from_json(with(R"("a": "")")));
    for (const std::string& text : {with(R"("../a": "")"), with(R"("/etc/a": "")"), with(R"("a": "!!!!")"),
                                    with("", R"(, "other": 1)"), std::string(R"({"cmd": "", "work_unit_id": "u"})"),
                                    std::string(R"({"cmd": "x", "work_unit_id": "../u"})"), std::string("[]")})
        EXPECT_EQ(error_of([&] { work_unit_from_json(text); }).kind(), Error::Kind::invalid) << text;
    WorkUnit unit;
    unit.job_id = "j";
    EXPECT_EQ(error_of([&] { folder_of_prefix(unit, "jobs/j/output/../..", "output"); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { folder_of_prefix(unit, "jobs/other/output/", "output"); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { unit.add_inline("a/../../b", ""); }).kind(), Error::Kind::invalid);
}

}  // namespace
}  // namespace atelier::pipelines::povray

#include "pipelines/povray/scene_options.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"

namespace atelier::pipelines::povray {
namespace {

using testing_support::error_of;

SceneOptions from_switches(const std::vector<std::string>& words) {
    SceneOptions options;
    for (const std::string& word : words)
        options.set_switch(word);
    return options;
}

TEST(Ini, KnowsSettingsSwitchesSectionsAndComments) {
    const auto items = parse_ini(
        "\xef\xbb\xbfWidth = 320 ; comment\n"
        "; whole line\n"
        "Input_File_Name=\"a b.pov\"  # another\n"
        "+H200 -A  \"other file.ini\"\n"
        "[ High ]\n"
        "Library_Path=/x;y\n"
        "Declare=name=\"a;b\"\r\n",
        "t.ini");
    ASSERT_EQ(items.size(), 7u);
    EXPECT_EQ(items[0].name, "Width");
    EXPECT_EQ(items[0].value, "320");
    EXPECT_EQ(items[1].value, "a b.pov");
    EXPECT_EQ(items[2].name, "");
    EXPECT_EQ(items[2].value, "+H200");
    EXPECT_EQ(items[4].value, "other file.ini");
    EXPECT_EQ(items[5].section, "high");
    EXPECT_EQ(items[5].value, "/x");
    EXPECT_EQ(items[6].name, "Declare");
    EXPECT_EQ(items[6].value, "name=a;b");
    EXPECT_EQ(items[6].line, 7);
}

TEST(Ini, OfABrokenFileTheLineIsTold) {
    EXPECT_EQ(error_of([] { parse_ini("a=1\n[open\n", "t.ini"); }).where(), "t.ini:2");
    EXPECT_EQ(error_of([] { parse_ini(std::string("a=1\nb=\0", 7), "t.ini"); }).where(), "t.ini:2");
    EXPECT_TRUE(parse_ini("", "t.ini").empty());
    EXPECT_EQ(error_of([] { parse_ini(std::string(most_ini_bytes + 1, ' '), "t.ini"); }).kind(), Error::Kind::invalid);
}

TEST(Ini, ASectionThatIsNotThereIsRefused) {
    auto items = parse_ini("a=1\n[one]\nb=2\n[two]\nc=3\n", "t.ini");
    EXPECT_EQ(items_of_section(items, "", "t.ini").size(), 1u);
    const auto two = items_of_section(items, "TWO", "t.ini");
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[1].name, "c");
    EXPECT_EQ(error_of([&] { items_of_section(items, "three", "t.ini"); }).kind(), Error::Kind::not_found);
    EXPECT_EQ(parse_ini_name("a/b.ini[low]").section, "low");
    EXPECT_EQ(parse_ini_name("a/b.ini").path, "a/b.ini");
}

TEST(SceneOptions, SwitchesAreSettings) {
    const SceneOptions options = from_switches({"+W640", "-H360", "+A0.3", "+AM2", "-J", "+KFF10", "+KI0.5", "+KC",
                                                "+Q9", "+FN16", "+UA", "+R4", "+SF3", "-V", "+GFlog.txt"});
    EXPECT_EQ(options.integer("WIDTH", 0), 640);
    EXPECT_EQ(options.integer("height", 0), 360);
    EXPECT_TRUE(options.is_on("Antialias"));
    EXPECT_EQ(options.get("Antialias_Threshold"), "0.3");
    EXPECT_EQ(options.integer("Sampling_Method", 1), 2);
    EXPECT_FALSE(options.is_on("Jitter", true));
    EXPECT_EQ(options.number("Initial_Clock", 0), 0.5);
    EXPECT_EQ(options.get("Output_File_Type"), "N");
    EXPECT_EQ(options.get("Bits_Per_Color"), "16");
    EXPECT_EQ(extension_of(options), ".png");
    const std::string text = options.text_for_tasks();
    EXPECT_NE(text.find("quality=9\n"), std::string::npos) << text;
    EXPECT_NE(text.find("cyclic_animation=on\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("subset"), std::string::npos) << text;
    EXPECT_EQ(text.find("verbose"), std::string::npos) << text;
    EXPECT_EQ(text.find("log.txt"), std::string::npos) << text;
}

TEST(SceneOptions, WhatCannotBeIsRefused) {
    for (const char* word : {"+ZZ", "+W0", "+Wx", "+KFI-1", "+Q12", "+", "-", "+DX"})
        EXPECT_EQ(error_of([&] { from_switches({word}); }).kind(), Error::Kind::invalid) << word;
    SceneOptions options;
    EXPECT_EQ(error_of([&] { options.set("Declare", "a=\"b\"\nOutput_File_Name=/etc/x"); }).kind(),
              Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { options.set("a b", "1"); }).kind(), Error::Kind::invalid);
    options.set("Output_File_Type", "X");
    EXPECT_EQ(error_of([&] { extension_of(options); }).kind(), Error::Kind::invalid);
}

TEST(SceneOptions, ProgramsAreNeverStartedForAScene) {
    SceneOptions options;
    options.set("Post_Frame_Command", "rm -rf ~");
    EXPECT_EQ(options.warnings().size(), 1u);
    EXPECT_EQ(options.text_for_tasks().find("rm"), std::string::npos);
}

TEST(FramePlan, FollowsTheAnimation) {
    EXPECT_FALSE(plan_of(SceneOptions()).animation);
    EXPECT_EQ(plan_of(from_switches({"+KFF60"})).range(), "1-60");
    EXPECT_EQ(plan_of(from_switches({"+KFI5", "+KFF60", "+SF10", "+EF20"})).range(), "10-20");
    EXPECT_EQ(plan_of(from_switches({"+KFF10", "+STP3"})).range(), "1-10:3");
    EXPECT_EQ(plan_of(from_switches({"+KFF101", "+SF0.5", "+EF1.0"})).range(), "51-101");
    EXPECT_EQ(error_of([] { plan_of(from_switches({"+KFI5", "+KFF4"})); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { plan_of(from_switches({"+KFF9", "+EF10"})); }).kind(), Error::Kind::invalid);
}

TEST(MakeJoinable, ChangesOnlyWhatDoesNotJoin) {
    SceneOptions plain, seams = from_switches({"+A"}), fine = from_switches({"+A", "+AM2", "-J"});
    EXPECT_FALSE(make_joinable(plain));
    EXPECT_FALSE(plain.get("Sampling_Method"));
    EXPECT_FALSE(make_joinable(fine));
    EXPECT_TRUE(make_joinable(seams));
    EXPECT_EQ(seams.get("Sampling_Method"), "2");
}

TEST(ReadIni, IncludesOthersAndKeepsAllSettings) {
    const TemporaryFolder folder;
    write_file_durably(folder.path() / "size.ini", "Width=100\nHeight=50\n[big]\nWidth=200\n");
    write_file_durably(folder.path() / "scene.pov", "");
    write_file_durably(folder.path() / "main.ini",
                       "Include_INI=\"size.ini[big]\"\nInput_File_Name=scene\nRadiosity=on\n+KFF3 Declare=n=3\n");
    SceneOptions options;
    read_ini({folder.path() / "main.ini", ""}, options);
    EXPECT_EQ(options.integer("Width", 0), 200);
    EXPECT_EQ(options.integer("Height", 0), 50);
    EXPECT_EQ(options.get("Input_File_Name"), (folder.path() / "scene.pov").string());
    const std::string text = options.text_for_tasks();
    EXPECT_NE(text.find("radiosity=on\n"), std::string::npos) << text;
    EXPECT_NE(text.find("declare=n=3\n"), std::string::npos) << text;
}

TEST(ReadIni, ACircleIsAnError) {
    const TemporaryFolder folder;
    write_file_durably(folder.path() / "a.ini", "Include_INI=b.ini\n");
    write_file_durably(folder.path() / "b.ini", "a.ini\n");
    SceneOptions options;
    EXPECT_EQ(error_of([&] { read_ini({folder.path() / "a.ini", ""}, options); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([&] { read_ini({folder.path() / "none.ini", ""}, options); }).kind(), Error::Kind::not_found);
}

}  // namespace
}  // namespace atelier::pipelines::povray

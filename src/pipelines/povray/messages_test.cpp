#include "pipelines/povray/messages.h"

#include <gtest/gtest.h>

namespace atelier::pipelines::povray {
namespace {

struct Told {
    int frames = 0;
    std::vector<double> parts;
    std::vector<std::string> log;
    Messages messages{{[this] { ++frames; }, [this](double part) { parts.push_back(part); },
                       [this](std::string_view line) { log.emplace_back(line); }}};

    explicit Told(const std::vector<std::string>& lines) {
        for (const std::string& line : lines)
            messages.take(line);
        messages.finish();
    }
};

TEST(Messages, FramesAndPixels) {
    const Told told({"Persistence of Vision(tm) Ray Tracer", "POV-Ray is based on DKBTrace", "Rendering frame 1 of 2",
                     "", "Rendering frame 1 of 2", "==== [Parsing...] ====", "Rendered 1024 of 4096 pixels (25%)",
                     "Rendered 4096 of 4096 pixels (100%)", "Rendering frame 2 of 2",
                     "Rendered 2048 of 4096 pixels (50%)", "POV-Ray finished"});
    EXPECT_EQ(told.frames, 2);
    EXPECT_EQ(told.parts, (std::vector{0.25, 1.0, 0.5}));
    EXPECT_FALSE(told.messages.error());
}

TEST(Messages, AnErrorThatWasWrappedIsWholeAgain) {
    const Told told({"==== [Parsing...] ==========================================================",
                     "File 'a.pov' line 6: Parse Error: Expected 'numeric expression', undeclared",
                     " identifier 'nosuch' found instead", "Fatal error in parser: Cannot parse input.",
                     "Render failed"});
    ASSERT_TRUE(told.messages.error());
    EXPECT_EQ(told.messages.error()->file, "a.pov");
    EXPECT_EQ(told.messages.error()->line, 6);
    EXPECT_EQ(to_string(*told.messages.error()),
              "a.pov, line 6: Expected 'numeric expression', undeclared identifier 'nosuch' found instead");
}

TEST(Messages, OfGuessesTheOneThatNamesAFileCounts) {
    const Told told(
        {"==== [Parsing...] ====", "File 'd.pov' line 1: Possible Parse Error: Cannot find file '/root2/x.png', even",
         " after trying to append file type extension.",
         "File 'd.pov' line 1: Possible Parse Error: Cannot find image file.",
         "Fatal error in parser: Cannot open file.", "Render failed"});
    ASSERT_TRUE(told.messages.error());
    EXPECT_EQ(path_in(*told.messages.error()), "/root2/x.png");
}

TEST(Messages, PathsInComplaints) {
    EXPECT_EQ(path_in({"a", 1, "Parse Error: Cannot open include file /etc/nosuch.inc."}), "/etc/nosuch.inc");
    EXPECT_EQ(path_in({"a", 1, "Parse Error: Cannot open user file /root2/x (write)."}), "/root2/x");
    EXPECT_FALSE(path_in({"a", 1, "Parse Error: No matching } in 'sphere'"}));
}

TEST(Messages, WhatIsNoPlaceIsAnErrorToo) {
    const Told told({"==== [Parsing...] ====", "Cannot create render state output file.", "Render failed"});
    ASSERT_TRUE(told.messages.error());
    EXPECT_EQ(told.messages.error()->text, "Cannot create render state output file.");
    const Told canceled({"Fatal error in renderer: Frontend halted render.", "Render cancelled by user"});
    EXPECT_TRUE(canceled.messages.was_canceled());
}

TEST(Messages, EndlessLinesStayBounded) {
    Told told({"==== [Parsing...] ===="});
    told.messages.take("File 'a' line 1: Parse Error: " + std::string(100, 'x'));
    for (int i = 0; i < 10'000; ++i)
        told.messages.take(std::string(100, 'y'));
    told.messages.finish();
    ASSERT_TRUE(told.messages.error());
    EXPECT_LT(told.messages.error()->text.size(), 5'000u);
}

}  // namespace
}  // namespace atelier::pipelines::povray

// The tools as tasks run them, with the real FFmpeg.
#include "media/film_tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

#include "base/json.h"
#include "base/testing.h"
#include "base/text.h"
#include "media/film_maker.h"
#include "media/testing.h"
#include "process/child.h"

namespace atelier::media {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing_support::error_of;

constexpr FilmCodec all_codecs[] = {FilmCodec::h264, FilmCodec::h265,   FilmCodec::vp9,
                                    FilmCodec::av1,  FilmCodec::prores, FilmCodec::gif};

std::vector<std::string> output_of(std::vector<std::string> words) {
    std::vector<std::string> lines;
    const auto end =
        process::run_child(words, {.input = {}, .line = [&](std::string_view line) { lines.emplace_back(line); }});
    EXPECT_EQ(end.code, 0) << join(words, " ") << ": " << end.complaints;
    return lines;
}

// The sum of each decoded frame's pixels, without its time.
std::vector<std::string> decoded(const std::filesystem::path& film) {
    std::vector<std::string> sums;
    for (const std::string& line : output_of({"ffmpeg", "-v", "error", "-i", film, "-f", "framemd5", "-"}))
        if (!line.starts_with("#")) sums.push_back(line.substr(line.rfind(',') + 1));
    return sums;
}

std::vector<double> times_of(const std::filesystem::path& film) {
    std::vector<double> times;
    for (const std::string& line :
         output_of({"ffprobe", "-v", "error", "-show_entries", "frame=pts_time", "-of", "csv=p=0", film}))
        if (const auto time = parse_number(line.substr(0, line.find(','))))
            times.push_back(*time);  // side data has none
    return times;
}

struct FilmToolTest : testing::Test {
    FilmTask task(const char* film, FilmSettings settings = {}) const {
        settings.quality = settings.quality == FilmQuality::good ? FilmQuality::draft : settings.quality;
        return {.folder = frames, .frames = {}, .film = folder.path() / film, .settings = settings};
    }
    int make(const FilmTask& what) {
        out.str("");
        return make_film(what, out);
    }
    int make_chunk(FilmTask chunk, int first, int last) {
        chunk.frames.emplace();
        for (int frame = first; frame <= last; ++frame)
            chunk.frames->push_back(frame);
        return make(chunk);
    }
    std::vector<std::string> left() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            if (!entry.is_directory()) names.push_back(entry.path().filename());
        return names;
    }

    const TemporaryFolder folder;
    const std::filesystem::path frames = [this] {
        std::filesystem::create_directory(folder.path() / "frames");
        return folder.path() / "frames";
    }();
    std::ostringstream out;
};

TEST_F(FilmToolTest, EveryCodecHasEveryFrame) {
    write_frames(frames, parse_frames("7-18"));
    for (const FilmCodec codec : all_codecs) {
        const FilmTask film =
            task((std::string(to_string(codec)) + std::string(extension_of(codec))).c_str(), {.codec = codec});
        ASSERT_EQ(make(film), 0) << out.str();
        const FilmInfo info = probe_film(film.film);
        EXPECT_EQ(info.frames, 12u);
        EXPECT_EQ(std::pair(info.width, info.height), std::pair(64, 48));
        if (codec != FilmCodec::gif) {
            EXPECT_EQ(info.rate, (FrameRate{24, 1})) << film.film;
        }
        EXPECT_THAT(out.str(), AllOf(HasSubstr("openjd_progress: 100\n"), HasSubstr("openjd_status: "),
                                     HasSubstr(": 12 frames, 64x48")));
    }
    EXPECT_THAT(left(), SizeIs(6));
}

TEST_F(FilmToolTest, WhereNoFilmCanBeThereIsNoneAndThatIsSaid) {
    FilmTask film = task("film.mp4");
    film.allow_gaps = true;
    EXPECT_EQ(make(film), 1);
    film.if_any = true;
    const auto none = [&] { return make(film) == 0 && !std::filesystem::exists(film.film); };
    EXPECT_TRUE(none()) << out.str();
    EXPECT_THAT(out.str(), HasSubstr("openjd_status: no film is made: there are no numbered pictures"));
    std::filesystem::create_directory(frames / "below");
    write_frames(frames / "below", {3});
    EXPECT_TRUE(none()) << out.str();
    write_frames(frames / "below", {7});
    write_file_durably(frames / "below" / "f7.png", "x");
    EXPECT_EQ(make(film), 0) << out.str();
}

TEST_F(FilmToolTest, TheColoursAreThoseOfTheFrames) {
    write_png(frames / "f1.png", 64, 64, [](int x, int, int channel) {
        return x < 32 ? (channel == 0 ? 200.f : 30.f) : (channel == 1 ? 180.f : 90.f);
    });
    for (const FilmCodec codec : {FilmCodec::h264, FilmCodec::vp9, FilmCodec::prores, FilmCodec::gif}) {
        FilmTask film = task("film", {.codec = codec});
        film.settings.quality = FilmQuality::best;
        ASSERT_EQ(make(film), 0) << out.str();
        output_of({"ffmpeg", "-v", "error", "-y", "-i", film.film, "-vf", "scale=in_color_matrix=bt709,format=rgb24",
                   folder.path() / "back.png"});
        EXPECT_LT(compare_pictures(folder.path() / "back.png", frames / "f1.png").greatest, 0.12) << to_string(codec);
        const auto back = measure_picture(folder.path() / "back.png"), first = measure_picture(frames / "f1.png");
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(back.channels[i].mean, first.channels[i].mean, 0.015) << to_string(codec);
    }
}

TEST_F(FilmToolTest, LosslessIsLosslessAlsoWhenOdd) {
    write_frames(frames, parse_frames("1-4"), 37, 23);
    std::vector<std::string> originals;
    for (const int frame : {1, 2, 3, 4}) {
        const auto sums =
            output_of({"ffmpeg", "-v", "error", "-i", frames / ("frame_000" + std::to_string(frame) + ".png"),
                       "-pix_fmt", "rgb24", "-f", "framemd5", "-"});
        originals.push_back(sums.back().substr(sums.back().rfind(',') + 1));
    }
    for (const FilmCodec codec : {FilmCodec::h264, FilmCodec::h265, FilmCodec::vp9}) {
        const FilmTask film = task("film", {.codec = codec, .quality = FilmQuality::lossless});
        ASSERT_EQ(make(film), 0) << out.str();
        std::vector<std::string> sums;
        for (const std::string& line :
             output_of({"ffmpeg", "-v", "error", "-i", film.film, "-pix_fmt", "rgb24", "-f", "framemd5", "-"}))
            if (!line.starts_with("#")) sums.push_back(line.substr(line.rfind(',') + 1));
        EXPECT_EQ(sums, originals) << to_string(codec);
    }
}

TEST_F(FilmToolTest, AwkwardSizes) {
    for (const auto& [width, height] : {std::pair{63, 47}, std::pair{1, 1}, std::pair{2, 200}}) {
        std::filesystem::remove_all(frames);
        std::filesystem::create_directory(frames);
        write_frames(frames, {1, 2}, width, height);
        for (const FilmCodec codec : all_codecs) {
            if (width < 16 && (codec == FilmCodec::av1 || codec == FilmCodec::gif))
                continue;  // each film takes its time
            const FilmTask film = task("film", {.codec = codec});
            if (codec == FilmCodec::h265 && width < 16) {
                EXPECT_EQ(make(film), 1);
                EXPECT_THAT(out.str(), HasSubstr("H.265 takes no pictures of less than 16 pixels"));
                continue;
            }
            ASSERT_EQ(make(film), 0) << to_string(codec) << " " << width << "x" << height << out.str();
            EXPECT_EQ(probe_film(film.film).frames, 2u);
        }
    }
}

TEST_F(FilmToolTest, OneFrameAndNone) {
    EXPECT_EQ(make(task("film.mp4")), 1);
    EXPECT_THAT(out.str(), HasSubstr("openjd_fail: there are no numbered pictures"));
    write_frames(frames, {5});
    ASSERT_EQ(make(task("film.mp4")), 0) << out.str();
    EXPECT_EQ(probe_film(folder.path() / "film.mp4").frames, 1u);
    FilmTask none = task("none.mp4");
    none.frames = FrameNumbers{};
    EXPECT_EQ(make(none), 1);
    FilmTask nowhere = task("no/such/folder/film.mp4");
    EXPECT_EQ(make(nowhere), 1);
    EXPECT_THAT(out.str(), HasSubstr("openjd_fail"));
    EXPECT_THAT(left(), testing::ElementsAre("film.mp4"));
}

TEST_F(FilmToolTest, GapsAreAnErrorOrLeftOut) {
    write_frames(frames, parse_frames("1-3,6-8"));
    EXPECT_EQ(make(task("film.mp4")), 1);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("openjd_fail: "), HasSubstr("frame_0004.png, frame_0005.png")));
    EXPECT_THAT(left(), SizeIs(0));
    FilmTask gaps = task("film.mp4");
    gaps.allow_gaps = true;
    EXPECT_EQ(make(gaps), 0);
    EXPECT_THAT(out.str(), HasSubstr("left out, since they are missing: frame_0004.png, frame_0005.png"));
    EXPECT_EQ(probe_film(gaps.film).frames, 6u);
    FilmTask steps = task("steps.mp4");
    steps.frames = parse_frames("1,3,6-8:2");
    EXPECT_EQ(make(steps), 0);
    EXPECT_EQ(probe_film(steps.film).frames, 4u);
}

TEST_F(FilmToolTest, TruncatedAndDamagedFramesAreNamed) {
    const FrameFiles files = write_frames(frames, parse_frames("1-6"));
    cut_file(files.path_of(4), 0.8);
    EXPECT_EQ(make(task("film.mp4")), 1);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("frame_0004.png"), HasSubstr("ends too early")));
    // Whole from outside: only FFmpeg's decoder sees it.
    write_png(files.path_of(4), 64, 48, moving(4));
    flip_byte(files.path_of(4), std::filesystem::file_size(files.path_of(4)) / 2);
    EXPECT_EQ(make(task("film.mp4")), 1);
    EXPECT_THAT(out.str(), AllOf(HasSubstr("openjd_fail"), HasSubstr("frame_0004.png")));
    EXPECT_THAT(left(), SizeIs(0));
}

TEST_F(FilmToolTest, AFilmThatIsThereStaysUntilTheNewOneIsWhole) {
    const FrameFiles files = write_frames(frames, parse_frames("1-3"));
    ASSERT_EQ(make(task("film.mp4")), 0);
    const std::string before = read_file(folder.path() / "film.mp4");
    cut_file(files.path_of(2), 0.5);
    EXPECT_EQ(make(task("film.mp4")), 1);
    EXPECT_EQ(read_file(folder.path() / "film.mp4"), before);
}

TEST_F(FilmToolTest, StrangeNames) {
    const auto strange = folder.path() / "it's 100%d \"of\" it:\n-x";
    std::filesystem::rename(frames, strange);
    const FrameFiles files{strange, FramePattern::parse("a'%04d b_##.png")};
    for (const int frame : {-1, 0, 1, 100})
        write_png(files.path_of(frame), 16, 16, moving(frame));
    FilmTask film = task("-film 100%d's:.mp4");
    film.folder = strange;
    film.pattern = files.pattern.text();
    film.frames = FrameNumbers{-1, 0, 1, 100};
    ASSERT_EQ(make(film), 0) << out.str();
    EXPECT_EQ(probe_film(film.film).frames, 4u);
    film.frames = FrameNumbers{2};
    EXPECT_EQ(make(film), 1);
    EXPECT_EQ(std::count(out.view().begin(), out.view().end(), '\n'), 1) << out.str();
}

TEST_F(FilmToolTest, WideFramesAreToneMapped) {
    write_exr(frames / "e1.exr", 32, 32, {"R", "G", "B"}, [](int, int, int) { return 0.5f; });
    write_exr(frames / "e2.exr", 32, 32, {"R", "G", "B"},
              [](int x, int, int) { return x == 0 ? std::numeric_limits<float>::quiet_NaN() : 40.f; });
    EXPECT_EQ(make(task("film.mp4")), 1);
    EXPECT_THAT(out.str(), HasSubstr("tone mapping"));
    for (const FilmCodec codec : {FilmCodec::h264, FilmCodec::prores}) {
        FilmTask film = task("film", {.codec = codec, .tone_mapping = ToneMapping{}});
        ASSERT_EQ(make(film), 0) << out.str();
        output_of({"ffmpeg", "-v", "error", "-y", "-i", film.film, "-frames:v", "1", "-vf",
                   "scale=in_color_matrix=bt709,format=rgb24", folder.path() / "back.png"});
        EXPECT_NEAR(measure_picture(folder.path() / "back.png").channels[0].mean * 255, 188, 2);
    }
    cut_file(frames / "e2.exr", 0.9);
    EXPECT_EQ(make(task("film", {.tone_mapping = ToneMapping{}})), 1);
    EXPECT_THAT(out.str(), HasSubstr("e2.exr"));
}

TEST_F(FilmToolTest, AlphaLiesOverBlack) {
    write_png(
        frames / "f1.png", 32, 32, [](int, int, int i) { return i == 3 ? 128.f : 200.f; }, 4);
    FilmTask film = task("film", {.quality = FilmQuality::lossless});
    ASSERT_EQ(make(film), 0) << out.str();
    output_of({"ffmpeg", "-v", "error", "-y", "-i", film.film, folder.path() / "back.png"});
    EXPECT_NEAR(measure_picture(folder.path() / "back.png").channels[1].mean * 255, 100, 1.5);
}

// Without loss, or when each frame stands alone, chunks that are joined are frame by frame what one go gives.
TEST_F(FilmToolTest, JoinedChunksAreTheFilmOfOneGo) {
    write_frames(frames, parse_frames("1-20"), 48, 32);
    const std::vector<FilmSettings> exact = {{.quality = FilmQuality::lossless},
                                             {.codec = FilmCodec::h265, .quality = FilmQuality::lossless},
                                             {.codec = FilmCodec::vp9, .quality = FilmQuality::lossless},
                                             {.codec = FilmCodec::prores}};
    for (const FilmSettings& settings : exact) {
        FilmTask whole = task("whole", settings), chunk = whole, joined = whole;
        whole.frames = chunk.frames = joined.frames = parse_frames("1-20");
        joined.film = folder.path() / "joined";
        std::vector<std::filesystem::path> chunks;
        for (const auto& [first, last] : {std::pair{1, 7}, std::pair{8, 8}, std::pair{9, 20}}) {
            chunk.film = folder.path() / ("chunk" + std::to_string(first));
            ASSERT_EQ(make_chunk(chunk, first, last), 0) << out.str();
            chunks.push_back(chunk.film);
        }
        ASSERT_EQ(make(whole), 0);
        ASSERT_EQ(join_chunks(joined, chunks, out), 0) << out.str();
        EXPECT_EQ(decoded(joined.film), decoded(whole.film)) << to_string(settings.codec);
        EXPECT_THAT(decoded(joined.film), SizeIs(20));
    }
}

// With loss the joined film is exactly what its chunks are, at a steady pace.
TEST_F(FilmToolTest, JoiningChangesNoFrameAndNoTime) {
    write_frames(frames, parse_frames("1-22"), 48, 32);
    for (const FilmCodec codec : {FilmCodec::h264, FilmCodec::h265, FilmCodec::vp9, FilmCodec::av1}) {
        FilmTask chunk = task("", {.codec = codec, .rate = {24000, 1001}}), joined = chunk;
        joined.film = folder.path() / "joined";
        joined.frames = parse_frames("1-22");
        std::vector<std::filesystem::path> chunks;
        std::vector<std::string> sums;
        for (const auto& [first, last] : {std::pair{1, 5}, std::pair{6, 11}, std::pair{12, 22}}) {
            chunk.film = folder.path() / ("chunk" + std::to_string(first));
            ASSERT_EQ(make_chunk(chunk, first, last), 0) << out.str();
            chunks.push_back(chunk.film);
            for (const std::string& sum : decoded(chunk.film))
                sums.push_back(sum);
        }
        ASSERT_EQ(join_chunks(joined, chunks, out), 0) << out.str();
        EXPECT_EQ(decoded(joined.film), sums) << to_string(codec);
        const auto times = times_of(joined.film);
        ASSERT_THAT(times, SizeIs(22));
        for (std::size_t i = 0; i < times.size(); ++i)
            EXPECT_NEAR(times[i] - times[0], static_cast<double>(i) * 1001 / 24000, 0.0021)
                << to_string(codec) << " " << i;
    }
}

TEST_F(FilmToolTest, ChunksThatDoNotFitAreRefused) {
    write_frames(frames, parse_frames("1-6"));
    FilmTask chunk = task("chunk1");
    ASSERT_EQ(make_chunk(chunk, 1, 3), 0) << out.str();
    chunk.film = folder.path() / "chunk2";
    ASSERT_EQ(make_chunk(chunk, 4, 6), 0);
    FilmTask other = task("chunk3", {.codec = FilmCodec::h265});
    ASSERT_EQ(make_chunk(other, 4, 6), 0);
    FilmTask joined = task("joined.mp4");
    joined.frames = parse_frames("1-6");
    const auto refused = [&](const std::vector<const char*>& names, const char* why) {
        std::vector<std::filesystem::path> chunks;
        for (const char* name : names)
            chunks.push_back(folder.path() / name);
        out.str("");
        EXPECT_EQ(join_chunks(joined, chunks, out), 1);
        EXPECT_THAT(out.str(), HasSubstr(why));
        EXPECT_FALSE(std::filesystem::exists(joined.film));
    };
    refused({}, "0 chunks");
    refused({"chunk1"}, "3 frames, not 6");
    refused({"chunk1", "chunk1", "chunk2"}, "9 frames, not 6");
    refused({"chunk1", "chunk3"}, "chunk3 is of another kind");
    FilmTask unlike = task("chunk4", {.quality = FilmQuality::lossless});
    ASSERT_EQ(make_chunk(unlike, 4, 6), 0);
    refused({"chunk1", "chunk4"}, "chunk4 is of another kind");
    refused({"chunk1", "none"}, "none");
    write_file_durably(folder.path() / "noise", std::string(5000, 'x'));
    refused({"chunk1", "noise"}, "noise");
    joined.settings.codec = FilmCodec::gif;
    refused({"chunk1", "chunk2"}, "GIF");
    EXPECT_EQ(make_chunk(chunk, 5, 7), 1);
    EXPECT_THAT(out.str(), HasSubstr("frame_0007.png"));
}

TEST_F(FilmToolTest, Looks) {
    const FrameFiles files = write_frames(frames, parse_frames("1-8"), 200, 100);
    write_png(files.path_of(3), 200, 100, [](int, int, int) { return 0.f; });
    cut_file(files.path_of(6), 0.5);
    std::filesystem::remove(files.path_of(7));
    LookTask look{.folder = frames};
    look.thumbnails = folder.path() / "small";
    look.sheet = folder.path() / "sheet.jpg";
    look.report = folder.path() / "report.json";
    look.thumbnail.width = 100;
    ASSERT_EQ(look_at_frames(look, out), 0) << out.str();
    EXPECT_THAT(out.str(), AllOf(HasSubstr("openjd_progress: 100\n"),
                                 HasSubstr("3 of 8 frames are bad: frame_0003.png, frame_0006.png, frame_0007.png")));
    EXPECT_EQ(probe_picture(folder.path() / "small/frame_0001.jpg").width, 100);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "small/frame_0006.jpg"));
    EXPECT_TRUE(verify_picture(folder.path() / "sheet.jpg").width > 160);
    const json::Value report = json::parse(read_file(folder.path() / "report.json"));
    EXPECT_EQ(report.at("frames").as_int64(), 8);
    ASSERT_THAT(report.at("bad").as_array(), SizeIs(3));
    EXPECT_EQ(report.at("bad").as_array()[0].at("frame").as_int64(), 3);
    EXPECT_EQ(report.at("bad").as_array()[0].at("reasons").as_array()[0].at("kind").as_string(), "black");
    look.fail_on_bad = true;
    EXPECT_EQ(look_at_frames(look, out), 1);
    look.frames = FrameNumbers{1, 2};
    out.str("");
    EXPECT_EQ(look_at_frames(look, out), 0);
    EXPECT_THAT(out.str(), HasSubstr("2 frames, none of them bad"));
    look.frames = FrameNumbers{70};
    look.fail_on_bad = false;
    EXPECT_EQ(look_at_frames(look, out), 0);
}

}  // namespace
}  // namespace atelier::media

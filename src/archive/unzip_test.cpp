#include "archive/unzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "archive/pack.h"
#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace atelier::archive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_of;

struct Item {
    std::string path;
    std::string content;
    unsigned type = AE_IFREG;
    unsigned mode = 0755;
};

class UnzipTest : public testing::Test {
protected:
    UnzipTest() { fs::create_directory(folder_); }

    // As anybody could make it: libarchive checks no names.
    void make(const std::vector<Item>& items, const char* options = "zip:compression=deflate") {
        const std::unique_ptr<::archive, decltype(&::archive_write_free)> zip(::archive_write_new(),
                                                                              &::archive_write_free);
        ::archive_write_set_format_zip(zip.get());
        ::archive_write_set_options(zip.get(), options);
        ::archive_write_set_passphrase(zip.get(), "word");
        ASSERT_EQ(::archive_write_open_filename(zip.get(), file_.c_str()), ARCHIVE_OK);
        for (const Item& item : items) {
            const std::unique_ptr<archive_entry, decltype(&::archive_entry_free)> entry(::archive_entry_new(),
                                                                                        &::archive_entry_free);
            ::archive_entry_set_pathname(entry.get(), item.path.c_str());
            ::archive_entry_set_filetype(entry.get(), item.type);
            ::archive_entry_set_perm(entry.get(), item.mode);
            if (item.type == AE_IFLNK) ::archive_entry_set_symlink(entry.get(), item.content.c_str());
            if (item.type == AE_IFREG)
                ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(item.content.size()));
            ASSERT_EQ(::archive_write_header(zip.get(), entry.get()), ARCHIVE_OK) << item.path;
            if (item.type == AE_IFREG) ::archive_write_data(zip.get(), item.content.data(), item.content.size());
        }
        ::archive_write_close(zip.get());
    }

    std::string refusal(const UnzipLimits& limits = {}) {
        const auto error = error_of([&] { unzip(file_, folder_, limits); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << error.what();
        return error.what();
    }

    // Nothing but what lies in the folder.
    void expect_nothing_outside() {
        for (const auto& entry : fs::directory_iterator(scratch_.path()))
            EXPECT_TRUE(entry.path() == file_ || entry.path() == folder_) << entry.path();
    }

    const TemporaryFolder scratch_;
    const fs::path file_ = scratch_.path() / "sent.zip";
    const fs::path folder_ = scratch_.path() / "inside";
};

TEST_F(UnzipTest, FilesAndFoldersAreLaidOutAndNothingIsAProgram) {
    const std::string large(3'000'000, 'x');
    make({{"scene.blend", "BLENDER"}, {"textures", "", AE_IFDIR}, {"textures/größe.png", large}, {"leer/a/b", ""}});
    EXPECT_TRUE(is_zip(file_));
    const Unzipped done = unzip(file_, folder_);
    EXPECT_EQ(done.files, 3u);
    EXPECT_EQ(done.bytes, large.size() + 7);
    EXPECT_EQ(read_file(folder_ / "scene.blend"), "BLENDER");
    EXPECT_EQ(read_file(folder_ / "textures/größe.png"), large);
    EXPECT_EQ(fs::file_size(folder_ / "leer/a/b"), 0u);
    EXPECT_EQ(fs::status(folder_ / "scene.blend").permissions() & fs::perms::owner_exec, fs::perms::none);
}

TEST_F(UnzipTest, AnEmptyOneIsNone) {
    make({});
    EXPECT_TRUE(is_zip(file_));
    refusal();
}

TEST_F(UnzipTest, NoNameLeadsOut) {
    for (const char* name : {"../out", "/tmp/out", "a/../../out", "a/./b", "a//b", "..", ".", "a/..", "tab\there"}) {
        make({{name, "x"}});
        EXPECT_THAT(refusal(), HasSubstr("name")) << name;
        expect_nothing_outside();
    }
    make({{"a\xff\xfe", "x"}});
    EXPECT_THAT(refusal(), HasSubstr("name"));
    make({{"dir/a\\..\\..\\b", "x"}});
    EXPECT_THAT(refusal(), HasSubstr("elsewhere"));
}

TEST_F(UnzipTest, LinksAndOtherThingsAreRefused) {
    make({{"link", "/etc", AE_IFLNK}, {"link/passwd", "x"}});
    EXPECT_THAT(refusal(), HasSubstr("else than files"));
    EXPECT_TRUE(fs::is_empty(folder_));
    make({{"pipe", ""}});
    std::string zip = read_file(file_);
    const std::string plain = "\xed\x81";  // a file with 0755
    ASSERT_NE(zip.find(plain), std::string::npos);
    for (std::size_t mode = 0; (mode = zip.find(plain, mode)) != std::string::npos;)
        zip.replace(mode, plain.size(), "\xed\x11");  // a pipe
    write_file_durably(file_, zip);
    unzip(file_, folder_);  // zips know of no pipes: libarchive takes it for a file
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder_ / "pipe")));
}

TEST_F(UnzipTest, NoPlaceHasTwoEntries) {
    for (const auto& [first, second] : std::vector<std::pair<std::string, std::string>>{
             {"a", "a"}, {"scene.blend", "SCENE.BLEND"}, {"a", "a/b"}, {"a/b", "a"}, {"Textures/a", "textures/b"}}) {
        fs::remove_all(folder_);
        fs::create_directory(folder_);
        make({{first, "1"}, {second, "2"}});
        EXPECT_THAT(refusal(), HasSubstr("two entries for one place")) << first << " and " << second;
    }
}

TEST_F(UnzipTest, WhatItUnpacksToIsBounded) {
    make({{"zeros", std::string(20'000'000, '\0')}});
    UnzipLimits limits;
    limits.free_bytes = 1'000'000;
    EXPECT_THAT(refusal(limits), HasSubstr("unpacks to more than"));
    EXPECT_LE(fs::file_size(folder_ / "zeros"), 1'000'000 + fs::file_size(file_) * limits.bytes_per_byte);
    fs::remove(folder_ / "zeros");
    limits.free_bytes = 20'000'000;
    EXPECT_EQ(unzip(file_, folder_, limits).bytes, 20'000'000u);
    fs::remove(folder_ / "zeros");
    limits.most_bytes = 19'999'999;
    refusal(limits);
}

TEST_F(UnzipTest, EntriesAndDepthAreBounded) {
    UnzipLimits limits;
    limits.most_entries = 2;
    make({{"a", ""}, {"b", ""}});
    unzip(file_, folder_, limits);
    make({{"c", ""}, {"d", ""}, {"e", ""}});
    EXPECT_THAT(refusal(limits), HasSubstr("more than 2 entries"));
    limits = {};
    std::string deep;
    for (std::size_t i = 0; i < limits.deepest_path; ++i)
        deep += "d/";
    make({{deep + "x", ""}});
    EXPECT_THAT(refusal(), HasSubstr("too deep"));
    make({{std::string(256, 'n'), ""}});
    EXPECT_THAT(refusal(), HasSubstr("too long a name"));
    make({{std::string(100, 'a') + "/" + std::string(1000, 'n'), ""}});
    EXPECT_THAT(refusal(), HasSubstr("name of 1101 bytes"));
}

TEST_F(UnzipTest, EncryptedOnesAreRefused) {
    make({{"s", "secret"}}, "zip:encryption=traditional");
    EXPECT_THAT(refusal(), HasSubstr("encrypted"));
}

// Cut anywhere and turned anywhere: an error, or what its checksums let through.
TEST_F(UnzipTest, DamagedOnesAreRefused) {
    make({{"scene.blend", std::string(500, 'b')}, {"x/y", "some text"}}, "zip:compression=store");
    const std::string whole = read_file(file_);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file_durably(file_, whole.substr(0, size));
        refusal();
        fs::remove_all(folder_);
        fs::create_directory(folder_);
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string turned = whole;
        turned[at] = static_cast<char>(turned[at] ^ 0x55);
        write_file_durably(file_, turned);
        try {
            unzip(file_, folder_);
            if (fs::exists(folder_ / "x/y")) {
                EXPECT_EQ(read_file(folder_ / "x/y"), "some text") << at;
            }
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::invalid) << error.what();
        }
        expect_nothing_outside();
        fs::remove_all(folder_);
        fs::create_directory(folder_);
    }
    write_file_durably(file_, "no zip at all");
    EXPECT_FALSE(is_zip(file_));
    refusal();
}

TEST(PackedSize, IsThatOfThePack) {
    const std::vector<std::uint64_t> sizes = {0, 1, 5'000'000, 77};
    for (const PackForm form : {PackForm::zip, PackForm::tar}) {
        const auto entries = [&](std::size_t& at) {
            return [&](PackEntry& entry) {
                if (at == sizes.size()) return false;
                entry.path = "folder/frame_" + std::to_string(at) + ".png";
                entry.size = sizes[at++];
                entry.open = [size = entry.size] {
                    return [left = size, buffer = std::string()]() mutable -> std::string_view {
                        buffer.assign(std::min<std::uint64_t>(left, 1000), 'z');
                        left -= buffer.size();
                        return buffer;
                    };
                };
                return true;
            };
        };
        std::size_t at = 0;
        Pack pack(form, entries(at));
        std::uint64_t size = 0;
        for (auto piece = pack.next(); !piece.empty(); piece = pack.next())
            size += piece.size();
        std::size_t again = 0;
        EXPECT_EQ(packed_size(form, entries(again)), size);
    }
}

}  // namespace
}  // namespace atelier::archive

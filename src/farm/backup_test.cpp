#include "farm/backup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/testing.h"
#include "farm/farm.h"
#include "farm/testing.h"
#include "store/garbage.h"

namespace atelier::farm {
namespace {

namespace fs = std::filesystem;
using testing::FakeWorker;
using testing::fresh_database;
using testing::on_postgres;
using testing::submission;
using testing_support::error_of;
using std::chrono_literals::operator""ms;

class FarmBackup : public ::testing::Test {
protected:
    // A job of one task with two outputs and a log.
    std::string work(Farm& farm) {
        const std::string id = farm.submit(submission(1));
        FakeWorker worker("w" + id, 1);
        ++worker.request.sequence;
        worker.take(farm.exchange(worker.request));
        const std::string session = worker.request.attempts.at(0).session;
        farm.logs().write(id, session, 0, "said\n");
        farm.logs().end(id, session);
        worker.end(0, ResultClass::succeeded);
        for (const std::string& content : {id, std::string(300'000, 'x')}) {
            const store::BlobRef blob = farm.blobs().put(content);
            worker.request.attempts[0].result->outputs.push_back(
                {"Out", content.substr(0, 9), blob.digest.hex(), blob.size, 0644, false});
        }
        ++worker.request.sequence;
        worker.take(farm.exchange(worker.request));
        return id;
    }

    fs::path path(const char* name) const { return folder_.path() / name; }
    Layout there() const { return {path("there")}; }

    // What is in `there` is a farm that knows the job, its outputs and its log.
    void expect_whole(const std::string& job, const std::string& database) {
        Farm farm({there(), {}, &system_clock(), database, {}});
        farm.read([&](db::Connection& connection) {
            EXPECT_EQ(job_by_id(connection, job).state, JobState::succeeded);
            for (const Artifact& artifact : artifacts_of(connection, job))
                EXPECT_TRUE(farm.blobs().has({Digest::from_hex(artifact.output.digest), artifact.output.size}));
            std::string said;
            const auto attempts = attempts_of(connection, job, {}, {}, 1);
            ASSERT_EQ(attempts.size(), 1u);
            read_log(there().logs(), job, attempts[0].session, 0, 100, [&](std::string_view piece) { said += piece; });
            EXPECT_EQ(said, "said\n");
        });
        EXPECT_TRUE(store::check(farm.blobs().store()).empty());
        EXPECT_NO_THROW(work(farm)) << "and it works on";
    }

    void expect_nothing_there() const {
        EXPECT_FALSE(fs::exists(there().root));
        EXPECT_FALSE(fs::exists(there().root.string() + ".restoring"));
    }

    TemporaryFolder folder_;
    const Layout here_{folder_.path() / "here"};
    const std::string database_ = fresh_database(here_.database());
    const FarmOptions options_{here_, {}, &system_clock(), database_, {}};
    const fs::path file_ = folder_.path() / "farm.tar";
};

TEST_F(FarmBackup, ComesBackAsItWas) {
    Farm farm(options_);
    const std::string job = work(farm);
    const BackupReport made = back_up(here_, database_, file_);
    EXPECT_EQ(made.jobs, 1);
    EXPECT_EQ(made.blobs, 2u);
    EXPECT_EQ(made.logs, 1u);
    EXPECT_FALSE(fs::exists(file_.string() + ".partial"));
    EXPECT_EQ(error_of([&] { back_up(here_, database_, file_); }).kind(), Error::Kind::conflict)
        << "nothing is replaced";
    const std::string target = on_postgres() ? fresh_database({}) : "";
    const BackupReport restored = restore(file_, there(), target);
    EXPECT_EQ(restored.blobs, made.blobs);
    EXPECT_EQ(restored.bytes, made.bytes);
    expect_whole(job, target);
    EXPECT_EQ(error_of([&] { restore(file_, there(), target); }).kind(), Error::Kind::conflict) << "it isn't empty now";
}

TEST_F(FarmBackup, GoesFromOneKindOfDatabaseToAnother) {
    std::string job;
    {
        Farm farm(options_);
        job = work(farm);
    }
    const std::string other =
        on_postgres() ? path("other.db").string() : testing_support::PostgresServer::shared().fresh_url();
    const std::string back = fresh_database(path("back.db"));
    const auto copied = copy_database(database_, other);
    copy_database(other, back);
    const auto one = db::open(database_, db::Access::read_only);
    const auto two = db::open(back, db::Access::read_only);
    for (const auto& [name, rows] : copied) {
        EXPECT_EQ(one->row<std::int64_t>("SELECT count(*) FROM " + name), std::tuple(rows)) << name;
        EXPECT_EQ(two->row<std::int64_t>("SELECT count(*) FROM " + name), std::tuple(rows)) << name;
    }
    EXPECT_EQ(job_by_id(*two, job).submitted_at, job_by_id(*one, job).submitted_at);
    EXPECT_EQ(submission_of(*two, job).job_template.text, submission_of(*one, job).job_template.text);
    EXPECT_EQ(error_of([&] { copy_database(database_, back); }).kind(), Error::Kind::conflict) << "it isn't empty";
    EXPECT_EQ(error_of([&] { copy_database(path("none").string(), back); }).kind(), Error::Kind::not_found);
    const Layout second{path("second")};
    fs::create_directory(second.root);
    EXPECT_NO_THROW(Farm({second, {}, &system_clock(), back, {}}).submit(submission(1)));
}

TEST_F(FarmBackup, IsOfOneMomentWhileWorkGoesOn) {
    Farm farm(options_);
    work(farm);
    std::atomic<bool> enough = false;
    std::thread worker([&] {
        while (!enough) {
            const std::string job = work(farm);
            json::Object body;
            body["job"] = job;
            farm.perform("delete", body);
        }
    });
    for (int round = 0; round < 5; ++round) {
        EXPECT_NO_THROW(back_up(here_, database_, file_));
        const std::string target = on_postgres() ? fresh_database({}) : "";
        EXPECT_NO_THROW(restore(file_, there(), target));
        fs::remove_all(there().root);
        fs::remove(file_);
    }
    enough = true;
    worker.join();
}

TEST_F(FarmBackup, WhatWasCutShortOrChangedIsRefusedWhole) {
    {
        Farm farm(options_);
        work(farm);
    }
    back_up(here_, database_, file_);
    const std::string good = read_file(file_);
    const auto refused = [&](const std::string& bytes) {
        fs::remove(file_);
        write_file_durably(file_, bytes);
        const auto error = error_of([&] { restore(file_, there(), ""); });
        EXPECT_EQ(error.kind(), Error::Kind::invalid) << error.what();
        expect_nothing_there();
    };
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{100}, std::size_t{600}, good.size() / 3, good.size() / 2, good.size() - 12'000})
        refused(good.substr(0, size));
    std::string changed = good;
    changed[changed.find("xxxxxxxx") + 100'000] = 'y';
    refused(changed);
    refused("a letter");
    fs::remove(file_);
    EXPECT_EQ(error_of([&] { restore(file_, there(), ""); }).kind(), Error::Kind::not_found);
}

TEST_F(FarmBackup, ADamagedOrMissingBlobIsNoBackup) {
    Farm farm(options_);
    const std::string job = work(farm);
    const auto blob = farm.blobs().store().local_path(store::Blobs::key_of(sha256(job)));
    fs::permissions(*blob, fs::perms(0600));
    fs::remove(*blob);
    EXPECT_EQ(error_of([&] { back_up(here_, database_, file_); }).kind(), Error::Kind::internal);
    write_file_durably(*blob, std::string(job.size(), '?'));
    EXPECT_THAT(error_of([&] { back_up(here_, database_, file_); }).what(), ::testing::HasSubstr("damaged"));
    EXPECT_FALSE(fs::exists(file_));
    EXPECT_FALSE(fs::exists(file_.string() + ".partial"));
}

TEST_F(FarmBackup, AFullDiskLeavesNothing) {
    Farm farm(options_);
    const std::string job = work(farm);
    const testing_support::SmallDisk disk(path("disk"), "size=400k");
    if (!disk.mounted()) GTEST_SKIP() << "a small file system can be mounted by root only";
    EXPECT_EQ(error_of([&] { back_up(here_, database_, path("disk") / "farm.tar"); }).kind(), Error::Kind::exhausted);
    EXPECT_TRUE(fs::is_empty(path("disk")));
    back_up(here_, database_, file_);
    const auto full = error_of([&] { restore(file_, {path("disk") / "there"}, ""); });
    EXPECT_EQ(full.kind(), Error::Kind::exhausted) << full.what();
    EXPECT_TRUE(fs::is_empty(path("disk")));
}

TEST_F(FarmBackup, AKillLeavesNothingThatIsTakenForABackup) {
    std::string job;
    {
        Farm farm(options_);
        job = work(farm);
    }
    for (int delay : {0, 3, 10, 30, 60}) {
        const pid_t child = ::fork();
        if (child == 0) {
            back_up(here_, database_, file_);
            restore(file_, there(), "");
            ::_exit(0);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        if (!fs::exists(file_)) back_up(here_, database_, file_);
        if (!fs::exists(there().root)) restore(file_, there(), "");
        expect_whole(job, "");
        fs::remove_all(there().root);
        fs::remove(file_);
    }
}

}  // namespace
}  // namespace atelier::farm

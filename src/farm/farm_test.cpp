#include "farm/farm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/testing.h"
#include "farm/asks.h"
#include "farm/local_link.h"
#include "farm/testing.h"
#include "store/manifest.h"

namespace atelier::farm {
namespace {

using testing::FakeWorker;
using testing::on_postgres;
using testing::submission;
using testing_support::error_of;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// A farm's worth of options, in a folder of its own.
struct Place {
    TemporaryFolder folder;
    FarmOptions options{
        {folder.path()}, {}, &system_clock(), on_postgres() ? testing::fresh_database({}) : std::string(), {}};
    std::string database() const {
        return options.database.empty() ? options.layout.database().string() : options.database;
    }
};

json::Object about(const std::string& job) {
    json::Object body;
    body["job"] = job;
    return body;
}

TEST(Farm, HasOneOwner) {
    if (on_postgres()) GTEST_SKIP() << "there several servers share one: see servers_test.cpp";
    const Place place;
    auto first = std::make_unique<Farm>(place.options);
    EXPECT_THROW(Farm(place.options), Error);
    first.reset();
    EXPECT_NO_THROW(Farm(place.options));
}

TEST(Farm, AnswersTheAsksOfOthers) {
    const Place place;
    Farm farm(place.options);
    const std::string id = farm.submit(submission(3));
    const auto other = db::open(place.database());
    const auto wait_for = [&](std::int64_t number) {
        for (int i = 0; i < 1000; ++i) {
            if (const auto answer = take_answer(*other, number)) return *answer;
            std::this_thread::sleep_for(10ms);
        }
        throw Error(Error::Kind::unavailable, "no answer came");
    };
    wait_for(leave_ask(*other, "pause", about(id)));
    EXPECT_EQ(job_by_id(*other, id).state, JobState::paused);
    EXPECT_THAT(std::string(wait_for(leave_ask(*other, "why", about(id))).as_string()), ::testing::HasSubstr("paused"));
    try {
        wait_for(leave_ask(*other, "cancel", about("nosuch")));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::not_found);
        EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_THROW(wait_for(leave_ask(*other, "dance", {})), Error);
    EXPECT_THROW(wait_for(leave_ask(*other, "pause", {})), Error);
    EXPECT_TRUE(open_asks(*other).empty());
}

TEST(Farm, AnAskOutlivesWhoeverWasToAnswerIt) {
    const Place place;
    std::string id;
    {
        Farm farm(place.options);
        id = farm.submit(submission(3));
    }
    const auto other = db::open(place.database());
    const std::int64_t number = leave_ask(*other, "cancel", about(id));
    EXPECT_FALSE(take_answer(*other, number)) << "nobody is there";
    const Farm farm(place.options);
    for (int i = 0; i < 1000 && job_by_id(*other, id).state != JobState::canceled; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_EQ(job_by_id(*other, id).state, JobState::canceled);
}

TEST(Farm, DeletingAJobRemovesWhatItAloneHolds) {
    const Place place;
    Farm farm(place.options);
    const auto make = [&](const std::vector<std::string>& contents) {
        const std::string id = farm.submit(submission(1));
        FakeWorker worker("w" + id, 1);
        ++worker.request.sequence;
        worker.take(farm.exchange(worker.request));
        worker.end(0, ResultClass::succeeded);
        for (const std::string& content : contents) {
            const store::BlobRef blob = farm.blobs().put(content);
            worker.request.attempts[0].result->outputs.push_back(
                {"Out", content, blob.digest.hex(), blob.size, 0644, false});
        }
        ++worker.request.sequence;
        worker.take(farm.exchange(worker.request));
        return id;
    };
    const std::string one = make({"shared", "own"});
    const std::string two = make({"shared"});
    const auto has = [&](std::string_view content) { return farm.blobs().has({sha256(content), content.size()}); };
    farm.perform("delete", about(one));
    EXPECT_TRUE(has("shared"));
    EXPECT_FALSE(has("own"));
    farm.perform("delete", about(two));
    EXPECT_FALSE(has("shared"));
}

TEST(Farm, WhatAnInputsManifestListsIsLive) {
    const Place place;
    Farm farm(place.options);
    std::filesystem::create_directory(place.folder.path() / "in");
    write_file_durably(place.folder.path() / "in" / "scene", "scene");
    const store::BlobRef manifest =
        farm.blobs().put(store::collect(place.folder.path() / "in", farm.blobs()).to_json());
    wire::Submission one = submission(1);
    one.inputs["In"] = manifest.digest.hex();
    const std::string first = farm.submit(one);
    const std::string second = farm.submit(one);

    const auto reader = db::open(place.database(), db::Access::read_only);
    const auto live = live_digests(*reader, farm.blobs());
    EXPECT_TRUE(live.contains(manifest.digest.hex()));
    EXPECT_TRUE(live.contains(sha256("scene").hex()));

    farm.perform("cancel", about(first));
    farm.perform("delete", about(first));
    EXPECT_TRUE(farm.blobs().has({sha256("scene"), 5})) << "the other job needs it";
    farm.perform("cancel", about(second));
    farm.perform("delete", about(second));
    EXPECT_FALSE(farm.blobs().has({sha256("scene"), 5}));
    EXPECT_FALSE(farm.blobs().has(manifest));
}

TEST(Farm, AJobHasTheIdThatWasPromised) {
    const Place place;
    Farm farm(place.options);
    json::Object body{{"submission", json::parse(wire::to_json(submission(3)))}, {"id", "prom1sed"}};
    EXPECT_EQ(farm.perform("submit", body).as_string(), "prom1sed");
    EXPECT_EQ(error_of([&] { farm.perform("submit", body); }).kind(), Error::Kind::conflict);
    farm.read([](db::Connection& connection) { EXPECT_EQ(job_by_id(connection, "prom1sed").total_tasks, 3u); });
    EXPECT_TRUE(farm.perform("running", about("prom1sed")).as_array().empty());
    EXPECT_TRUE(farm.perform("running", about("zzzzzzzz")).as_array().empty());
}

TEST(Farm, AWaitingExchangeAnswersWhenWorkComes) {
    const Place place;
    Farm farm(place.options);
    LocalLink link(farm);
    FakeWorker worker("w", 1);
    ++worker.request.sequence;
    std::thread later([&] {
        std::this_thread::sleep_for(50ms);
        farm.submit(submission(1));
    });
    EXPECT_EQ(link.exchange(worker.request, 60s).assign.size(), 1u);
    later.join();
}

TEST(Farm, AWaitingExchangeCanBeInterrupted) {
    const Place place;
    Farm farm(place.options);
    LocalLink link(farm);
    FakeWorker worker("w", 1);
    ++worker.request.sequence;
    std::thread later([&] {
        std::this_thread::sleep_for(50ms);
        link.interrupt();
    });
    EXPECT_TRUE(link.exchange(worker.request, 60s).tells_nothing());
    later.join();
}

TEST(Farm, RefusesWhatItCannotRead) {
    const Place place;
    Farm farm(place.options);
    wire::Submission broken = submission(1);
    broken.job_template.text = "specificationVersion: jobtemplate-2023-09\nname: X\nsteps: []\n";
    EXPECT_THROW(farm.submit(broken), Error);
    EXPECT_NO_THROW(farm.submit(submission(1))) << "and goes on";
}

TEST(Farm, ANewerDatabaseIsRefusedInWords) {
    const Place place;
    { const Farm farm(place.options); }
    db::open(place.database())->run("INSERT INTO schema_version (number) VALUES ($1)", 999);
    try {
        const Farm farm(place.options);
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("newer"));
    }
}

}  // namespace
}  // namespace atelier::farm

#include "pipelines/povray/drafts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "base/error.h"
#include "base/testing.h"
#include "farm/queries.h"
#include "http/parser.h"
#include "pipelines/povray/pov_jobs.h"

namespace atelier::pipelines::povray {
namespace {

namespace fs = std::filesystem;
using atelier::testing_support::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

WorkUnit unit(const std::string& id = {}) {
    WorkUnit made;
    made.work_unit_id = id;
    made.cmd = "true";
    made.add_inline("scene.pov", "sphere { 0, 1 }");
    return made;
}

TEST(JobGround, CompletesUnitsAndTakesAllOrNone) {
    const TemporaryFolder folder;
    JobGround ground(folder.path(), "abcdefgh");
    const auto added = ground.add({unit(), unit("mine")});
    EXPECT_EQ(added[0].work_unit_id, "unit_000000");
    EXPECT_EQ(added[1].job_id, "abcdefgh");
    EXPECT_EQ(added[1].shared_resource_gcs_prefix, "jobs/abcdefgh/shared/");
    EXPECT_EQ(added[1].offload_gcs_prefix, "jobs/abcdefgh/output/");
    for (const char* taken : {"mine", "unit_000000"})
        EXPECT_THAT(error_of([&] { ground.add({unit("new"), unit(taken)}); }).what(), HasSubstr(taken));
    EXPECT_EQ(error_of([&] { ground.add({unit("new"), unit("new")}); }).kind(), Error::Kind::invalid);
    WorkUnit other = unit();
    other.job_id = "zzzzzzzz";
    EXPECT_THAT(error_of([&] { ground.add({other}); }).what(), HasSubstr("of the job zzzzzzzz"));
    EXPECT_THAT(ground.ids(), ElementsAre("unit_000000", "mine"));
    EXPECT_EQ(ground.number_of("mine"), 1u);
    EXPECT_FALSE(ground.number_of("new"));
    EXPECT_EQ(work_unit_from_json(ground.text_of(1)).work_unit_id, "mine");
}

TEST(UnitLine, IsFoundAlsoAcrossPieces) {
    const TemporaryFolder folder;
    const std::string large(3u << 20, 'x');
    write_file_durably(folder.path() / "list", "first\n" + large + "\n\nlast\ncut");
    const Fd file = open_file(folder.path() / "list", O_RDONLY);
    EXPECT_EQ(unit_line(file, 0), "first");
    EXPECT_TRUE(unit_line(file, 1) == large);
    EXPECT_EQ(unit_line(file, 2), "");
    EXPECT_EQ(unit_line(file, 3), "last");
    for (const std::size_t number : {4u, 5u, 1000u})
        EXPECT_EQ(error_of([&] { unit_line(file, number); }).kind(), Error::Kind::not_found) << number;
}

TEST(JobGround, IsGoneOnWithAlsoAfterALineThatWasCut) {
    const TemporaryFolder folder;
    JobGround first(folder.path(), "abcdefgh");
    first.add({unit("one")});
    JobGround second(folder.path(), "abcdefgh");
    EXPECT_THAT(second.ids(), ElementsAre("one"));
    second.add({unit("two")});
    first.refresh();
    EXPECT_THAT(first.ids(), ElementsAre("one", "two"));
    std::ofstream(folder.path() / "units.jsonl", std::ios::app) << "{\"cmd\": \"tr";
    JobGround third(folder.path(), "abcdefgh");
    EXPECT_THAT(third.ids(), ElementsAre("one", "two"));
    third.add({unit("three")});
    EXPECT_EQ(work_unit_from_json(third.text_of(2)).work_unit_id, "three");
    EXPECT_THAT(JobGround(folder.path(), "abcdefgh").ids(), ElementsAre("one", "two", "three"));
}

TEST(JobPlan, ASubmissionIsOneThatAFarmTakes) {
    for (const char* film : {"", "none", "gif"}) {
        const wire::Submission made = submission_of({.name = "{{ Param.Units }}"}, {.film = film}, 3, "/x");
        const auto order = wire::make_order(made, 0);
        EXPECT_EQ(order->job->name, "{{ Param.Units }}");
        EXPECT_THAT(order->job->steps, SizeIs(std::string(film) == "none" ? 1 : 2));
        EXPECT_TRUE(made.settings.isolate && made.settings.sandbox && !made.settings.network);
    }
    for (const std::string& name : {std::string(), std::string(129, 'x'), std::string("two\nlines")})
        EXPECT_EQ(error_of([&] { submission_of({.name = name}, {}, 1, "/x"); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { check(UnitFilm{.film = "nonsense"}); }).kind(), Error::Kind::invalid);
    EXPECT_EQ(error_of([] { check(UnitFilm{.film = "gif", .quality = "lossless"}); }).kind(), Error::Kind::invalid);
}

class DraftsTest : public testing::Test {
protected:
    DraftsTest() { layout_.create(); }

    static bool send(Drafts& drafts, const std::shared_ptr<Draft>& draft, const std::string& name,
                     const std::string& content) {
        Drafts::Arrival arrival(drafts, draft, name, {});
        arrival.take(content);
        return arrival.keep();
    }
    fs::path folder() const { return layout_.root / "pov-jobs"; }

    const TemporaryFolder scratch_;
    const farm::Layout layout_{scratch_.path() / "data"};
};

TEST_F(DraftsTest, ADraftOutlastsItsProcessAndBecomesAJobOfItsId) {
    std::string id;
    {
        farm::Farm farm({layout_, {}});
        Drafts drafts(farm);
        const auto draft = drafts.begin("anna", {.name = "balls", .allow_gaps = true}, {.film = "none"});
        id = draft->id;
        EXPECT_TRUE(send(drafts, draft, "deep/look.inc", "old one"));
        EXPECT_FALSE(send(drafts, draft, "deep/look.inc", "look"));
        drafts.add(*draft, {unit("one")});
    }
    farm::Farm farm({layout_, {}});
    Drafts drafts(farm);
    EXPECT_THAT(drafts.all("ben"), IsEmpty());
    ASSERT_THAT(drafts.all("anna"), SizeIs(1));
    const auto draft = drafts.find(id);
    EXPECT_EQ(draft->options.name, "balls");
    EXPECT_EQ(draft->film.film, "none");
    EXPECT_EQ(draft->shared_bytes, 4u);
    EXPECT_EQ(draft->shared_files, 1u);
    drafts.add(*draft, {unit("two")});
    drafts.run(*draft);
    EXPECT_TRUE(fs::is_empty(folder()));
    EXPECT_FALSE(drafts.find(id));
    EXPECT_EQ(error_of([&] { drafts.add(*draft, {unit()}); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(error_of([&] { drafts.run(*draft); }).kind(), Error::Kind::conflict);
    EXPECT_EQ(error_of([&] { send(drafts, draft, "late", "x"); }).kind(), Error::Kind::conflict);

    PovJobs jobs(farm);
    const auto job = jobs.find(id);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->job.owner, "anna");
    EXPECT_TRUE(job->plan->allow_gaps);
    EXPECT_THAT(job->plan->units, ElementsAre("one", "two"));
    EXPECT_EQ(jobs.unit(*job, 1).work_unit_id, "two");
    EXPECT_EQ(jobs.units(*job, 0, 10).at(1).state, "ready");
    EXPECT_THAT(jobs.list("anna", 10, "").jobs, SizeIs(1));
    EXPECT_THAT(jobs.list("ben", 10, "").jobs, IsEmpty());
    EXPECT_FALSE(jobs.cancel(*job));
    EXPECT_EQ(jobs.units(*jobs.find(id), 0, 10).at(1).state, "canceled");
    EXPECT_TRUE(jobs.cancel(*jobs.find(id)));
    EXPECT_FALSE(jobs.find(id));
}

TEST_F(DraftsTest, NoMoreThanTheLimits) {
    farm::Farm farm({layout_, {}});
    Drafts drafts(farm, {.most_of_one_owner = 2, .most_bytes = 1000, .most_files = 2});
    const auto draft = drafts.begin("anna", {}, {});
    drafts.begin("anna", {}, {});
    EXPECT_THAT(error_of([&] { drafts.begin("anna", {}, {}); }).what(), HasSubstr("2 jobs"));
    drafts.begin("ben", {}, {});

    EXPECT_THROW(send(drafts, draft, "large", std::string(1001, 'x')), http::Refusal);
    EXPECT_THROW(Drafts::Arrival(drafts, draft, "large", 1001), http::Refusal);
    EXPECT_THROW(Drafts::Arrival(drafts, draft, "large", UINT64_MAX), http::Refusal);
    EXPECT_EQ(draft->shared_bytes, 0u) << "nothing is left of what was refused";
    EXPECT_EQ(draft->shared_files, 0u);
    send(drafts, draft, "a", std::string(600, 'x'));
    EXPECT_THROW(send(drafts, draft, "b", std::string(600, 'x')), http::Refusal);
    send(drafts, draft, "b", std::string(400, 'x'));
    EXPECT_THROW(send(drafts, draft, "c", ""), http::Refusal) << "a third file";
    EXPECT_TRUE(fs::is_empty(draft->folder / "arriving"));
    drafts.remove(*draft);
    drafts.begin("anna", {}, {});
}

TEST_F(DraftsTest, WhatIsOldIsForgotten) {
    farm::Farm farm({layout_, {}});
    Drafts drafts(farm, {.seconds_kept = 100});
    const std::string old = drafts.begin("anna", {}, {})->id;
    const auto held = drafts.begin("anna", {}, {});
    fs::create_directory(folder() / "broken");
    const auto long_ago = fs::file_time_type::clock::now() - std::chrono::seconds(200);
    for (const fs::path& path : {folder() / old / "draft.json", held->folder / "draft.json", folder() / "broken"})
        fs::last_write_time(path, long_ago);
    const std::string young = drafts.begin("anna", {}, {})->id;
    EXPECT_FALSE(drafts.find(old));
    EXPECT_TRUE(drafts.find(held->id)) << "somebody works on it";
    EXPECT_TRUE(drafts.find(young));
    EXPECT_FALSE(fs::exists(folder() / old) || fs::exists(folder() / "broken"));
}

TEST_F(DraftsTest, AKillBetweenTheJobAndTheEndOfItsDraftLeavesOneOfThem) {
    farm::Farm farm({layout_, {}});
    std::string id;
    {
        Drafts drafts(farm);
        const auto draft = drafts.begin("anna", {}, {});
        id = draft->id;
        drafts.add(*draft, {unit()});
        fs::copy(draft->folder, scratch_.path() / "kept", fs::copy_options::recursive);
        drafts.run(*draft);
    }
    fs::copy(scratch_.path() / "kept", folder() / id, fs::copy_options::recursive);
    Drafts drafts(farm);
    EXPECT_FALSE(drafts.find(id));
    EXPECT_FALSE(fs::exists(folder() / id));
    EXPECT_TRUE(PovJobs(farm).find(id));
}

}  // namespace
}  // namespace atelier::pipelines::povray

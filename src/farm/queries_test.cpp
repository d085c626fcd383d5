#include "farm/queries.h"

#include <gtest/gtest.h>

#include "farm/job_list.h"
#include "farm/testing.h"

namespace atelier::farm {
namespace {

using testing::FakeWorker;
using testing::Ground;
using testing::submission;

// The queue's tests look at what was decided; here every question is asked once of every database.
TEST(FarmQueries, TellWhatTheDatabaseKnows) {
    Ground ground;
    wire::Submission what = submission(3, true);
    what.settings.tags = {"blue"};
    const std::string id = ground.submit(what);
    db::Connection& database = *ground.connection;
    EXPECT_EQ(unfinished_job_like(database, what), id);
    FakeWorker worker("w", 1);
    ground.exchange(worker);
    worker.request.attempts.at(0).phase = wire::Phase::running;
    ground.exchange(worker);
    EXPECT_EQ(running_attempts(database, id).size(), worker.request.attempts.size());
    ground.work_off(worker);

    EXPECT_EQ(find_job(database, id.substr(0, 4)), id);
    EXPECT_THROW(find_job(database, id + "0"), Error);
    ground.submit(submission(1));
    JobFilter filter;
    filter.tag = "blue";
    filter.name = "tES";
    filter.owner = "local";
    filter.state = JobState::succeeded;
    EXPECT_EQ(list_jobs(database, filter).jobs.size(), 1u);
    filter.tag = "red";
    EXPECT_TRUE(list_jobs(database, filter).jobs.empty());
    for (const auto sort : {JobOrderBy::submitted, JobOrderBy::name, JobOrderBy::priority})
        for (const bool ascending : {false, true}) {
            filter = {};
            filter.with_archived = true;
            filter.sort = sort;
            filter.ascending = ascending;
            filter.limit = 1;
            const JobPage first = list_jobs(database, filter);
            filter.cursor = first.next;
            const JobPage second = list_jobs(database, filter);
            ASSERT_EQ(second.jobs.size(), 1u);
            EXPECT_NE(second.jobs[0].id, first.jobs.at(0).id);
            EXPECT_TRUE(second.next.empty());
        }
    EXPECT_EQ(steps_of(database, id).size(), 2u);
    EXPECT_EQ(attempts_of(database, id, {}, {}, 100).size(), 4u);
    EXPECT_EQ(attempts_of(database, id, 0, {}, 2).size(), 2u);
    EXPECT_EQ(attempts_of(database, id, 0, 1, 100).size(), 1u);
    EXPECT_TRUE(attempt_by_id(database, {id, 0, 1, 1}).has_value());
    EXPECT_FALSE(attempt_by_id(database, {id, 0, 1, 9}).has_value());
    EXPECT_TRUE(artifacts_of(database, id).empty());
    EXPECT_FALSE(events_after(database, 0, id, 100).empty());
    EXPECT_FALSE(events_after(database, 0, "", 100).empty());
    EXPECT_EQ(submission_of(database, id).job_template.text, what.job_template.text);
    EXPECT_EQ(settings_of(database, id).tags, what.settings.tags);
    store::Blobs blobs(std::shared_ptr<store::Store>(store::open_folder_store(ground.folder.path() / "store")));
    EXPECT_TRUE(live_digests(database, blobs).empty());
    EXPECT_TRUE(digests_of_job(database, blobs, id).empty());
    EXPECT_EQ(unreferenced(database, blobs, {sha256("x").hex()}).size(), 1u);
}

}  // namespace
}  // namespace atelier::farm

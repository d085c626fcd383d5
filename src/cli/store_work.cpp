// `atelier store check|gc|usage`: the work behind the commands of store.cpp.
#include "store/garbage.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/local_desk.h"
#include "cli/store.h"
#include "farm/job_list.h"

namespace atelier::cli {

namespace {

// A blob is put before the database knows of it; younger ones may belong to a result that is on its way.
constexpr Micros least_age = Micros{24} * 3600 * 1'000'000;

}  // namespace

int check_store(Output& output) {
    LocalDesk desk;
    const auto damaged = store::check(desk.layout().open_blobs()->store());
    json::Array list;
    for (const store::Damage& damage : damaged) {
        output.say(damage.key + ": " + damage.what);
        json::Object item;
        item["key"] = damage.key;
        item["what"] = damage.what;
        list.push_back(item);
    }
    output.json(list);
    if (!damaged.empty()) return failed;
    output.say("every blob is what its name says");
    return done;
}

int collect_garbage(bool dry_run, Output& output) {
    LocalDesk desk;
    const auto blobs = desk.layout().open_blobs();
    const Fd taken = desk.layout().take_blobs();
    if (!taken)
        throw Error(Error::Kind::unavailable, "a backup of this farm is being made, or something is removed already",
                    "try again when that is done");
    const auto live = farm::live_digests(desk.reader(), *blobs);
    const auto report = store::gc(
        blobs->store(), [&](const Digest& digest) { return live.contains(digest.hex()); },
        system_clock().wall() - least_age, dry_run);
    output.say(fmt::format("{} blobs, {}, {}; {} kept", report.removed, format_bytes(report.bytes),
                           dry_run ? "would go" : "are gone", report.kept));
    json::Object object;
    object["removed"] = report.removed;
    object["bytes"] = report.bytes;
    object["kept"] = report.kept;
    object["dryRun"] = dry_run;
    output.json(object);
    return done;
}

int show_usage(Output& output) {
    LocalDesk desk;
    const auto blobs = desk.layout().open_blobs();
    const store::Usage usage = store::usage(blobs->store());
    output.say(
        fmt::format("{} blobs, {}, in {}", usage.objects, format_bytes(usage.bytes), desk.layout().store().string()));
    std::vector<std::vector<std::string>> rows;
    json::Array list;
    farm::JobFilter all;
    all.with_archived = true;
    all.limit = 1'000'000;
    for (const farm::JobSummary& job : farm::list_jobs(desk.reader(), all).jobs) {
        std::uint64_t bytes = 0;
        std::uint64_t files = 0;
        for (const farm::Artifact& artifact : farm::artifacts_of(desk.reader(), job.id)) {
            bytes += artifact.output.size;
            ++files;
        }
        if (files == 0) continue;
        rows.push_back({job.id, std::to_string(files), format_bytes(bytes), job.name});
        json::Object item;
        item["job"] = job.id;
        item["files"] = files;
        item["bytes"] = bytes;
        list.push_back(item);
    }
    constexpr auto right = Column::Align::right;
    if (!rows.empty()) output.table({{"JOB"}, {"FILES", right}, {"SIZE", right}, {"NAME"}}, rows);
    json::Object object;
    object["blobs"] = usage.objects;
    object["bytes"] = usage.bytes;
    object["jobs"] = list;
    output.json(object);
    return done;
}

}  // namespace atelier::cli

// The two phases: a mixed load that is worked off, and a load that never ends, of which every owner must have their
// share.
#include <fmt/format.h>

#include <cmath>

#include "simulate/crowd.h"
#include "simulate/workload.h"
#include "simulate/world.h"

namespace atelier::simulate {

namespace {

constexpr double fair_within = 0.05;
constexpr double slots_of_chance = 1.5;  // a share is whole slots
constexpr double warm_up = 0.4;          // of the saturation's time, before shares are measured
constexpr int jobs_of_an_owner = 2;

std::string owner_named(int number) { return fmt::format("owner-{}", number); }

double weight_of(int owner) { return owner == 0 ? 2 : 1; }

void add_owners(const Options& options, World& world) {
    world.change([&](db::Connection& connection) {
        for (int i = 0; i < options.owners; ++i) {
            connection.run(
                "INSERT INTO users (name, password, role, created_at) VALUES ($1, '', 1, 0) ON CONFLICT (name) DO "
                "NOTHING",
                owner_named(i));
            world.queue().set_weight(connection, owner_named(i), weight_of(i));
        }
    });
}

void drain(const Options& options, World& world) {
    for (int i = 0; i < options.jobs; ++i)
        world.submit(mixed_job(options, i, world.chance()), owner_named(i % options.owners));
    world.run_until([&] { return world.all_is_quiet(); }, [] {});
    if (!world.is_broken()) world.note("after the drain", check_rest(world.queue(), world.connection()));
}

class Shares {
public:
    explicit Shares(const Options& options)
        : owners_(options.owners), slots_(static_cast<std::size_t>(options.owners)) {}

    void sample(const farm::Queue& queue) {
        ++samples_;
        for (const auto& [id, worker] : queue.workers())
            for (const auto& [session_id, session] : worker.sessions)
                if (const auto job = queue.jobs().find(session.job); job != queue.jobs().end())
                    ++slots_[static_cast<std::size_t>(std::stoi(job->second.owner.substr(owner_named(0).size() - 1)))];
    }

    // How far an owner is from what is due, beyond what whole slots explain.
    double largest_unfairness(Broken& broken) const {
        double all = 0;
        double weights = 0;
        for (int i = 0; i < owners_; ++i) {
            all += mean(i);
            weights += weight_of(i);
        }
        double largest = 0;
        for (int i = 0; i < owners_; ++i) {
            const double due = all * weight_of(i) / weights;
            const double away = std::max(0.0, std::abs(mean(i) - due) - slots_of_chance);
            largest = std::max(largest, due > 0 ? away / due : 0);
            if (away > fair_within * due)
                broken.push_back(
                    fmt::format("{} had {:.1f} slots on average, {:.1f} were due", owner_named(i), mean(i), due));
        }
        return largest;
    }

private:
    double mean(int owner) const {
        return samples_ == 0 ? 0 : static_cast<double>(slots_[static_cast<std::size_t>(owner)]) / samples_;
    }

    int owners_;
    int samples_ = 0;
    std::vector<std::uint64_t> slots_;
};

double saturate(const Options& options, World& world) {
    world.stop_failing();
    for (int i = 0; i < options.owners * jobs_of_an_owner; ++i)
        world.submit(endless_job(), owner_named(i % options.owners));
    const Steady begun = world.clock().steady();
    const auto passed = [&] { return seconds_between(begun, world.clock().steady()); };
    Shares shares(options);  // promised to owners by the balanced order alone
    world.run_until([&] { return passed() > options.saturation_seconds; },
                    [&] {
                        if (passed() > warm_up * options.saturation_seconds) shares.sample(world.queue());
                    });
    if (world.is_broken()) return 0;
    Broken broken = check_database(world.queue(), world.connection());
    Broken unfair;
    const double unfairness = shares.largest_unfairness(unfair);
    if (options.fairness == farm::Fairness::balanced) broken.insert(broken.end(), unfair.begin(), unfair.end());
    world.note("in saturation", broken);
    world.change([&](db::Connection& connection) {
        std::vector<std::string> ids;
        for (const auto& [key, job] : world.queue().jobs())
            ids.push_back(job.id);
        for (const std::string& id : ids)
            world.queue().cancel(connection, id);
    });
    world.run_until([&] { return world.all_is_quiet(); }, [] {});
    if (!world.is_broken()) world.note("after the saturation", check_rest(world.queue(), world.connection()));
    return unfairness;
}

}  // namespace

Report run(const Options& options) {
    if (!options.server.empty()) return Crowd(options).run();
    World world(options);
    add_owners(options, world);
    drain(options, world);
    const double unfairness = world.is_broken() || options.saturation_seconds <= 0 ? 0 : saturate(options, world);
    Report report = world.finish();
    report.largest_unfairness = unfairness;
    return report;
}

}  // namespace atelier::simulate

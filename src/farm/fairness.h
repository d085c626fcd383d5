// Who is next: the steps that have something to give out, in the order in which they should get the next free slot.
// Owners share the farm, then an owner's jobs share what is theirs, each by need: weight × 1.1^priority / (share + 1).
// It knows nothing of single tasks or workers; the queue tells it what is ready and what is in use. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "farm/requirement.h"

namespace atelier::farm {

using JobKey = std::int64_t;

enum class Fairness {
    fifo,      // the higher priority, then who came first
    balanced,  // owners by need, and within an owner the jobs by need
    weighted   // jobs by need, whoever owns them
};

std::string_view name_of(Fairness fairness);
std::optional<Fairness> fairness_named(std::string_view name);

// What sessions take of the farm, or the whole farm: slots, cores, MiB of memory, GPUs.
using Resources = std::array<double, 4>;
Resources resources_of(const Amounts& amounts, double slots);

class FairOrder {
public:
    struct Place {  // a step with something to give out
        JobKey job = 0;
        std::size_t step = 0;
        auto operator<=>(const Place&) const = default;
    };
    struct Ranking {  // what a job counts for, and how old it is
        double weight = 1;
        int priority = 50;
        int age_points = 0;
        bool operator==(const Ranking&) const = default;
    };
    using Fits = std::function<bool(const Requirement&)>;
    using Accept = std::function<bool(const Place&)>;

    FairOrder(Fairness fairness, int most_sessions_of_an_owner)
        : fairness_(fairness), most_sessions_(most_sessions_of_an_owner) {}

    void clear_jobs();
    void set_whole(const Resources& whole);
    void set_weight(const std::string& owner, double weight);

    void add(JobKey job, const std::string& owner, const Ranking& ranking);
    void rank(JobKey job, const Ranking& ranking);
    void remove(JobKey job);  // none of its steps is listed any more; sessions of it may still end later

    void list(const Place& place, const std::string& requirement_key, const Requirement& requirement);
    void unlist(const Place& place);
    void touch_all();  // something changed for workers: whoever found nothing looks again

    // A session of the job begins or ends; moved: what it frees is meant for another job already.
    void session_began(JobKey job, const Resources& resources);
    void session_ended(JobKey job, const Resources& resources);
    void charge(JobKey job, const Resources& resources);
    void discharge(JobKey job, const Resources& resources);

    // The first in order that is accepted, among those that fit and were touched after `since`.
    std::optional<Place> first(const Fits& fits, const Accept& accept, std::uint64_t since = 0) const;
    // One that should have what a session of this job holds, even after the job has given it up.
    std::optional<Place> before(JobKey job, const Resources& held, const Fits& fits, const Accept& accept) const;

    std::uint64_t touched() const { return touched_; }  // grows when something became ready
    bool is_empty() const { return classes_.empty(); }
    bool owner_is_full(JobKey job) const;
    int most_sessions() const { return most_sessions_; }

    // For people, and tests.
    struct Standing {
        double share = 0;  // in slots
        double need = 0;
        int sessions = 0;
    };
    Fairness fairness() const { return fairness_; }
    double weight_of(const std::string& owner) const;
    Standing owner_standing(const std::string& owner) const;
    Standing job_standing(JobKey job) const;
    const std::string& owner_of(JobKey job) const { return jobs_.at(job).owner->first; }
    std::size_t before_in_order(JobKey job) const;  // jobs with something to give out that are before it

private:
    struct Class;
    struct Owner {
        double weight = 1;
        double need = 0;
        int sessions = 0;
        Resources used{};
        std::map<std::string, Class*> listed_in;
    };
    using OwnerRef = std::map<std::string, Owner>::value_type*;
    struct Job {
        OwnerRef owner = nullptr;
        OwnerRef seat = nullptr;  // where it stands in the order: with its owner, or all together
        Ranking ranking;
        double need = 0;
        int sessions = 0;
        Resources used{};
        std::map<std::size_t, std::string> listed;  // step → key of its class
    };
    template <class T>
    struct Ranked {  // the greatest need first
        double need = 0;
        T what{};
        bool operator<(const Ranked& other) const { return need != other.need ? need > other.need : what < other.what; }
    };
    struct Class {
        Requirement requirement;
        std::uint64_t touched = 0;
        std::set<Ranked<std::string>> order;
        std::map<std::string, std::set<Ranked<Place>>> seats;
    };

    double share_of(const Resources& used) const;
    double need_of(const Owner& owner, const Resources& used) const;
    double need_of(const Job& job, const Resources& used) const;
    void refresh(OwnerRef owner);
    void refresh(JobKey key, Job& job);
    void refresh_all();

    Fairness fairness_;
    int most_sessions_;
    Resources whole_{};
    std::uint64_t touched_ = 1;
    std::map<std::string, Owner> owners_;
    std::map<JobKey, Job> jobs_;
    std::map<std::string, Class> classes_;
};

}  // namespace atelier::farm

#include "farm/fairness.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace atelier::farm {

namespace {

constexpr double step_of_priority = 1.1;  // each point counts a tenth more
constexpr double stickiness = 1.02;       // so much more need before a session gives way: two jobs don't flap
constexpr int most_looked_at = 128;       // places, each time a session is asked whether it gives way
constexpr double noticed_change = 0.1;    // of the farm's size, before all needs are made anew
constexpr std::string_view all_together;  // the seat of everybody where owners aren't asked

struct FairnessName {
    Fairness fairness;
    std::string_view name;
};
constexpr std::array names = {FairnessName{Fairness::fifo, "fifo"}, FairnessName{Fairness::balanced, "balanced"},
                              FairnessName{Fairness::weighted, "weighted"}};

Resources plus(Resources sum, const Resources& more, double sign) {
    for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] = std::max(0.0, sum[i] + sign * more[i]);
    return sum;
}

double amount_of(const Amounts& amounts, const char* name) {
    const auto found = amounts.find(name);
    return found == amounts.end() ? 0 : found->second;
}

}  // namespace

std::string_view name_of(Fairness fairness) {
    return std::find_if(names.begin(), names.end(), [&](const auto& row) { return row.fairness == fairness; })->name;
}

std::optional<Fairness> fairness_named(std::string_view name) {
    for (const FairnessName& row : names)
        if (row.name == name) return row.fairness;
    return std::nullopt;
}

Resources resources_of(const Amounts& amounts, double slots) {
    return {slots, amount_of(amounts, "amount.worker.vcpu"), amount_of(amounts, "amount.worker.memory"),
            amount_of(amounts, "amount.worker.gpu")};
}

void FairOrder::clear_jobs() {
    classes_.clear();
    jobs_.clear();
    owners_.clear();
    whole_ = {};
    ++touched_;
}

// The dominant resource, counted in slots of the whole farm.
double FairOrder::share_of(const Resources& used) const {
    double share = used[0];
    for (std::size_t i = 1; i < used.size(); ++i)
        if (whole_[i] > 0) share = std::max(share, used[i] / whole_[i] * whole_[0]);
    return share;
}

double FairOrder::need_of(const Owner& owner, const Resources& used) const {
    return fairness_ == Fairness::balanced ? owner.weight / (share_of(used) + 1) : 0;
}

double FairOrder::need_of(const Job& job, const Resources& used) const {
    if (fairness_ == Fairness::fifo) return job.ranking.priority;
    const int points = job.ranking.priority + job.ranking.age_points;
    return job.ranking.weight * std::pow(step_of_priority, points) / (share_of(used) + 1);
}

// Workers come one by one; needs are made anew only when the farm's size has changed noticeably, for all alike.
void FairOrder::set_whole(const Resources& whole) {
    bool changed = false;
    for (std::size_t i = 0; i < whole.size(); ++i)
        changed = changed || std::abs(whole[i] - whole_[i]) > noticed_change * whole_[i];
    if (!changed) return;
    whole_ = whole;
    refresh_all();
}

void FairOrder::set_weight(const std::string& owner, double weight) {
    const auto found = owners_.try_emplace(owner).first;
    found->second.weight = weight;
    refresh(&*found);
}

double FairOrder::weight_of(const std::string& owner) const {
    const auto found = owners_.find(owner);
    return found == owners_.end() ? 1 : found->second.weight;
}

void FairOrder::refresh_all() {
    for (auto& owner : owners_)
        refresh(&owner);
    for (auto& [key, job] : jobs_)
        refresh(key, job);
}

void FairOrder::refresh(OwnerRef owner) {
    auto& [name, account] = *owner;
    const double need = need_of(account, account.used);
    if (need == account.need) return;
    for (const auto& [key, among] : account.listed_in) {
        among->order.erase({account.need, name});
        among->order.insert({need, name});
    }
    account.need = need;
}

void FairOrder::refresh(JobKey key, Job& job) {
    const double need = need_of(job, job.used);
    if (need == job.need) return;
    for (const auto& [step, class_key] : job.listed) {
        auto& places = classes_.at(class_key).seats.at(job.seat->first);
        places.erase({job.need, {key, step}});
        places.insert({need, {key, step}});
    }
    job.need = need;
}

void FairOrder::add(JobKey key, const std::string& owner, const Ranking& ranking) {
    Job& job = jobs_[key];
    job.owner = &*owners_.try_emplace(owner).first;
    job.seat = fairness_ == Fairness::balanced ? job.owner : &*owners_.try_emplace(std::string(all_together)).first;
    job.ranking = ranking;
    refresh(job.owner);
    refresh(key, job);
}

void FairOrder::rank(JobKey key, const Ranking& ranking) {
    Job& job = jobs_.at(key);
    if (job.ranking == ranking) return;
    job.ranking = ranking;
    refresh(key, job);
}

void FairOrder::remove(JobKey key) {
    const auto found = jobs_.find(key);
    if (found == jobs_.end()) return;
    Owner& owner = found->second.owner->second;
    if (owner_is_full(key)) touch_all();
    owner.sessions -= found->second.sessions;
    owner.used = plus(owner.used, found->second.used, -1);
    if (owner.sessions == 0) owner.used = {};  // no rest of many sums
    refresh(found->second.owner);
    jobs_.erase(found);
}

void FairOrder::list(const Place& place, const std::string& requirement_key, const Requirement& requirement) {
    Job& job = jobs_.at(place.job);
    job.listed[place.step] = requirement_key;
    Class& among = classes_[requirement_key];
    among.requirement = requirement;
    among.touched = ++touched_;
    among.seats[job.seat->first].insert({job.need, place});
    among.order.insert({job.seat->second.need, job.seat->first});
    job.seat->second.listed_in[requirement_key] = &among;
}

void FairOrder::unlist(const Place& place) {
    Job& job = jobs_.at(place.job);
    const auto listed = job.listed.find(place.step);
    if (listed == job.listed.end()) return;
    auto& [name, seat] = *job.seat;
    const auto found = classes_.find(listed->second);
    Class& among = found->second;
    auto& places = among.seats.at(name);
    places.erase({job.need, place});
    if (places.empty()) {
        among.seats.erase(name);
        among.order.erase({seat.need, name});
        seat.listed_in.erase(listed->second);
    }
    job.listed.erase(listed);
    if (among.seats.empty()) classes_.erase(found);
}

void FairOrder::touch_all() {
    ++touched_;
    for (auto& [key, among] : classes_)
        among.touched = touched_;
}

void FairOrder::charge(JobKey key, const Resources& resources) {
    const auto found = jobs_.find(key);
    if (found == jobs_.end()) return;
    Job& job = found->second;
    job.used = plus(job.used, resources, 1);
    job.owner->second.used = plus(job.owner->second.used, resources, 1);
    refresh(job.owner);
    refresh(key, job);
}

void FairOrder::discharge(JobKey key, const Resources& resources) {
    const auto found = jobs_.find(key);
    if (found == jobs_.end()) return;
    Job& job = found->second;
    job.used = plus(job.used, resources, -1);
    job.owner->second.used = plus(job.owner->second.used, resources, -1);
    refresh(job.owner);
    refresh(key, job);
}

void FairOrder::session_began(JobKey key, const Resources& resources) {
    if (const auto found = jobs_.find(key); found != jobs_.end()) {
        ++found->second.sessions;
        ++found->second.owner->second.sessions;
    }
    charge(key, resources);
}

void FairOrder::session_ended(JobKey key, const Resources& resources) {
    if (const auto found = jobs_.find(key); found != jobs_.end()) {
        if (owner_is_full(key)) touch_all();
        --found->second.sessions;
        --found->second.owner->second.sessions;
    }
    discharge(key, resources);
}

bool FairOrder::owner_is_full(JobKey key) const {
    return most_sessions_ > 0 && jobs_.at(key).owner->second.sessions >= most_sessions_;
}

std::optional<FairOrder::Place> FairOrder::first(const Fits& fits, const Accept& accept, std::uint64_t since) const {
    using Position = std::tuple<double, std::string_view, double, Place>;
    std::optional<Position> best;
    for (const auto& [key, among] : classes_) {
        if (among.touched <= since || !fits(among.requirement)) continue;
        bool found = false;
        for (auto seat = among.order.begin(); seat != among.order.end() && !found; ++seat) {
            if (best && -seat->need > std::get<0>(*best)) break;
            for (const auto& candidate : among.seats.at(seat->what)) {
                const Position position{-seat->need, seat->what, -candidate.need, candidate.what};
                if (best && *best < position) break;
                if (owner_is_full(candidate.what.job) || !accept(candidate.what)) continue;
                best = position;
                found = true;
                break;
            }
        }
    }
    if (!best) return std::nullopt;
    return std::get<Place>(*best);
}

std::optional<FairOrder::Place> FairOrder::before(JobKey key, const Resources& held, const Fits& fits,
                                                  const Accept& accept) const {
    const Job& job = jobs_.at(key);
    const double factor = fairness_ == Fairness::fifo ? 1 : stickiness;
    const double owner_need = need_of(job.owner->second, plus(job.owner->second.used, held, -1)) * factor;
    const double job_need = need_of(job, plus(job.used, held, -1)) * factor;
    int looked_at = 0;
    const auto among_places = [&](const std::set<Ranked<Place>>& places, double least) -> std::optional<Place> {
        for (const auto& candidate : places) {
            if (candidate.need <= least || ++looked_at > most_looked_at) break;
            const JobKey other = candidate.what.job;
            const bool is_full = jobs_.at(other).owner != job.owner && owner_is_full(other);
            if (other != key && !is_full && accept(candidate.what)) return candidate.what;
        }
        return std::nullopt;
    };
    for (const auto& [class_key, among] : classes_) {
        if (!fits(among.requirement)) continue;
        for (const auto& seat : among.order) {
            if (seat.what == job.seat->first) continue;
            if (seat.need <= owner_need) break;
            if (const auto found = among_places(among.seats.at(seat.what), 0)) return found;
        }
        if (const auto own = among.seats.find(job.seat->first); own != among.seats.end())
            if (const auto found = among_places(own->second, job_need)) return found;
    }
    return std::nullopt;
}

FairOrder::Standing FairOrder::owner_standing(const std::string& name) const {
    const auto found = owners_.find(name);
    if (found == owners_.end()) return {};
    return {share_of(found->second.used), found->second.need, found->second.sessions};
}

FairOrder::Standing FairOrder::job_standing(JobKey key) const {
    const Job& job = jobs_.at(key);
    return {share_of(job.used), job.need, job.sessions};
}

std::size_t FairOrder::before_in_order(JobKey key) const {
    const auto position = [](JobKey of, const Job& job) {
        return std::tuple(-job.seat->second.need, std::string_view(job.seat->first), -job.need, of);
    };
    const auto own = position(key, jobs_.at(key));
    return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& other) {
        return !other.second.listed.empty() && position(other.first, other.second) < own;
    }));
}

}  // namespace atelier::farm

// The verbs that a person has for jobs and workers, and what each does: one table for this process and for those that
// leave an ask.
#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>

#include "base/json_struct.h"
#include "base/text.h"
#include "farm/farm.h"
#include "farm/queries.h"
#include "farm/queries_json.h"
#include "farm/why.h"
#include "farm/workers.h"

namespace atelier::farm {

namespace {

std::string text_of(const json::Object& body, const char* key) {
    const json::Value* value = body.if_contains(key);
    if (value == nullptr || !value->is_string())
        throw Error(Error::Kind::invalid, fmt::format("\"{}\" is missing", key));
    return std::string(value->get_string());
}

bool flag_of(const json::Object& body, const char* key) {
    const json::Value* value = body.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

using Act = json::Value (*)(Queue&, db::Connection&, const json::Object&);

template <void (Queue::*Member)(db::Connection&, const std::string&)>
json::Value on_job(Queue& queue, db::Connection& connection, const json::Object& body) {
    (queue.*Member)(connection, text_of(body, "job"));
    return nullptr;
}

json::Value submit(Queue& queue, db::Connection& connection, const json::Object& body) {
    const std::string owner = body.contains("owner") ? text_of(body, "owner") : "local";
    const std::string id = body.contains("id") ? text_of(body, "id") : "";
    return json::Value(
        queue.submit(connection, wire::submission_from_json(json::text(body.at("submission"))), owner, id));
}

// How far each task is that runs now; nothing of a job that has ended.
json::Value running(Queue& queue, db::Connection&, const json::Object& body) {
    json::Array tasks;
    const JobBoard* job = queue.find(text_of(body, "job"));
    if (job == nullptr) return tasks;
    for (std::size_t step = 0; step < job->steps.size(); ++step)
        for (const auto& [task, live] : job->steps[step].live)
            if (live.state == TaskState::running)
                tasks.push_back(
                    json::Object{{"step", step}, {"task", task}, {"worker", live.worker}, {"progress", live.progress}});
    return tasks;
}

json::Value retry(Queue& queue, db::Connection& connection, const json::Object& body) {
    queue.retry(connection, text_of(body, "job"), flag_of(body, "whole"));
    return nullptr;
}

json::Value change_settings(Queue& queue, db::Connection& connection, const json::Object& body) {
    queue.change_settings(connection, text_of(body, "job"), wire::settings_from_json(json::text(body.at("settings"))));
    return nullptr;
}

json::Value explain(Queue& queue, db::Connection& connection, const json::Object& body) {
    const json::Value* task = body.if_contains("task");
    std::optional<std::uint64_t> index;
    if (task != nullptr && task->is_number()) index = task->to_number<std::uint64_t>();
    const json::Value* step = body.if_contains("step");
    const std::string step_name = step != nullptr && step->is_string() ? std::string(step->get_string()) : "";
    return json::Value(why_it_waits(queue, connection, text_of(body, "job"), step_name, index));
}

template <WorkerWish Wish>
json::Value wish(Queue& queue, db::Connection& connection, const json::Object& body) {
    queue.set_wish(connection, find_worker(connection, text_of(body, "worker")), Wish);
    return nullptr;
}

template <void (Queue::*Member)(db::Connection&, const std::string&)>
json::Value on_worker(Queue& queue, db::Connection& connection, const json::Object& body) {
    (queue.*Member)(connection, find_worker(connection, text_of(body, "worker")));
    return nullptr;
}

json::Value workers(Queue& queue, db::Connection& connection, const json::Object&) {
    return json::write(workers_now(queue, connection));
}

json::Value weight(Queue& queue, db::Connection& connection, const json::Object& body) {
    const json::Value* given = body.if_contains("weight");
    if (given == nullptr || !given->is_number()) throw Error(Error::Kind::invalid, "\"weight\" is missing");
    queue.set_weight(connection, text_of(body, "owner"), given->to_number<double>());
    return nullptr;
}

struct Verb {
    std::string_view name;
    Act act;
};

constexpr std::array verbs = {
    Verb{"submit", submit},
    Verb{"pause", on_job<&Queue::pause>},
    Verb{"resume", on_job<&Queue::resume>},
    Verb{"cancel", on_job<&Queue::cancel>},
    Verb{"retry", retry},
    Verb{"settings", change_settings},
    Verb{"archive", on_job<&Queue::archive>},
    Verb{"delete", on_job<&Queue::remove>},
    Verb{"why", explain},
    Verb{"running", running},
    Verb{"workers", workers},
    Verb{"worker-pause", wish<WorkerWish::pause>},
    Verb{"worker-resume", wish<WorkerWish::run>},
    Verb{"worker-leave", wish<WorkerWish::leave>},
    Verb{"worker-forget", on_worker<&Queue::remove_worker>},
    Verb{"forgive", on_worker<&Queue::forgive>},
    Verb{"weight", weight},
};

}  // namespace

json::Value Farm::apply(db::Connection& connection, const std::string& verb, const json::Object& body) {
    for (const Verb& known : verbs)
        if (known.name == verb) return known.act(queue_, connection, body);
    throw Error(Error::Kind::invalid, "the farm doesn't know the verb " + verb);
}

}  // namespace atelier::farm

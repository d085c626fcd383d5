// What people say about workers: pause, leave, forget, forgive.
#include "farm/queue.h"
#include "farm/trust.h"

namespace atelier::farm {

void Queue::set_wish(db::Connection& connection, const std::string& id, WorkerWish wish) {
    connection.run("UPDATE workers SET wish = $2 WHERE id = $1", id, wish);
    const auto worker = workers_.find(id);
    if (worker == workers_.end()) return;
    worker->second.wish = wish;
    worker->second.nothing_since = 0;
    stirred_.insert(id);
    order_.touch_all();
}

void Queue::remove_worker(db::Connection& connection, const std::string& id) {
    if (const auto worker = workers_.find(id); worker != workers_.end())
        forget_worker(connection, id, "the worker " + worker->second.name + " was taken from the farm");
    connection.run("DELETE FROM workers WHERE id = $1", id);
    write_touched_steps(connection);
}

void Queue::forgive(db::Connection& connection, const std::string& id) {
    for (auto& [key, job] : jobs_)
        trust::forgive(connection, job, id);
    if (const auto worker = workers_.find(id); worker != workers_.end())
        trust::cure(connection, worker->second);
    else
        connection.run("UPDATE workers SET sick_since = NULL WHERE id = $1", id);
    order_.touch_all();
}

}  // namespace atelier::farm

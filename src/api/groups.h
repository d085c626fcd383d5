// The routes of the farm, group by group. Each is one line in its group's function; the handlers stand below it.
#pragma once

#include "api/routes.h"

namespace atelier::api {

void add_jobs(Routes& routes);      // jobs.cpp: listed, submitted, steered
void add_tasks(Routes& routes);     // tasks.cpp: attempts, logs, events, why
void add_outputs(Routes& routes);   // outputs.cpp: what jobs made, one by one or packed
void add_workers(Routes& routes);   // workers.cpp: seen and steered
void add_exchange(Routes& routes);  // exchange.cpp: what workers themselves ask
void add_blobs(Routes& routes);     // blobs.cpp: uploads and downloads
void add_accounts(Routes& routes);  // accounts.cpp
void add_status(Routes& routes);    // status.cpp: health, metrics, events, this description

}  // namespace atelier::api

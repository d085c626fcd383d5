// What this craft brings to the server: jobs of work units, put together, run and fetched by whoever speaks HTTP.
#pragma once

#include "api/routes.h"

namespace atelier::pipelines::povray {

void add_pov_jobs(api::Routes& routes);

}  // namespace atelier::pipelines::povray

// What this craft brings to the server: render tasks, for those who send a scene and fetch a film, and want to know
// nothing of farms.
#pragma once

#include "api/routes.h"

namespace atelier::pipelines::blender {

void add_render_tasks(api::Routes& routes);

}  // namespace atelier::pipelines::blender

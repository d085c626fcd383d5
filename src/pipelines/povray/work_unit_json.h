// The JSON of a WorkUnit. Only sources that convert include it.
#pragma once

#include "base/json_struct.h"
#include "pipelines/povray/work_unit.h"

namespace atelier::pipelines::povray {

BOOST_DESCRIBE_STRUCT(WorkUnit, (),
                      (shared_resource_gcs_prefix, inline_resource, offload_gcs_prefix, cmd, work_unit_id, job_id))

}  // namespace atelier::pipelines::povray

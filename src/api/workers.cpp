// Workers, seen and steered by people.
#include "api/answers.h"
#include "api/groups.h"

namespace atelier::api {

void add_workers(Routes&) {}

}  // namespace atelier::api

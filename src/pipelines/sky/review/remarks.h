// What a person should notice before an image is published: what is wrong with its position, its words or its tiles.
#pragma once

#include <string>
#include <vector>

#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/review/picture.h"
#include "pipelines/sky/review/placement.h"

namespace atelier::pipelines::sky {

struct Remark {
    enum class Grade { stop, look, note };  // don't publish it so; is it meant?; good to know
    Grade grade = Grade::look;
    std::string text;
    std::string hint;
};
std::string_view to_string(Remark::Grade grade);

std::vector<Remark> remarks_on(const std::string& id, const Place& place, const Picture& picture,
                               const std::optional<Placement>& placement);

}  // namespace atelier::pipelines::sky

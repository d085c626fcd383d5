// From a work folder to the repository: each image's files, its index.wtml last, since by it an image counts as
// published. And the index of all of them.
#pragma once

#include <string>
#include <vector>

#include "pipelines/sky/work/work.h"

namespace atelier::pipelines::sky {

std::vector<std::string> images_to_publish(const Work& work);  // of out_todo/ or approved/

// Goes on with what an earlier try had uploaded. What the repository has of an earlier version, and this one hasn't, is
// removed. False: somebody else did it.
bool publish_image(const Work& work, const std::string& id);
Tally publish_images(const Work& work, const std::vector<std::string>& ids);

// The root's index.wtml, of every ID/index.wtml: the newest first. `broken`: those that can't be read are told as
// failed, and left out.
Tally reindex(const Work& work, const Config& config);

}  // namespace atelier::pipelines::sky

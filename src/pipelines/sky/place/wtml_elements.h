// One element of WTML, for those that read documents in which they stand.
#pragma once

#include "pipelines/sky/place/wtml.h"
#include "pipelines/sky/place/xml_document.h"

namespace atelier::pipelines::sky {

ImageSet read_image_set(const XmlDocument& document, const pugi::xml_node& node);

}  // namespace atelier::pipelines::sky

// Positions as feeds tell them: the tags of AVM in JSON, numbers as numbers or as texts. They come in the parity of
// FITS and leave in that of a picture.
#pragma once

#include "base/json.h"
#include "pipelines/sky/place/wcs.h"

namespace atelier::pipelines::sky {

// For an image of this size; the feed may speak of a larger one. Throw Error::invalid with a reason a person can act
// on ("the reference pixel lies outside the image").
Wcs wcs_of_astropix(const json::Value& item, int width, int height);
Wcs wcs_of_djangoplicity(const json::Value& item, int width, int height);  // flat tags: "Spatial.Scale"

}  // namespace atelier::pipelines::sky

#include "pipelines/sky/pyramid/tile.h"

namespace atelier::pipelines::sky {

std::string tile_path(Scheme scheme, Tile tile, std::string_view extension) {
    const std::string level = std::to_string(tile.level), x = std::to_string(tile.x), y = std::to_string(tile.y);
    const std::string path =
        scheme == Scheme::folders ? level + "/" + y + "/" + y + "_" + x : "L" + level + "X" + x + "Y" + y;
    return path + std::string(extension);
}

std::string tile_url(Scheme scheme, std::string_view extension) {
    return (scheme == Scheme::folders ? "{1}/{3}/{3}_{2}" : "L{1}X{2}Y{3}") + std::string(extension);
}

}  // namespace atelier::pipelines::sky

// Tiles as files: encoded by several threads, written beside and renamed. A tile without anything in it isn't written,
// and one that was there before is removed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "pipelines/sky/pyramid/tile.h"

namespace atelier::pipelines::sky {

enum class TileFormat { png, jpeg, fits, npy };
std::string_view extension_of(TileFormat format);

// 256 times 256 pixels of a mode, top-down; range: what the values of FITS tiles lie in, and their children's did.
struct TilePixels {
    Mode mode = Mode::rgba;
    std::vector<std::byte> bytes;
    std::optional<std::pair<double, double>> range;
};

struct TileFolderOptions {
    Scheme scheme = Scheme::folders;
    TileFormat format = TileFormat::png;
    int effort = 1;        // of the compression: 0 to 9
    unsigned threads = 0;  // 0: as many as there are cores
};

class TileFolder {
public:
    TileFolder(const std::filesystem::path& folder, const TileFolderOptions& options);
    ~TileFolder();

    // Returns at once; waits when much is under way. What goes wrong is thrown by a later call or by finish(). A tile
    // is given at most once before finish(). From any thread.
    void write(Tile tile, TilePixels pixels);
    std::optional<TilePixels> read(Tile tile) const;
    bool has(Tile tile) const;
    std::vector<Tile> tiles(int level) const;  // those that are there, in no order
    const TileFolderOptions& options() const;  // with the number of threads
    void finish();                             // all that was given is written and synced
    // Tiles that were never given to this object, of another picture that was tiled here before, and what a run that
    // was killed left of them.
    void remove_others();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace atelier::pipelines::sky

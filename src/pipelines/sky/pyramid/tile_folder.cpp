#include "pipelines/sky/pyramid/tile_folder.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/machine.h"
#include "pipelines/sky/pyramid/file_tree.h"
#include "pipelines/sky/pyramid/tile_bytes.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t waiting_a_thread = 4;  // tiles
constexpr std::uint64_t largest_tile = 64u << 20;
constexpr int deepest_level = 30;

bool is_there(const fs::path& path) {
    if (::access(path.c_str(), F_OK) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw Error::from_errno("cannot read " + path.string());
}

}  // namespace

std::string_view extension_of(TileFormat format) {
    switch (format) {
        case TileFormat::png: return ".png";
        case TileFormat::jpeg: return ".jpg";
        case TileFormat::fits: return ".fits";
        case TileFormat::npy: return ".npy";
    }
    return {};
}

struct TileFolder::State {
    State(const fs::path& place, const TileFolderOptions& choices) : files(place), options(choices) {
        if (options.threads == 0) options.threads = static_cast<unsigned>(usable_cores());
    }
    ~State() {
        {
            const std::lock_guard lock(mutex);
            ended = true;
            waiting.clear();
        }
        changed.notify_all();
        for (std::thread& thread : threads)
            thread.join();
    }

    fs::path name_of(Tile tile) const { return tile_path(options.scheme, tile, extension_of(options.format)); }
    fs::path path_of(Tile tile) const { return files.root() / name_of(tile); }

    // Of a path that path_of gives; else nothing.
    std::optional<Tile> tile_of(const std::string& path) const {
        Tile tile;
        const bool flat = options.scheme == Scheme::flat;
        const int count = flat ? std::sscanf(path.c_str(), "L%dX%dY%d", &tile.level, &tile.x, &tile.y)
                               : std::sscanf(path.c_str(), "%d/%*d/%d_%d", &tile.level, &tile.y, &tile.x);
        const bool inside = count == 3 && tile.level >= 0 && tile.level <= deepest_level &&
                            std::max(tile.x, tile.y) >> tile.level == 0 && std::min(tile.x, tile.y) >= 0;
        if (!inside || tile_path(options.scheme, tile, extension_of(options.format)) != path) return std::nullopt;
        return tile;
    }

    // Each file of a level that is a tile, or was on its way to be one; its name is that below the folder.
    void each_file(int level, const std::function<void(const fs::path& name, Tile, bool is_whole)>& act) const {
        const bool flat = options.scheme == Scheme::flat;
        const fs::path root = flat ? files.root() : files.root() / std::to_string(level);
        if (!is_there(root)) return;
        std::error_code problem;
        for (fs::recursive_directory_iterator entry(root, problem), end; !problem && entry != end;
             entry.increment(problem)) {
            if (flat) entry.disable_recursion_pending();
            const std::string name = entry->path().lexically_relative(files.root()).generic_string();
            const bool is_whole = !name.ends_with(FileTree::unfinished);
            const auto tile = tile_of(is_whole ? name : name.substr(0, name.size() - FileTree::unfinished.size()));
            if (tile && tile->level == level) act(name, *tile, is_whole);
        }
        if (problem) throw Error::from_errno("cannot list " + root.string(), problem.value());
    }

    void add(Tile tile, TilePixels pixels) {
        std::unique_lock lock(mutex);
        throw_failure();
        if (threads.size() < options.threads && waiting.size() >= threads.size())
            threads.emplace_back([this] { work(); });
        changed.wait(lock, [&] { return waiting.size() < waiting_a_thread * options.threads || failure; });
        throw_failure();
        waiting.emplace_back(tile, std::move(pixels));
        given.insert(tile);
        lock.unlock();
        changed.notify_all();
    }

    void wait_for_all() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return (waiting.empty() && busy == 0) || failure; });
        throw_failure();
    }

    void work() {
        std::optional<TileEncoder> encoder;
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return ended || !waiting.empty(); });
            if (waiting.empty()) return;
            const auto [tile, pixels] = std::move(waiting.front());
            waiting.pop_front();
            ++busy;
            lock.unlock();
            changed.notify_all();
            std::exception_ptr problem;
            try {
                if (!encoder) encoder.emplace(options.format, options.effort);
                put(tile, pixels, *encoder);
            } catch (...) {
                problem = std::current_exception();
            }
            lock.lock();
            --busy;
            if (problem) {
                failure = problem;
                waiting.clear();
            }
            changed.notify_all();
        }
    }

    void put(Tile tile, const TilePixels& pixels, TileEncoder& encoder) {
        is_empty(pixels) ? files.remove(name_of(tile)) : files.write(name_of(tile), encoder.encode(pixels));
    }

    // Once is enough: who is told stops.
    void throw_failure() {
        if (failure) std::rethrow_exception(failure);
    }

    FileTree files;
    TileFolderOptions options;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::pair<Tile, TilePixels>> waiting;
    std::set<Tile> given;
    std::size_t busy = 0;  // threads that are at a tile
    bool ended = false;
    std::exception_ptr failure;
    std::vector<std::thread> threads;
};

TileFolder::TileFolder(const fs::path& folder, const TileFolderOptions& options)
    : state_(std::make_unique<State>(folder, options)) {}

TileFolder::~TileFolder() = default;

void TileFolder::write(Tile tile, TilePixels pixels) {
    if (pixels.bytes.size() != std::size_t{tile_side} * tile_side * pixel_bytes(pixels.mode))
        throw Error(Error::Kind::internal, "a tile isn't of 256 times 256 pixels");
    state_->add(tile, std::move(pixels));
}

std::optional<TilePixels> TileFolder::read(Tile tile) const {
    const fs::path path = state_->path_of(tile);
    if (!is_there(path)) return std::nullopt;
    return decode_tile(state_->options.format, read_file(path, largest_tile), path);
}

bool TileFolder::has(Tile tile) const { return is_there(state_->path_of(tile)); }

const TileFolderOptions& TileFolder::options() const { return state_->options; }

std::vector<Tile> TileFolder::tiles(int level) const {
    std::vector<Tile> found;
    state_->each_file(level, [&](const fs::path&, Tile tile, bool is_whole) {
        if (is_whole) found.push_back(tile);
    });
    return found;
}

void TileFolder::remove_others() {
    for (int level = 0; level <= deepest_level; ++level)
        state_->each_file(level, [&](const fs::path& path, Tile tile, bool) {
            if (!state_->given.contains(tile)) state_->files.remove(path);
        });
}

void TileFolder::finish() {
    state_->wait_for_all();
    state_->files.finish();
}

}  // namespace atelier::pipelines::sky

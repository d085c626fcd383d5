#include "store/garbage.h"

#include <limits>

#include "base/error.h"

namespace atelier::store {

namespace {

constexpr const char* blob_prefix = "sha256/";
constexpr Micros day = 86'400'000'000;  // nothing is being put for longer
constexpr Micros any_time = std::numeric_limits<Micros>::max();

}  // namespace

// Removed while listing: a backend may give a removed object or not, but gives all others.
GcReport gc(Store& store, const std::function<bool(const Digest&)>& is_live, Micros older_than, bool dry_run) {
    GcReport report;
    store.list(blob_prefix, [&](const ObjectInfo& object) {
        const auto digest = Blobs::digest_of(object.key);
        const bool garbage = digest && object.modified < older_than && !is_live(*digest);
        if (!garbage || !(dry_run || store.remove_if_unchanged(object))) {
            ++report.kept;
            return;
        }
        ++report.removed;
        report.bytes += object.size;
    });
    report.unfinished = store.remove_unfinished(older_than - day, dry_run);
    return report;
}

std::vector<Damage> check(Store& store) {
    std::vector<Damage> damaged;
    store.list(blob_prefix, [&](const ObjectInfo& object) {
        const auto digest = Blobs::digest_of(object.key);
        if (!digest) return damaged.push_back({object.key, object.size, "its name is not that of a blob"});
        Sha256 hash;
        try {
            store.get(object.key, {}, [&](std::string_view piece) { hash.update(piece); });
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::not_found) return;  // removed meanwhile
            return damaged.push_back({object.key, object.size, error.what()});
        }
        if (hash.finish() != *digest)
            damaged.push_back({object.key, object.size, "its content has changed or was cut short"});
    });
    return damaged;
}

Usage usage(Store& store) {
    Usage sum;
    store.list("", [&](const ObjectInfo& object) {
        ++sum.objects;
        sum.bytes += object.size;
    });
    sum.unfinished = store.remove_unfinished(any_time, true);
    return sum;
}

}  // namespace atelier::store

// Which blobs of the store the database counts on.
#include <algorithm>
#include <cstdint>

#include "farm/queries.h"
#include "store/manifest.h"

namespace atelier::farm {

namespace {

// A manifest and all that it lists. One that is damaged is an Error: what it holds is not known, so nothing may be
// removed.
void add_manifest(std::set<std::string>& digests, store::Blobs& blobs, const std::string& digest) {
    digests.insert(digest);
    const auto manifest = store::load_manifest(Digest::from_hex(digest), blobs);
    if (!manifest) return;
    for (const store::Entry& entry : manifest->entries)
        if (entry.kind == store::Entry::Kind::file) digests.insert(entry.blob.digest.hex());
}

std::vector<std::tuple<std::string>> manifests(db::Connection& connection) {
    return connection.rows<std::string>(
        "SELECT manifest FROM inputs UNION SELECT checkpoint FROM tasks WHERE checkpoint IS NOT NULL");
}

}  // namespace

std::vector<std::string> digests_of_job(db::Connection& connection, store::Blobs& blobs, const std::string& job) {
    const auto key = connection.row<std::int64_t>("SELECT key FROM jobs WHERE id = $1", job);
    if (!key) return {};
    std::set<std::string> digests;
    for (const auto& [digest] : connection.rows<std::string>(
             "SELECT digest FROM artifacts WHERE job = $1 UNION SELECT digest FROM previews WHERE job = $1",
             std::get<0>(*key)))
        digests.insert(digest);
    for (const auto& [manifest] :
         connection.rows<std::string>("SELECT manifest FROM inputs WHERE job = $1 UNION SELECT checkpoint FROM tasks "
                                      "WHERE job = $1 AND checkpoint IS NOT NULL",
                                      std::get<0>(*key)))
        add_manifest(digests, blobs, manifest);
    return {digests.begin(), digests.end()};
}

std::vector<std::string> unreferenced(db::Connection& connection, store::Blobs& blobs,
                                      const std::vector<std::string>& digests) {
    std::set<std::string> in_manifests;
    for (const auto& [manifest] : manifests(connection))
        add_manifest(in_manifests, blobs, manifest);
    std::vector<std::string> free;
    for (const std::string& digest : digests) {
        if (in_manifests.contains(digest)) continue;
        if (connection.row<int>("SELECT 1 FROM artifacts WHERE digest = $1 LIMIT 1", digest)) continue;
        if (connection.row<int>("SELECT 1 FROM previews WHERE digest = $1 LIMIT 1", digest)) continue;
        free.push_back(digest);
    }
    return free;
}

std::set<std::string> live_digests(db::Connection& connection, store::Blobs& blobs) {
    std::set<std::string> digests;
    connection.each<std::string>("SELECT digest FROM artifacts UNION SELECT digest FROM previews",
                                 [&](const std::string& digest) { digests.insert(digest); });
    for (const auto& [manifest] : manifests(connection))
        add_manifest(digests, blobs, manifest);
    return digests;
}

}  // namespace atelier::farm

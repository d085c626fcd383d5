#include "store/manifest.h"

#include <algorithm>

#include "base/json_struct.h"
#include "base/text.h"

namespace atelier::store {

namespace {
constexpr std::uint64_t largest_manifest = 1u << 30;
}

namespace {

constexpr int format_version = 1;
constexpr Micros year_1 = -62'135'596'800'000'000;
constexpr Micros year_10000 = 253'402'300'800'000'000;
constexpr unsigned permission_bits = 0777;

BOOST_DEFINE_ENUM_CLASS(KindText, file, link, folder)

// How an entry is written; what a kind doesn't have is left out.
struct EntryText {
    KindText kind = KindText::file;
    std::string path;
    std::optional<std::string> sha256;
    std::optional<std::uint64_t> size;
    std::optional<std::string> target;
    std::optional<unsigned> mode;
    std::optional<Micros> modified;
};
BOOST_DESCRIBE_STRUCT(EntryText, (), (kind, path, sha256, size, target, mode, modified))

struct ManifestText {
    int version = 0;
    std::vector<EntryText> entries;
};
BOOST_DESCRIBE_STRUCT(ManifestText, (), (version, entries))

EntryText to_text(const Entry& entry) {
    EntryText text;
    text.kind = static_cast<KindText>(entry.kind);
    text.path = entry.path;
    if (entry.kind == Entry::Kind::link) {
        text.target = entry.link_target;
        return text;
    }
    text.mode = entry.mode;
    text.modified = entry.modified;
    if (entry.kind == Entry::Kind::file) {
        text.sha256 = entry.blob.digest.hex();
        text.size = entry.blob.size;
    }
    return text;
}

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw Error(Error::Kind::invalid, "the manifest is refused: " + where + ": " + why, {}, where);
}

Entry from_text(const EntryText& text, const std::string& where) {
    const bool file = text.kind == KindText::file;
    const bool link = text.kind == KindText::link;
    if (text.sha256.has_value() != file || text.size.has_value() != file)
        refuse(where, "sha256 and size belong to each file, and to nothing else");
    if (text.target.has_value() != link) refuse(where, "a target belongs to each link, and to nothing else");
    if (text.mode.has_value() == link || text.modified.has_value() == link)
        refuse(where, "mode and modified belong to each file and folder, and to nothing else");
    Entry entry;
    entry.path = text.path;
    entry.kind = static_cast<Entry::Kind>(text.kind);
    entry.mode = text.mode.value_or(entry.mode);
    entry.modified = text.modified.value_or(0);
    entry.link_target = text.target.value_or("");
    if (entry.mode > permission_bits) refuse(where + ".mode", "only permission bits are allowed");
    if (entry.modified < year_1 || entry.modified >= year_10000) refuse(where + ".modified", "no time of this era");
    try {
        if (file) entry.blob = {Digest::from_hex(*text.sha256), *text.size};
    } catch (const Error& error) {
        refuse(where + ".sha256", error.what());
    }
    return entry;
}

bool by_path(const Entry& a, const Entry& b) { return a.path < b.path; }

}  // namespace

std::uint64_t Manifest::total_size() const {
    std::uint64_t sum = 0;
    for (const Entry& entry : entries)
        if (__builtin_add_overflow(sum, entry.blob.size, &sum)) return UINT64_MAX;
    return sum;
}

std::string Manifest::to_json() const {
    ManifestText text{format_version, {}};
    for (const Entry& entry : entries)
        text.entries.push_back(to_text(entry));
    std::ranges::sort(text.entries, {}, &EntryText::path);
    return json::canonical(json::write(text));
}

Manifest Manifest::parse(std::string_view json) {
    const json::Value value = json::parse(json);
    const auto* object = value.if_object();
    const auto* version = object != nullptr ? object->if_contains("version") : nullptr;
    if (version == nullptr) refuse("version", "it is missing");
    if (*version != format_version) refuse("version", "this program reads version " + std::to_string(format_version));
    const auto text = json::read<ManifestText>(value);
    Manifest manifest;
    for (std::size_t i = 0; i < text.entries.size(); ++i)
        manifest.entries.push_back(from_text(text.entries[i], "entries[" + std::to_string(i) + "]"));
    std::sort(manifest.entries.begin(), manifest.entries.end(), by_path);
    check_entries(manifest.entries);
    return manifest;
}

std::optional<Manifest> load_manifest(const Digest& digest, Blobs& blobs) {
    const auto known = blobs.store().head(Blobs::key_of(digest));
    if (!known) return std::nullopt;
    return Manifest::parse(blobs.get({digest, known->size}, largest_manifest));
}

}  // namespace atelier::store

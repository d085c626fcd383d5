// Whether a list of entries is one that can be laid into a folder: the rules that keep a hostile manifest inside of it.
#include <deque>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "store/manifest.h"

namespace atelier::store {

namespace {

constexpr std::size_t longest_path = 4095;  // what the system itself takes
constexpr std::size_t longest_part = 255;
constexpr int most_links_in_a_path = 40;

using EntryByPath = std::unordered_map<std::string_view, const Entry*>;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw Error(Error::Kind::invalid, "the path \"" + printable(path.substr(0, 200)) + "\" is refused: " + why);
}

void check_path(const std::string& path) {
    check_relative_path(path);
    if (!count_characters(path)) refuse(path, "its name is not UTF-8");
    if (path.size() > longest_path) refuse(path, "it is too long");
    for (const std::string_view part : split(path, '/'))
        if (part.size() > longest_part) refuse(path, "a part of it is too long");
}

// What an entry lies below is no entry itself: folders that aren't empty aren't listed, and nothing lies below a file
// or link.
void check_folders_of(const std::string& path, const EntryByPath& entries) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const auto found = entries.find(std::string_view(path).substr(0, slash));
        if (found == entries.end()) continue;
        refuse(path, "it lies below \"" + found->second->path + "\", which is an entry itself");
    }
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

// Where a link leads, going through the other links on the way as the system would: "..", after a link, leaves the
// folder that the link leads to, not the one that it stands in.
void check_link(const Entry& link, const EntryByPath& entries) {
    const auto out = [&] { refuse(link.path, "the link leads out of its folder"); };
    if (link.link_target.empty()) refuse(link.path, "the link leads nowhere");
    if (link.link_target.size() > longest_path) refuse(link.path, "the link is too long");
    if (link.link_target.find('\0') != std::string::npos || link.link_target.find('\\') != std::string::npos)
        refuse(link.path, "the link holds a NUL or a backslash");
    if (!count_characters(link.link_target)) refuse(link.path, "the link is not UTF-8");
    std::string at = parent_of(link.path);
    std::deque<std::string_view> ahead;
    const auto follow = [&](const Entry& entry) {
        if (entry.link_target.front() == '/') out();
        const auto parts = split(entry.link_target, '/');
        ahead.insert(ahead.begin(), parts.begin(), parts.end());
    };
    follow(link);
    for (int followed = 1; !ahead.empty();) {
        const std::string_view part = ahead.front();
        ahead.pop_front();
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            if (at.empty()) out();
            at = parent_of(at);
            continue;
        }
        const std::size_t before = at.size();
        at.append(at.empty() ? "" : "/").append(part);
        if (at.size() > longest_path) refuse(link.path, "the link is too long");
        const auto found = entries.find(at);
        if (found == entries.end() || found->second->kind != Entry::Kind::link) continue;
        if (++followed > most_links_in_a_path) refuse(link.path, "too many links lead to each other");
        if (found->second->link_target.empty()) refuse(found->second->path, "the link leads nowhere");
        at.resize(before);
        follow(*found->second);
    }
}

}  // namespace

void check_entries(const std::vector<Entry>& entries) {
    EntryByPath by_path;
    for (const Entry& entry : entries) {
        check_path(entry.path);
        if (!by_path.emplace(entry.path, &entry).second) refuse(entry.path, "it is named twice");
    }
    for (const Entry& entry : entries) {
        check_folders_of(entry.path, by_path);
        if (entry.kind == Entry::Kind::link) check_link(entry, by_path);
    }
}

}  // namespace atelier::store

#include "process/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace atelier::process {
namespace {

constexpr std::size_t small_file = 1024;
constexpr std::size_t vmstat_size = 16 * 1024;

// Empty when the process has gone meanwhile, or when it is not ours to look into.
template <std::size_t Size>
std::string_view read_proc(const Fd& fd, std::array<char, Size>& buffer) {
    std::size_t used = 0;
    while (fd && used < Size) {
        const ssize_t count = ::read(fd.get(), buffer.data() + used, Size - used);
        if (count <= 0) break;
        used += static_cast<std::size_t>(count);
    }
    return {buffer.data(), used};
}

template <class Number>
std::optional<Number> number_at(std::string_view text) {
    Number number{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc{}) return std::nullopt;
    return number;
}

template <std::size_t Size>
std::string_view read_proc(const char* path, std::array<char, Size>& buffer) {
    return read_proc(Fd(::open(path, O_RDONLY | O_CLOEXEC)), buffer);
}

// The number that follows "name" and blanks.
std::uint64_t number_after(std::string_view text, std::string_view name) {
    const std::size_t at = text.find(name);
    if (at == std::string_view::npos) return 0;
    text.remove_prefix(at + name.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return number_at<std::uint64_t>(text).value_or(0);
}

// /proc/PID/stat is "pid (name) state ppid pgrp session …": the name may hold anything, so what counts comes after the
// last ')'.
std::optional<ProcessInfo> parse_stat(pid_t pid, std::string_view text) {
    constexpr int parent_field = 1, session_field = 3, user_field = 11, system_field = 12;  // counted from the state
    constexpr int began_field = 19, rss_field = 21;
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string_view::npos) return std::nullopt;
    static const std::uint64_t page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    static const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
    ProcessInfo info{.pid = pid};
    text.remove_prefix(name_end + 1);
    for (int field = 0; field <= rss_field; ++field) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        if (text.empty()) return std::nullopt;
        if (field == 0) info.ended = text[0] == 'Z';
        if (field == parent_field) info.parent = number_at<pid_t>(text).value_or(0);
        if (field == session_field) info.session = number_at<pid_t>(text).value_or(0);
        if (field == user_field || field == system_field)
            info.cpu_seconds += number_at<double>(text).value_or(0) / ticks_per_second;
        if (field == began_field) info.began = number_at<std::int64_t>(text).value_or(0);
        if (field == rss_field) info.memory = number_at<std::uint64_t>(text).value_or(0) * page_size;
        text.remove_prefix(std::min(text.find(' '), text.size()));
    }
    return info;
}

}  // namespace

std::optional<ProcessInfo> find_process(pid_t pid) {
    std::array<char, small_file> buffer;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    return parse_stat(pid, read_proc(path, buffer));
}

std::vector<ProcessInfo> all_processes() {
    std::vector<ProcessInfo> processes;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
    if (!folder) return processes;
    while (const dirent* entry = ::readdir(folder.get())) {
        const auto pid = number_at<pid_t>(entry->d_name);
        if (!pid) continue;
        if (const auto info = find_process(*pid)) processes.push_back(*info);
    }
    return processes;
}

std::vector<ProcessInfo> descendants_of(pid_t root, const std::vector<ProcessInfo>& processes) {
    std::vector<ProcessInfo> found;
    std::set<pid_t> known{root};
    for (std::size_t before = 0; before != known.size();) {  // once for most trees: parents are listed first
        before = known.size();
        for (const ProcessInfo& info : processes)
            if (known.contains(info.parent) && known.insert(info.pid).second) found.push_back(info);
    }
    return found;
}

Fd open_transfer(pid_t pid) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/io", pid);
    return Fd(::open(path, O_RDONLY | O_CLOEXEC));
}

Transfer transfer_by(const Fd& file) {
    std::array<char, small_file> buffer;
    const std::string_view text = read_proc(file, buffer);
    return {.bytes_read = number_after(text, "rchar:"), .bytes_written = number_after(text, "wchar:")};
}

std::uint64_t out_of_memory_kills() {
    std::array<char, vmstat_size> buffer;
    return number_after(read_proc("/proc/vmstat", buffer), "\noom_kill ");
}

}  // namespace atelier::process

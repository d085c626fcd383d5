// What this machine is: cores, memory, the space on a disk. Numbers as a task would find them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace atelier {

int usable_cores();  // those that this process may run on, at least 1
std::uint64_t total_memory();
std::uint64_t available_memory();  // what can be had without swapping

// Space for this user on the disk of a path; of its nearest folder that exists when it doesn't. Throws Error.
std::uint64_t free_space(const std::filesystem::path& path);

std::string machine_name();
std::string system_name();   // "Linux 6.1.0-30-amd64"
std::string architecture();  // "x86_64"

}  // namespace atelier

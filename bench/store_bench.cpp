// Hashes and stores the files named on the command line (the first argument is the store's folder); prints the seconds
// it took.
#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/time.h"
#include "store/blobs.h"

int main(int argc, char** argv) {
    using namespace atelier;
    if (argc < 3) return 2;
    const std::vector<std::filesystem::path> files(argv + 2, argv + argc);
    std::filesystem::create_directories(argv[1]);
    const Steady begun = system_clock().steady();
    store::Blobs blobs(std::shared_ptr<store::Store>(store::open_folder_store(argv[1])));
    blobs.put_files(files);
    std::printf("%.3f\n", seconds_between(begun, system_clock().steady()));
}

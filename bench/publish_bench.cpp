// Publishes all files of a folder, and prints the seconds that it took: publish_bench FOLDER TARGET, or publish_bench
// FOLDER CONTAINER VARIABLE, with the connection string in that variable of the environment.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/time.h"
#include "store/repository.h"

int main(int argc, char** argv) {
    using namespace atelier;
    namespace fs = std::filesystem;
    if (argc < 3) return 2;
    const Steady begun = system_clock().steady();
    std::vector<store::Upload> uploads;
    for (const auto& entry : fs::recursive_directory_iterator(argv[1]))
        if (entry.is_regular_file())
            uploads.push_back({entry.path().lexically_relative(argv[1]).generic_string(),
                               entry.path(),
                               {},
                               store::content_type_of(entry.path()),
                               "max-age=31536000"});
    const auto repository = argc == 3 ? store::open_folder_repository(argv[2])
                                      : store::open_azure_repository({std::getenv(argv[3]), argv[2], ""});
    repository->publish(uploads);
    std::printf("%.3f\n", seconds_between(begun, system_clock().steady()));
}

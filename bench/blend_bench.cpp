// The current scene of a .blend, read many times; prints the median of the seconds that one takes.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/time.h"
#include "pipelines/blender/blend_file.h"

int main(int argc, char** argv) {
    using namespace atelier;
    if (argc != 2) return 2;
    std::vector<double> seconds(101);
    for (double& taken : seconds) {
        const Steady begun = system_clock().steady();
        const auto scene = pipelines::blender::BlendFile::get_current_scene(argv[1]);
        taken = seconds_between(begun, system_clock().steady());
        if (scene.name.empty()) return 1;
    }
    std::nth_element(seconds.begin(), seconds.begin() + 50, seconds.end());
    std::printf("%.6f\n", seconds[50]);
}

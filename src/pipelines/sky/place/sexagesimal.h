// Angles as people at telescopes read them.
#pragma once

#include <string>

namespace atelier::pipelines::sky {

std::string ra_text(double degrees);     // 00h 47m 33.13s
std::string dec_text(double degrees);    // −25° 17′ 19.7″
std::string angle_text(double degrees);  // the unit that suits it: 3.42°, 12.5′, 0.83″
double separation(double ra1, double dec1, double ra2, double dec2);  // degrees

}  // namespace atelier::pipelines::sky

// What a stranger's POV-Ray files may hold: INI files with their switches, scenes with names and placeholders, rows of
// data, work units and their plan, and what POV-Ray says on stderr. Nothing but an Error may come of them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "pipelines/povray/dependencies.h"
#include "pipelines/povray/job_plan.h"
#include "pipelines/povray/messages.h"
#include "pipelines/povray/scene_options.h"
#include "pipelines/povray/scene_template.h"
#include "pipelines/povray/work_unit.h"

namespace povray = atelier::pipelines::povray;

namespace {

template <class Action>
void tolerate(const Action& action) {
    try {
        action();
    } catch (const atelier::Error&) {
    }
}

void read_settings(std::string_view text) {
    povray::SceneOptions options;
    for (const povray::IniItem& item : povray::parse_ini(text, "fuzz.ini"))
        tolerate([&] {
            if (!item.name.empty())
                options.set(item.name, item.value);
            else if (item.value.starts_with('+') || item.value.starts_with('-'))
                options.set_switch(item.value);
        });
    tolerate([&] { povray::plan_of(options).range(); });
    tolerate([&] { povray::extension_of(options); });
    povray::make_joinable(options);
    options.text_for_tasks();
}

void read_messages(std::string_view text) {
    povray::Messages messages({});
    for (const std::string_view line : atelier::split(text, '\n'))
        messages.take(line);
    messages.finish();
    if (const auto error = messages.error()) {
        povray::to_string(*error);
        povray::path_in(*error);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    tolerate([&] { read_settings(text); });
    tolerate([&] { povray::parse_csv(text, "fuzz.csv"); });
    tolerate([&] { povray::parse_json_rows(text, "fuzz.json"); });
    tolerate([&] { povray::fill(text, {{"a", "1"}}, "fuzz.pov"); });
    tolerate([&] { povray::work_unit_from_json(text); });
    tolerate([&] { povray::job_plan_from_json(text); });
    povray::names_in(text);
    povray::placeholders_in(text);
    read_messages(text);
    return 0;
}

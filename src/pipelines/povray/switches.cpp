#include "pipelines/povray/switches.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::povray {

namespace {

// What stands behind the letters: nothing counts, it is the setting's value, or it is one if it is there.
enum class Form { toggle, value, toggle_and_value };

struct Switch {
    std::string_view letters;
    Form form;
    std::string_view setting;  // on or off, or what takes the value
    std::string_view detail;   // what takes the value beside the toggle
};

// A longer one stands before those that it begins like.
constexpr Switch switches[] = {
    {"kfi", Form::value, "Initial_Frame", ""},
    {"kff", Form::value, "Final_Frame", ""},
    {"kla", Form::toggle_and_value, "Clockless_Animation", ""},
    {"ki", Form::value, "Initial_Clock", ""},
    {"kf", Form::value, "Final_Clock", ""},
    {"kc", Form::toggle, "Cyclic_Animation", ""},
    {"k", Form::value, "Clock", ""},
    {"stp", Form::value, "Frame_Step", ""},
    {"sf", Form::value, "Subset_Start_Frame", ""},
    {"ef", Form::value, "Subset_End_Frame", ""},
    {"sr", Form::value, "Start_Row", ""},
    {"er", Form::value, "End_Row", ""},
    {"sc", Form::value, "Start_Column", ""},
    {"ec", Form::value, "End_Column", ""},
    {"sp", Form::value, "Preview_Start_Size", ""},
    {"ep", Form::value, "Preview_End_Size", ""},
    {"su", Form::toggle, "Split_Unions", ""},
    {"s", Form::value, "Start_Row", ""},
    {"e", Form::value, "End_Row", ""},
    {"am", Form::value, "Sampling_Method", ""},
    {"ac", Form::value, "Antialias_Confidence", ""},
    {"ag", Form::value, "Antialias_Gamma", ""},
    {"a", Form::toggle_and_value, "Antialias", "Antialias_Threshold"},
    {"bm", Form::value, "Bounding_Method", ""},
    {"bs", Form::value, "Render_Block_Size", ""},
    {"bp", Form::value, "Render_Block_Step", ""},
    {"b", Form::toggle_and_value, "Buffer_Output", "Buffer_Size"},
    {"cc", Form::toggle, "Create_Continue_Trace_Log", ""},
    {"c", Form::toggle, "Continue_Trace", ""},
    {"d", Form::toggle, "Display", ""},
    {"fg", Form::toggle, "Grayscale_Output", ""},
    {"f", Form::toggle_and_value, "Output_to_File", "Output_File_Type"},
    {"ga", Form::toggle, "All_Console", ""},
    {"gd", Form::toggle, "Debug_Console", ""},
    {"gf", Form::toggle, "Fatal_Console", ""},
    {"gi", Form::value, "Create_Ini", ""},
    {"gr", Form::toggle, "Render_Console", ""},
    {"gs", Form::toggle, "Statistic_Console", ""},
    {"gw", Form::toggle, "Warning_Console", ""},
    {"hn", Form::value, "Histogram_Name", ""},
    {"hi", Form::value, "Include_Header", ""},
    {"h", Form::value, "Height", ""},
    {"i", Form::value, "Input_File_Name", ""},
    {"j", Form::toggle_and_value, "Jitter", "Jitter_Amount"},
    {"l", Form::value, "Library_Path", ""},
    {"mb", Form::toggle_and_value, "Bounding", "Bounding_Threshold"},
    {"mv", Form::value, "Version", ""},
    {"o", Form::value, "Output_File_Name", ""},
    {"p", Form::toggle, "Pause_When_Done", ""},
    {"q", Form::value, "Quality", ""},
    {"rvp", Form::toggle, "Radiosity_Vain_Pretrace", ""},
    {"rfi", Form::value, "Radiosity_File_Name", ""},
    {"rp", Form::value, "Render_Pattern", ""},
    {"r", Form::value, "Antialias_Depth", ""},
    {"ua", Form::toggle, "Output_Alpha", ""},
    {"ud", Form::toggle, "Draw_Vistas", ""},
    {"uf", Form::toggle, "Field_Render", ""},
    {"ul", Form::toggle, "Light_Buffer", ""},
    {"uo", Form::toggle, "Odd_Field", ""},
    {"ur", Form::toggle, "Remove_Bounds", ""},
    {"uv", Form::toggle, "Vista_Buffer", ""},
    {"v", Form::toggle, "Verbose", ""},
    {"wl", Form::value, "Warning_Level", ""},
    {"wt", Form::value, "Work_Threads", ""},
    {"w", Form::value, "Width", ""},
    {"x", Form::toggle_and_value, "Test_Abort", "Test_Abort_Count"},
};

// A word behind letters that only are a toggle belongs to another switch, or to none.
bool fits(const Switch& known, std::string_view letters) {
    if (!letters.starts_with(known.letters)) return false;
    return known.form != Form::toggle || letters.size() == known.letters.size() || known.letters.starts_with('g');
}

// "+FN16" is two settings: as one, Output_File_Type=N16, POV-Ray takes it for 8 bits.
std::vector<std::pair<std::string, std::string>> settings_of_file_type(const std::string& value) {
    std::vector<std::pair<std::string, std::string>> settings{{"Output_to_File", "on"}};
    const std::size_t digits = std::min(value.find_first_of("0123456789"), value.size());
    if (digits > 0) settings.emplace_back("Output_File_Type", value.substr(0, digits));
    if (digits < value.size()) settings.emplace_back("Bits_Per_Color", value.substr(digits));
    return settings;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> settings_of_switch(std::string_view word) {
    const bool on = word.starts_with('+');
    const std::string letters = lower(word.substr(std::min<std::size_t>(1, word.size())));
    for (const Switch& known : switches) {
        if (!fits(known, letters)) continue;
        const std::string value(word.substr(1 + known.letters.size()));
        if (known.letters == "f" && on) return settings_of_file_type(value);
        if (known.form == Form::value) return {{std::string(known.setting), value}};
        std::vector<std::pair<std::string, std::string>> settings{{std::string(known.setting), on ? "on" : "off"}};
        if (known.form == Form::toggle_and_value && !value.empty() && !known.detail.empty())
            settings.emplace_back(known.detail, value);
        return settings;
    }
    throw Error(Error::Kind::invalid, "POV-Ray has no switch " + printable(word));
}

}  // namespace atelier::pipelines::povray

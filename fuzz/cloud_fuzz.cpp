// What blob services answer, and Azure's connection strings: from strangers, and from people.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "store/cloud_xml.h"
#include "store/shared_key.h"

namespace {

template <class Parse>
void try_to(const Parse& parse) {
    try {
        parse();
    } catch (const atelier::Error&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace atelier::store;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_to([&] { parse_azure_list(text); });
    try_to([&] { parse_s3_list(text); });
    try_to([&] { parse_upload_id(text); });
    try_to([&] { parse_error_code(text); });
    try_to([&] { parse_connection_string(text); });
    return 0;
}

// What blob services answer in XML: lists, errors, the number of an upload. They are strangers: what isn't as
// documented is an Error::invalid, and names that can't be those of published files are left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/repository.h"

namespace atelier::store {

struct ListPage {
    std::vector<PublishedFile> files;
    std::vector<std::string> folders;  // with '/' at the end, as they come
    std::string next;                  // asks for the next page; empty at the end
};

ListPage parse_azure_list(std::string_view xml);
ListPage parse_s3_list(std::string_view xml);
std::string parse_upload_id(std::string_view xml);
std::string parse_error_code(std::string_view xml);  // empty when it is no error

}  // namespace atelier::store

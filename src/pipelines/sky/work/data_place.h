// Where a collection is published, as commands and toasty-store-config.yaml tell it. A credential is named by its
// environment variable, and is in no file, no argument and no error.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "store/repository.h"

namespace atelier::pipelines::sky {

inline constexpr const char* store_config_name = "toasty-store-config.yaml";

struct DataPlace {
    std::string local;           // a folder
    std::string azure_conn_env;  // the variable that holds the connection string
    std::string azure_container;
    std::string azure_path_prefix;
    std::string s3_url;
    std::string gcs_url;

    bool is_given() const;
    bool operator==(const DataPlace&) const = default;
};

void check(const DataPlace& place);  // throws Error::invalid unless it is one place, and whole
std::unique_ptr<store::Repository> open_repository(const DataPlace& place);

// Writes it into the work folder, readable for this user alone. Throws Error::conflict when there is one already.
void save_data_place(const DataPlace& place, const std::filesystem::path& work_folder);
// Throws Error::not_found without one; invalid with line and column.
DataPlace load_data_place(const std::filesystem::path& work_folder);
DataPlace parse_data_place(std::string_view yaml, const std::filesystem::path& name_for_errors);

}  // namespace atelier::pipelines::sky

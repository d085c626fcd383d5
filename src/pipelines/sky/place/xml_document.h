// XML from strangers, read by pugixml: bounded, without document types (and so without entities of its own), and with
// the line and column of what is wrong.
#pragma once

#include <filesystem>
#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace atelier::pipelines::sky {

class XmlDocument {
public:
    // Throws Error::invalid with line and column.
    XmlDocument(std::string_view text, const std::filesystem::path& name_for_errors);

    pugi::xml_node root() const { return document_->document_element(); }
    [[noreturn]] void refuse(const pugi::xml_node& node, const std::string& why) const;

private:
    [[noreturn]] void refuse_at(std::ptrdiff_t offset, const std::string& why) const;

    std::string_view text_;
    std::filesystem::path name_;
    std::unique_ptr<pugi::xml_document> document_ = std::make_unique<pugi::xml_document>();
};

}  // namespace atelier::pipelines::sky

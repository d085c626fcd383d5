#include "store/cloud_xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "http/message.h"

namespace atelier::store {

namespace {

Error refuse(const std::string& why) {
    return {Error::Kind::invalid, "The service's answer can't be read: " + why + "."};
}

bool load(pugi::xml_document& document, std::string_view xml) {
    return static_cast<bool>(document.load_buffer(
        xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8));
}

pugi::xml_node root_of(pugi::xml_document& document, std::string_view xml, const char* name) {
    if (!load(document, xml)) throw refuse("it is no XML");
    const pugi::xml_node root = document.child(name);
    if (!root) throw refuse(std::string("it has no ") + name);
    return root;
}

// As quotes stand around it here and not there, it goes without.
std::string tag_from(std::string text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

bool is_name(std::string_view name) {
    try {
        check_relative_path(name);
        return true;
    } catch (const Error&) {
        return false;
    }
}

std::string text_of(const pugi::xml_node& node) { return node.text().get(); }

void add_file(ListPage& page, const std::string& name, const std::string& size, const std::string& tag) {
    const auto bytes = parse_int(size);
    if (!bytes || *bytes < 0) throw refuse("a size is no number");
    if (is_name(name)) page.files.push_back({name, static_cast<std::uint64_t>(*bytes), tag_from(tag)});
}

void add_folder(ListPage& page, const std::string& name) {
    if (name.ends_with('/') && is_name(std::string_view(name).substr(0, name.size() - 1))) page.folders.push_back(name);
}

// Names that XML can't hold come encoded.
std::string azure_name(const pugi::xml_node& entry) {
    const pugi::xml_node name = entry.child("Name");
    if (!name.attribute("Encoded").as_bool()) return text_of(name);
    return http::decode(text_of(name), false);
}

}  // namespace

ListPage parse_azure_list(std::string_view xml) {
    pugi::xml_document document;
    const pugi::xml_node root = root_of(document, xml, "EnumerationResults");
    ListPage page;
    for (const pugi::xml_node entry : root.child("Blobs").children()) {
        if (std::string_view(entry.name()) == "BlobPrefix") add_folder(page, azure_name(entry));
        if (std::string_view(entry.name()) != "Blob") continue;
        const pugi::xml_node properties = entry.child("Properties");
        add_file(page, azure_name(entry), text_of(properties.child("Content-Length")),
                 text_of(properties.child("Etag")));
    }
    page.next = text_of(root.child("NextMarker"));
    return page;
}

// Google's lists tell a generation, which is what its conditions compare.
ListPage parse_s3_list(std::string_view xml) {
    pugi::xml_document document;
    const pugi::xml_node root = root_of(document, xml, "ListBucketResult");
    ListPage page;
    for (const pugi::xml_node entry : root.children("Contents")) {
        const std::string generation = text_of(entry.child("Generation"));
        add_file(page, text_of(entry.child("Key")), text_of(entry.child("Size")),
                 generation.empty() ? text_of(entry.child("ETag")) : generation);
    }
    for (const pugi::xml_node entry : root.children("CommonPrefixes"))
        add_folder(page, text_of(entry.child("Prefix")));
    if (text_of(root.child("IsTruncated")) != "true") return page;
    page.next = text_of(root.child("NextContinuationToken"));
    if (page.next.empty()) throw refuse("its list is cut off without a word on how it goes on");
    return page;
}

std::string parse_upload_id(std::string_view xml) {
    pugi::xml_document document;
    const std::string id = text_of(root_of(document, xml, "InitiateMultipartUploadResult").child("UploadId"));
    if (id.empty()) throw refuse("it has no UploadId");
    return id;
}

// A code is a word: what is longer, or isn't one, is no code and isn't shown.
std::string parse_error_code(std::string_view xml) {
    constexpr std::size_t longest = 100;
    pugi::xml_document document;
    if (!load(document, xml)) return {};
    std::string code = text_of(document.child("Error").child("Code"));
    const bool is_word = std::all_of(code.begin(), code.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    return is_word && code.size() <= longest ? code : std::string();
}

}  // namespace atelier::store

#include "pipelines/sky/place/wwtl.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "pipelines/sky/place/wtml_elements.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::uint64_t largest_header = 16u << 20;
constexpr std::uint64_t largest_description = 64u << 20;
constexpr std::size_t piece_size = 1u << 20;
constexpr std::string_view layer_type = "TerraViewer.ImageSetLayer";

struct Entry {
    std::string name;
    std::uint64_t offset = 0;  // in the cabinet's file
    std::uint64_t size = 0;
};

class Cabinet {
public:
    explicit Cabinet(const std::filesystem::path& path) : path_(path), file_(open_file(path, O_RDONLY)) {
        struct stat about {};
        if (::fstat(file_.get(), &about) != 0) throw Error::from_errno("cannot look at " + path.string());
        size_ = static_cast<std::uint64_t>(about.st_size);
        read_entries();
    }

    [[noreturn]] void refuse(const std::string& why) const {
        throw Error(Error::Kind::invalid, fmt::format("{} is no layer file that can be used: {}", path_.string(), why));
    }
    const Entry& first() const { return entries_.front(); }
    const Entry* find(const std::string& name) const {
        const auto found =
            std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
        return found == entries_.end() ? nullptr : &*found;
    }
    // `count` bytes of it; what is there was checked before.
    std::string read(std::uint64_t offset, std::uint64_t count) const {
        std::string bytes(count, '\0');
        std::size_t done = 0;
        while (done < count) {
            const ssize_t got =
                ::pread(file_.get(), bytes.data() + done, count - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) throw Error::from_errno("cannot read " + path_.string());
            if (got == 0) refuse("it ends too early");
            done += static_cast<std::size_t>(got);
        }
        return bytes;
    }

private:
    // Its size stands in the header itself, near the beginning.
    std::uint64_t header_size() const {
        constexpr std::string_view before = "HeaderSize=\"0x";
        const std::string head = read(0, std::min<std::uint64_t>(size_, 4096));
        const std::size_t at = head.find(before);
        if (at == std::string::npos || head.find("<FileCabinet") > at) refuse("it doesn't begin like a FileCabinet");
        std::uint64_t value = 0;
        const char* const begin = head.data() + at + before.size();
        const auto [end, problem] = std::from_chars(begin, head.data() + head.size(), value, 16);
        if (problem != std::errc() || end == head.data() + head.size() || *end != '"')
            refuse("its HeaderSize is no number");
        if (value > size_ || value > largest_header) refuse("its header is longer than it can be");
        return value;
    }

    void read_entries() {
        const std::uint64_t begin = header_size();
        const std::string header = read(0, begin);
        const XmlDocument document(header, path_);
        for (const pugi::xml_node& node : document.root().child("Files").children("File")) {
            const auto number = [&](const char* name) {
                const auto value = parse_int(node.attribute(name).value());
                if (!value || *value < 0) document.refuse(node, fmt::format("{} is no number of bytes", name));
                return static_cast<std::uint64_t>(*value);
            };
            const std::uint64_t offset = number("Offset"), size = number("Size");
            if (offset > size_ - begin || size > size_ - begin - offset)
                document.refuse(node, "the file reaches beyond the end of the cabinet");
            entries_.push_back({node.attribute("Name").value(), begin + offset, size});
        }
        if (entries_.empty()) refuse("it holds no files");
    }

    std::filesystem::path path_;
    Fd file_;
    std::uint64_t size_ = 0;
    std::vector<Entry> entries_;
};

// An extension becomes part of a file's name here.
bool is_extension(std::string_view text) {
    return text.size() >= 2 && text.size() <= 8 && text.front() == '.' &&
           std::all_of(text.begin() + 1, text.end(), [](char letter) {
               return (letter >= '0' && letter <= '9') || ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z');
           });
}

// What is empty or zero says nothing.
void drop_nothings(ImageSet& image) {
    std::erase_if(image.others, [](const auto& attribute) {
        return attribute.second.empty() || parse_number(attribute.second) == 0.0 || attribute.second == "False";
    });
}

}  // namespace

Wwtl read_wwtl(const std::filesystem::path& path) {
    const Cabinet cabinet(path);
    const Entry& description = cabinet.first();
    if (description.size > largest_description) cabinet.refuse("its description is longer than it can be");
    const std::string text = cabinet.read(description.offset, description.size);
    const XmlDocument document(text, path.string() + "/" + printable(description.name));
    const pugi::xml_node container = document.root();
    if (std::string_view(container.name()) != "LayerContainer")
        document.refuse(container, "a LayerContainer is expected");
    const pugi::xml_node layer = container.child("Layers").child("Layer");
    if (!layer) document.refuse(container, "it holds no layer");
    if (layer.next_sibling("Layer")) document.refuse(container, "it holds more than one layer");
    if (layer.attribute("Type").value() != layer_type) document.refuse(layer, "the layer is no image");
    const pugi::xml_node image = layer.child("ImageSet");
    if (!image) document.refuse(layer, "the layer has no ImageSet");

    Wwtl wwtl;
    wwtl.image = read_image_set(document, image);
    drop_nothings(wwtl.image);
    if (wwtl.image.projection != "SkyImage") document.refuse(image, "the image is of another projection than SkyImage");
    wwtl.extension = layer.attribute("Extension").value();
    if (!is_extension(wwtl.extension)) document.refuse(layer, "its Extension is none");
    const std::string name = layer.attribute("Id").value() + wwtl.extension;
    const Entry* entry = cabinet.find(std::string(container.attribute("ID").value()) + "\\" + name);
    if (entry == nullptr) entry = cabinet.find(name);
    if (entry == nullptr) cabinet.refuse("the image of its layer is missing");
    wwtl.offset = entry->offset;
    wwtl.size = entry->size;
    return wwtl;
}

void extract_image(const std::filesystem::path& path, const Wwtl& wwtl, const std::filesystem::path& to) {
    const Fd from = open_file(path, O_RDONLY);
    const Fd file = open_file(to, O_WRONLY | O_CREAT | O_TRUNC);
    std::string piece;
    for (std::uint64_t done = 0; done < wwtl.size; done += piece.size()) {
        piece.resize(std::min<std::uint64_t>(piece_size, wwtl.size - done));
        const ssize_t got = ::pread(from.get(), piece.data(), piece.size(), static_cast<off_t>(wwtl.offset + done));
        if (got < 0) throw Error::from_errno("cannot read " + path.string());
        if (got == 0) throw Error(Error::Kind::invalid, path.string() + " ends too early");
        piece.resize(static_cast<std::size_t>(got));
        write_all(file.get(), piece, to);
    }
}

}  // namespace atelier::pipelines::sky

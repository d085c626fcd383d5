#include "media/exr.h"

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfInputPart.h>
#include <ImfMultiPartInputFile.h>
#include <ImfOutputFile.h>
#include <ImfPartType.h>
#include <half.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "media/file_beside.h"
#include "media/part_layout.h"
#include "media/picture_head.h"
#include "media/picture_rows.h"

namespace atelier::media {
namespace {

constexpr int most_channels = 1024;

std::size_t size_of(Imf::PixelType type) { return type == Imf::HALF ? sizeof(half) : 4; }

// What OpenEXR throws becomes an Error that names the file.
template <class Action>
auto guarded(const std::filesystem::path& path, const Action& action) {
    try {
        return action();
    } catch (const Error&) {
        throw;
    } catch (const PictureProblem& problem) {
        refuse_picture(path, problem.text);
    } catch (const std::exception& error) {
        refuse_picture(path, std::string("it is damaged or ends too early (") + error.what() + ")");
    }
}

// A file with one picture of rows or tiles, opened and checked.
class ExrFile {
public:
    explicit ExrFile(std::filesystem::path path) : path_(std::move(path)) {
        guarded(path_, [&] { open(); });
    }

    const std::filesystem::path& path() const { return path_; }
    const Imf::Header& header() const { return part_->header(); }
    const Imf::ChannelList& channels() const { return header().channels(); }
    int width() const { return window_.max.x - window_.min.x + 1; }
    int height() const { return window_.max.y - window_.min.y + 1; }

    // Where rows come to from now on; x counts from the picture's left edge.
    void set_slice(Imf::FrameBuffer& buffer, const char* name, Imf::PixelType type, char* row,
                   std::size_t stride) const {
        buffer.insert(name, Imf::Slice(type, row - static_cast<std::ptrdiff_t>(stride) * window_.min.x, stride, 0));
    }
    void set_buffer(const Imf::FrameBuffer& buffer) {
        guarded(path_, [&] { part_->setFrameBuffer(buffer); });
    }
    void read(int row) {
        guarded(path_, [&] { part_->readPixels(window_.min.y + row); });
    }

private:
    void open() {
        static const bool limited = limit_sizes();
        static_cast<void>(limited);
        file_.emplace(path_.c_str());
        if (file_->parts() != 1) throw PictureProblem{"it holds several pictures"};
        const Imf::Header& head = file_->header(0);
        if (head.hasType() && head.type() != Imf::SCANLINEIMAGE && head.type() != Imf::TILEDIMAGE)
            throw PictureProblem{"its pixels are deep"};
        window_ = head.dataWindow();
        check_picture_size(std::int64_t{window_.max.x} - window_.min.x + 1,
                           std::int64_t{window_.max.y} - window_.min.y + 1);
        check_channels(head.channels());
        part_.emplace(*file_, 0);
        if (!part_->isComplete()) throw PictureProblem{"it ends too early: rows are missing"};
    }

    static bool limit_sizes() {
        Imf::Header::setMaxImageSize(max_picture_side, max_picture_side);
        Imf::Header::setMaxTileSize(max_picture_side, max_picture_side);
        return true;
    }

    static void check_channels(const Imf::ChannelList& channels) {
        int count = 0;
        for (auto channel = channels.begin(); channel != channels.end(); ++channel) {
            if (channel.channel().xSampling != 1 || channel.channel().ySampling != 1)
                throw PictureProblem{"its channels have different sizes"};
            if (++count > most_channels) throw PictureProblem{"it has too many channels"};
        }
        if (count == 0) throw PictureProblem{"it has no channels"};
    }

    std::filesystem::path path_;
    std::optional<Imf::MultiPartInputFile> file_;
    std::optional<Imf::InputPart> part_;
    Imath::Box2i window_;
};

// The channels that are shown: the plain ones, else of the layer that is called Combined, else of the first layer.
std::vector<std::string> shown_channels(const Imf::ChannelList& channels) {
    std::optional<std::string> prefix;
    for (auto channel = channels.begin(); channel != channels.end(); ++channel) {
        const std::string name = channel.name();
        if (name == "R") prefix = "";
        if (prefix == "" || !name.ends_with(".R")) continue;
        if (!prefix || (name.ends_with("Combined.R") && !prefix->ends_with("Combined.")))
            prefix = name.substr(0, name.size() - 1);
    }
    std::vector<std::string> shown;
    if (prefix)
        for (const char* letter : {"R", "G", "B", "A"})
            if (channels.findChannel(*prefix + letter)) shown.push_back(*prefix + letter);
    if (shown.size() < 3) shown = {channels.findChannel("Y") ? "Y" : channels.begin().name()};
    return shown;
}

class ExrRows : public PictureRows {
public:
    explicit ExrRows(const std::filesystem::path& path) : file_(path) {
        const auto shown = shown_channels(file_.channels());
        info_ = {PictureKind::exr,   file_.width(),
                 file_.height(),     static_cast<int>(shown.size()),
                 ChannelDepth::real, std::filesystem::file_size(path)};
        row_.resize(row_values());
        Imf::FrameBuffer buffer;
        for (std::size_t i = 0; i < shown.size(); ++i)
            file_.set_slice(buffer, shown[i].c_str(), Imf::FLOAT, reinterpret_cast<char*>(row_.data() + i),
                            shown.size() * sizeof(float));
        file_.set_buffer(buffer);
    }

    void read(float* row) override {
        file_.read(next_++);
        std::copy(row_.begin(), row_.end(), row);
    }

private:
    ExrFile file_;
    std::vector<float> row_;
    int next_ = 0;
};

// One row of all channels in their own types, one after another.
class NativeRow {
public:
    NativeRow(const Imf::ChannelList& channels, int width) {
        for (auto channel = channels.begin(); channel != channels.end(); ++channel) {
            columns_.push_back({channel.name(), channel.channel().type, bytes_.size()});
            bytes_.resize(bytes_.size() + size_of(channel.channel().type) * static_cast<std::size_t>(width));
        }
    }

    struct Column {
        std::string name;
        Imf::PixelType type;
        std::size_t offset;
    };
    const std::vector<Column>& columns() const { return columns_; }
    char* at(const Column& column, int x = 0) {
        return bytes_.data() + column.offset + size_of(column.type) * static_cast<std::size_t>(x);
    }

private:
    std::vector<Column> columns_;
    std::vector<char> bytes_;
};

// A file that is read row by row into a row of its own.
struct NativeReader {
    explicit NativeReader(const std::filesystem::path& path) : file(path), row(file.channels(), file.width()) {
        Imf::FrameBuffer buffer;
        for (const auto& column : row.columns())
            file.set_slice(buffer, column.name.c_str(), column.type, row.at(column), size_of(column.type));
        file.set_buffer(buffer);
    }
    PictureInfo info() const { return {PictureKind::exr, file.width(), file.height(), 0, ChannelDepth::real, 0}; }

    ExrFile file;
    NativeRow row;
};

using Readers = std::vector<std::unique_ptr<NativeReader>>;

Readers open_alike(const std::vector<std::filesystem::path>& paths) {
    Readers readers;
    for (const auto& path : paths) {
        readers.push_back(std::make_unique<NativeReader>(path));
        if (!(readers.back()->file.channels() == readers[0]->file.channels()))
            throw Error(Error::Kind::invalid, path.string() + " has other channels than " + paths[0].string());
    }
    return readers;
}

// Rows to a file like another, but for its size.
class NativeWriter {
public:
    NativeWriter(const std::filesystem::path& to, const Imf::Header& like, int width, int height)
        : beside_(to), row_(like.channels(), width) {
        Imf::Header header(width, height, like.pixelAspectRatio(), like.screenWindowCenter(), like.screenWindowWidth(),
                           Imf::INCREASING_Y, like.compression());
        for (auto attribute = like.begin(); attribute != like.end(); ++attribute)
            if (!is_structure(attribute.name())) header.insert(attribute.name(), attribute.attribute());
        header.channels() = like.channels();
        guarded(to, [&] {
            file_.emplace(beside_.path().c_str(), header);
            Imf::FrameBuffer buffer;
            for (const auto& column : row_.columns())
                buffer.insert(column.name, Imf::Slice(column.type, row_.at(column), size_of(column.type), 0));
            file_->setFrameBuffer(buffer);
        });
    }

    NativeRow& row() { return row_; }
    void write() {
        guarded(beside_.path(), [&] { file_->writePixels(1); });
    }
    void finish() {
        file_.reset();  // writes its table
        beside_.keep();
    }

private:
    static bool is_structure(std::string_view name) {
        constexpr std::array<std::string_view, 10> structure = {
            "channels", "compression", "dataWindow", "displayWindow", "lineOrder",
            "tiles",    "type",        "chunkCount", "version",       "preview"};
        return std::find(structure.begin(), structure.end(), name) != structure.end();
    }

    FileBeside beside_;
    NativeRow row_;
    std::optional<Imf::OutputFile> file_;
};

// The mean of one value of several rows, as exactly as a double holds their sum.
template <class Value>
void average_values(const Readers& readers, const NativeRow::Column& column, int width, char* to) {
    for (int x = 0; x < width; ++x) {
        double sum = 0;
        for (const auto& reader : readers) {
            Value value;
            std::memcpy(&value, reader->row.at(column, x), sizeof value);
            sum += static_cast<double>(static_cast<float>(value));
        }
        const Value mean(static_cast<float>(sum / static_cast<double>(readers.size())));
        std::memcpy(to + sizeof mean * static_cast<std::size_t>(x), &mean, sizeof mean);
    }
}

void average_row(const Readers& readers, int width, NativeRow& to) {
    for (const auto& column : to.columns()) {
        if (column.type == Imf::HALF)
            average_values<half>(readers, column, width, to.at(column));
        else if (column.type == Imf::FLOAT)
            average_values<float>(readers, column, width, to.at(column));
        else
            std::memcpy(to.at(column), readers[0]->row.at(column),
                        size_of(column.type) * static_cast<std::size_t>(width));
    }
}

void copy_part(NativeReader& reader, const PlacedPart& placed, int row, NativeRow& to) {
    reader.file.read(placed.from.y + row - placed.y);
    for (const auto& column : reader.row.columns()) {
        const auto& target = to.columns()[static_cast<std::size_t>(&column - reader.row.columns().data())];
        std::memcpy(to.at(target, placed.x), reader.row.at(column, placed.from.x),
                    size_of(column.type) * static_cast<std::size_t>(placed.from.width));
    }
}

}  // namespace

PictureInfo probe_exr(const std::filesystem::path& path) { return ExrRows(path).info(); }

std::unique_ptr<PictureRows> open_exr_picture(const std::filesystem::path& path) {
    return std::make_unique<ExrRows>(path);
}

void join_exr_parts(const std::vector<PicturePart>& parts, const std::filesystem::path& to) {
    std::vector<std::filesystem::path> paths;
    for (const PicturePart& part : parts)
        paths.push_back(part.path);
    const Readers readers = open_alike(paths);
    std::vector<PictureInfo> infos;
    for (const auto& reader : readers)
        infos.push_back(reader->info());
    const PartLayout layout = lay_out_parts(parts, infos);
    NativeWriter writer(to, readers[0]->file.header(), layout.width, layout.height);
    for (int y = 0; y < layout.height; ++y) {
        for (const PlacedPart& placed : layout.placed)
            if (y >= placed.y && y < placed.y + placed.from.height)
                copy_part(*readers[placed.part], placed, y, writer.row());
        writer.write();
    }
    writer.finish();
}

void average_exr_pictures(const std::vector<std::filesystem::path>& pictures, const std::filesystem::path& to) {
    const Readers readers = open_alike(pictures);
    const int width = readers[0]->file.width(), height = readers[0]->file.height();
    for (const auto& reader : readers)
        if (reader->file.width() != width || reader->file.height() != height)
            throw Error(Error::Kind::invalid,
                        reader->file.path().string() + " has another size than " + pictures[0].string());
    NativeWriter writer(to, readers[0]->file.header(), width, height);
    for (int y = 0; y < height; ++y) {
        for (const auto& reader : readers)
            reader->file.read(y);
        average_row(readers, width, writer.row());
        writer.write();
    }
    writer.finish();
}

}  // namespace atelier::media

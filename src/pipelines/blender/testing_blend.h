// For tests alone: makes small .blend files of any generation, byte order and pointer size, with structs of the test's
// own, and finds the samples and Blender.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/testing.h"
#include "pipelines/blender/blend_header.h"

namespace atelier::pipelines::blender::testing_support {

struct Generation {
    int pointer_size = 8;
    ByteOrder order = ByteOrder::little;
    bool large_blocks = false;
    int version = 304;
};

// Blocks in the order in which they are added; each struct's fields are set by path.
class BlendMaker {
public:
    explicit BlendMaker(Generation generation = {}) : generation_(generation) {}

    // Fields as "int sfra; char name[24]; Object *camera;". Structs within structs come first.
    BlendMaker& define(const std::string& name, const std::string& fields);

    using Values = std::map<std::string, std::string>;  // path → a number, or the text of a char array
    BlendMaker& add(std::string_view code, std::uint64_t address, const std::string& name,
                    const std::vector<Values>& items);
    BlendMaker& add_raw(std::string_view code, std::uint64_t address, std::string_view bytes);

    std::string bytes() const;  // the whole file, with its DNA and its end

    // What most tests begin with: ID, ListBase, Scene with RenderData, and FileGlobal.
    static BlendMaker with_scene(Generation generation = {});

private:
    struct Field {
        std::string type;
        std::string name;
        std::uint64_t offset = 0;
        std::uint64_t element = 0;
        std::uint64_t count = 1;
    };
    struct Struct {
        std::string name;
        std::vector<Field> fields;
        std::uint64_t size = 0;
    };

    const Struct* find(const std::string& name) const;
    std::uint64_t size_of(const std::string& type) const;
    void set(std::string& bytes, std::uint64_t at, const Struct& of, std::string_view path,
             const std::string& value) const;
    std::string number(std::uint64_t value, std::size_t size) const;
    void add_block(std::string_view code, std::uint64_t address, std::size_t index, std::uint64_t count,
                   std::string_view content);
    std::string head(std::string_view code, std::uint64_t address, std::size_t index, std::uint64_t count,
                     std::uint64_t length) const;
    std::string dna() const;

    Generation generation_;
    std::vector<Struct> structs_;
    std::string blocks_;
};

inline std::filesystem::path shared_blends() { return atelier::testing_support::shared_data() / "blend"; }

// Runs a Python program inside Blender; what it prints is in the answer. Empty when there is no Blender.
std::string run_blender(const std::filesystem::path& folder, const std::string& python,
                        const std::string& options = "");

}  // namespace atelier::pipelines::blender::testing_support

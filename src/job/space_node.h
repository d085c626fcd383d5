// The tree of a parameter space: lists, ranges and chunks at its leaves, products and associations above them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "job/parameter_space.h"
#include "job/range_expr.h"

namespace atelier::job {

// A range cut into chunks, by arithmetic: how many there are and what is in chunk i, without making the others.
class Chunks {
public:
    // values per chunk: at most per_chunk, spread evenly; contiguous: no chunk reaches over a gap.
    Chunks(RangeExpr range, std::uint64_t per_chunk, bool contiguous);

    std::uint64_t size() const { return ends_.empty() ? 0 : ends_.back(); }
    std::string at(std::uint64_t index) const;  // "1-4", "7-7"; or "1,3,7-10" when not contiguous

private:
    // A part of the range that is cut by itself: consecutive values, or values of which none are neighbours.
    struct Piece {
        std::uint64_t begin = 0;  // index of its first value in the range
        std::uint64_t length = 0;
        bool single = false;  // each value is a chunk of its own
    };

    void cut_at_gaps();
    std::uint64_t chunks_of(const Piece& piece) const;

    RangeExpr range_;
    std::uint64_t per_chunk_;
    bool contiguous_;
    std::vector<Piece> pieces_;
    std::vector<std::uint64_t> ends_;  // running sums of the pieces' chunks
};

struct ParameterSpace::Node {
    struct Leaf {
        std::size_t position = 0;  // among the definitions
        std::string name;
        TaskParameterType type = TaskParameterType::string;
        std::variant<std::vector<std::string>, RangeExpr, Chunks> values;
    };
    struct Product {
        std::vector<Node> factors;  // the last one varies fastest
    };
    struct Association {
        std::vector<Node> members;  // all of one size
    };

    // Throw Error::invalid when the product has too many tasks, or the members differ in size.
    static Node leaf(Leaf leaf);
    static Node product(std::vector<Node> factors);
    static Node association(std::vector<Node> members);

    std::variant<Product, Leaf, Association> kind;
    std::uint64_t size = 1;
};

}  // namespace atelier::job

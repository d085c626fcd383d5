// A FITS header: its cards in order, looked up by keyword. Headers come from strangers, in files and in feeds: every
// length is checked, and a damaged card is an Error::invalid that says which. Comments and history are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::sky {

inline constexpr std::size_t fits_block = 2880;
inline constexpr std::size_t fits_card = 80;

bool is_fits_end(std::string_view card);

class FitsHeader {
public:
    // `blocks`: whole blocks of 2880 bytes, up to the END card or further.
    static FitsHeader parse(std::string_view blocks);

    bool has(std::string_view key) const;                      // also one without a value
    std::optional<double> number(std::string_view key) const;  // also of a text that is a number
    std::optional<std::int64_t> whole(std::string_view key) const;
    std::optional<std::string> text(std::string_view key) const;
    std::optional<bool> truth(std::string_view key) const;

    // Of a key that is there already the value is changed.
    void set(std::string_view key, double value);
    void set(std::string_view key, std::int64_t value);
    void set(std::string_view key, int value) { set(key, std::int64_t{value}); }
    void set(std::string_view key, std::string_view value);
    void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
    void set(std::string_view key, bool value);

    std::size_t bytes() const { return bytes_; }  // in the file, END and padding included
    std::string blocks() const;                   // as they are written to a file

private:
    struct Card {
        std::string key;
        std::string value;  // as it stands in the card; text without its quotes
        bool is_text = false;
    };
    const Card* find(std::string_view key) const;
    void put(Card card);
    void take(std::string_view card, std::size_t number);

    std::vector<Card> cards_;
    std::size_t bytes_ = 0;
};

}  // namespace atelier::pipelines::sky

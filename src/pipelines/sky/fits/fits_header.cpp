#include "pipelines/sky/fits/fits_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace atelier::pipelines::sky {

namespace {

constexpr std::size_t longest_text = 1u << 16;  // of one value, with all that continues it
constexpr std::size_t text_room = 68;           // between the quotes of one card

[[noreturn]] void refuse(std::size_t number, std::string_view card, std::string_view why) {
    throw Error(Error::Kind::invalid,
                fmt::format("card {} of the FITS header, \"{}\", {}", number + 1, printable(trim(card)), why),
                "The file is damaged, or no FITS file.");
}

struct Quoted {
    std::string text;
    bool goes_on = false;  // it ends with an ampersand
};

// The text that begins at the quote `rest` begins with; two quotes in it mean one.
std::optional<Quoted> quoted(std::string_view rest) {
    Quoted result;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '\'' && !rest.substr(i + 1).starts_with('\'')) {
            const std::size_t end = result.text.find_last_not_of(' ');
            result.text.resize(end == std::string::npos ? 0 : end + 1);
            result.goes_on = result.text.ends_with('&');
            return result;
        }
        if (rest[i] == '\'') ++i;
        result.text += rest[i];
    }
    return std::nullopt;
}

std::string_view without_comment(std::string_view rest) { return trim(rest.substr(0, rest.find('/'))); }

bool is_key(std::string_view key) {
    return !key.empty() &&
           std::all_of(key.begin(), key.end(), [](char letter) { return letter > ' ' && letter <= '~'; });
}

// FORTRAN's exponents are written with a D.
std::optional<double> parse_fits_number(std::string_view text) {
    std::string copy(trim(text));
    for (char& letter : copy)
        if (letter == 'D' || letter == 'd') letter = 'E';
    return parse_number(copy);
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& letter : result)
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    return result;
}

}  // namespace

bool is_fits_end(std::string_view card) { return card.starts_with("END") && trim(card) == "END"; }

FitsHeader FitsHeader::parse(std::string_view blocks) {
    FitsHeader header;
    for (std::size_t number = 0; (number + 1) * fits_card <= blocks.size(); ++number) {
        const std::string_view card = blocks.substr(number * fits_card, fits_card);
        if (is_fits_end(card)) {
            header.bytes_ = ((number + 1) * fits_card + fits_block - 1) / fits_block * fits_block;
            if (header.bytes_ > blocks.size()) break;
            return header;
        }
        header.take(card, number);
    }
    throw Error(Error::Kind::invalid, "the FITS header has no end", "The file was cut short, or is no FITS file.");
}

void FitsHeader::take(std::string_view card, std::size_t number) {
    std::string key(trim(card.substr(0, 8)));
    std::string_view rest;
    if (key == "CONTINUE") {
        rest = trim(card.substr(8));
        if (!rest.starts_with('\'')) return;
        const auto more = quoted(rest);
        if (!more) refuse(number, card, "lacks its closing quote");
        if (cards_.empty() || !cards_.back().is_text || !cards_.back().value.ends_with('&')) return;
        std::string& value = cards_.back().value;
        value.pop_back();
        value += more->text;
        if (value.size() > longest_text) refuse(number, card, "belongs to a text that is too long");
        return;
    }
    if (key == "HIERARCH" && card.find('=') != std::string_view::npos) {
        const std::size_t equals = card.find('=');
        key = trim(card.substr(8, equals - 8));
        rest = trim(card.substr(equals + 1));
    } else {
        if (card.substr(8, 2) != "= ") return;  // a comment
        if (!is_key(key)) refuse(number, card, "has no keyword");
        rest = trim(card.substr(10));
    }
    if (!rest.starts_with('\'')) {
        cards_.push_back({upper(key), std::string(without_comment(rest)), false});
        return;
    }
    auto text = quoted(rest);
    if (!text) refuse(number, card, "lacks its closing quote");
    cards_.push_back({upper(key), std::move(text->text), true});
}

const FitsHeader::Card* FitsHeader::find(std::string_view key) const {
    const auto card = std::find_if(cards_.begin(), cards_.end(), [&](const Card& each) { return each.key == key; });
    return card == cards_.end() ? nullptr : &*card;
}

bool FitsHeader::has(std::string_view key) const { return find(key) != nullptr; }

std::optional<double> FitsHeader::number(std::string_view key) const {
    const Card* card = find(key);
    return card == nullptr ? std::nullopt : parse_fits_number(card->value);
}

std::optional<std::int64_t> FitsHeader::whole(std::string_view key) const {
    const Card* card = find(key);
    if (card == nullptr) return std::nullopt;
    if (const auto value = parse_int(card->value)) return value;
    // "16." and "1.6E1" are whole, too.
    const auto value = parse_fits_number(card->value);
    if (!value || *value != std::floor(*value) || std::abs(*value) > 9e15) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

std::optional<std::string> FitsHeader::text(std::string_view key) const {
    const Card* card = find(key);
    if (card == nullptr || !card->is_text) return std::nullopt;
    return card->value;
}

std::optional<bool> FitsHeader::truth(std::string_view key) const {
    const Card* card = find(key);
    if (card == nullptr || card->is_text || (card->value != "T" && card->value != "F")) return std::nullopt;
    return card->value == "T";
}

void FitsHeader::put(Card card) {
    const auto same =
        std::find_if(cards_.begin(), cards_.end(), [&](const Card& each) { return each.key == card.key; });
    if (same == cards_.end())
        cards_.push_back(std::move(card));
    else
        *same = std::move(card);
}

void FitsHeader::set(std::string_view key, double value) {
    std::string text = upper(fmt::format("{}", value));
    if (text.find_first_of(".EN") == std::string::npos) text += ".0";
    put({std::string(key), std::move(text), false});
}

void FitsHeader::set(std::string_view key, std::int64_t value) {
    put({std::string(key), std::to_string(value), false});
}

void FitsHeader::set(std::string_view key, std::string_view value) {
    put({std::string(key), std::string(value), true});
}

void FitsHeader::set(std::string_view key, bool value) { put({std::string(key), value ? "T" : "F", false}); }

namespace {

void add_card(std::string& blocks, std::string card) {
    card.resize(fits_card, ' ');
    blocks += card;
}

// In pieces that fit a card each; a doubled quote isn't taken apart.
void add_text(std::string& blocks, std::string head, std::string_view value) {
    std::string piece;
    const auto room = [&] { return std::min(text_room, fits_card - head.size() - 2); };
    for (const char letter : value) {
        const std::string_view written = letter == '\'' ? std::string_view("''") : std::string_view(&letter, 1);
        if (piece.size() + written.size() + 1 > room()) {  // one for the ampersand
            add_card(blocks, fmt::format("{}'{}&'", head, piece));
            head = "CONTINUE  ";
            piece.clear();
        }
        piece += written;
    }
    add_card(blocks, fmt::format("{}'{:<8}'", head, piece));
}

}  // namespace

std::string FitsHeader::blocks() const {
    std::string result;
    for (const Card& card : cards_) {
        const bool is_short = card.key.size() <= 8 && card.key.find(' ') == std::string::npos;
        std::string head = is_short ? fmt::format("{:<8}= ", card.key) : fmt::format("HIERARCH {} = ", card.key);
        if (head.size() + card.value.size() > fits_card && (!card.is_text || head.size() > 60))
            throw Error(Error::Kind::invalid, fmt::format("{} doesn't fit a FITS card", printable(card.key)));
        if (card.is_text)
            add_text(result, std::move(head), card.value);
        else
            add_card(result, fmt::format("{}{:>20}", head, card.value));
    }
    add_card(result, "END");
    result.resize((result.size() + fits_block - 1) / fits_block * fits_block, ' ');
    return result;
}

}  // namespace atelier::pipelines::sky

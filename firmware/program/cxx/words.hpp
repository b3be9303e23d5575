// The words of the scenario: numbers, statuses, modes and bytes, without an allocator.
#ifndef WORDS_HPP
#define WORDS_HPP

#include <pintle/pintle.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace words {

constexpr std::array<std::string_view, 3> modes = {"UNRELIABLE", "SEQUENCED", "RELIABLE"};

/** Text of bounded length; what does not fit is left out. */
template <std::size_t Room>
class text {
public:
    text() = default;
    text(std::string_view view) : length_(view.copy(bytes_.data(), Room)) {}

    text &operator<<(std::string_view part) {
        length_ += part.copy(bytes_.data() + length_, Room - length_);
        return *this;
    }

    text &operator<<(char letter) { return *this << std::string_view(&letter, 1); }

    text &operator<<(long long number) {
        std::array<char, 24> digits;
        const int length = std::snprintf(digits.data(), digits.size(), "%lld", number);
        return *this << std::string_view(digits.data(), static_cast<std::size_t>(length));
    }

    operator std::string_view() const { return {bytes_.data(), length_}; }

private:
    std::array<char, Room> bytes_;
    std::size_t length_ = 0;
};

/** An answer to a step, or what happens meanwhile. */
using line = text<128>;
/** The bytes of a message. */
using payload = text<288>;

/** A number, up to the first character that is no digit. */
inline long long to_number(std::string_view word, int base = 10) {
    return std::strtoll(word.data(), nullptr, base);
}

inline uint32_t to_index(std::string_view word) {
    return static_cast<uint32_t>(to_number(word));
}

inline line of_status(int32_t status) {
    const std::string_view name = pintle::status_name(status);
    return name.empty() ? line() << static_cast<long long>(status) : line(name.substr(std::string_view("PINTLE_").size()));
}

inline int32_t to_status(std::string_view word) {
    int32_t status = PINTLE_OK;
    while (of_status(status) != word) {
        ++status;
    }
    return status;
}

inline uint32_t to_mode(std::string_view word) {
    uint32_t mode = 0;
    while (modes[mode] != word) {
        ++mode;
    }
    return mode;
}

inline uint8_t to_byte(std::string_view digits) {
    const char both[] = {digits[0], digits[1], '\0'};
    return static_cast<uint8_t>(to_number(both, 16));
}

inline payload to_bytes(std::string_view word) {
    payload bytes;
    if (word.front() == '"') {
        return word.substr(1, word.size() - 2);
    }
    if (const std::size_t star = word.find('*'); star != std::string_view::npos) {
        for (uint32_t left = to_index(word); left > 0; --left) {
            bytes << static_cast<char>(to_byte(word.substr(star + 1)));
        }
        return bytes;
    }
    for (; !word.empty(); word.remove_prefix(2)) {
        bytes << static_cast<char>(to_byte(word));
    }
    return bytes;
}

inline line hex(uint8_t byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return line() << digits[byte / 16] << digits[byte % 16];
}

inline line of_bytes(pintle::bytes bytes) {
    bool plain = true;
    bool same = true;
    for (const uint8_t byte : bytes) {
        plain = plain && byte >= ' ' && byte <= '~' && byte != '"';
        same = same && byte == bytes[0];
    }
    line word;
    if (same && bytes.size() > 16) {
        return word << static_cast<long long>(bytes.size()) << '*' << hex(bytes[0]);
    }
    if (plain) {
        return word << '"' << bytes.text() << '"';
    }
    for (const uint8_t byte : bytes) {
        word << hex(byte);
    }
    return word;
}

} // namespace words

#endif

// The words of the scenario that are not names: statuses, modes, bytes.
#ifndef WORDS_HPP
#define WORDS_HPP

#include <pintle/pintle.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace words {

/** The modes of channels, by number. */
constexpr std::array<std::string_view, 3> modes = {"UNRELIABLE", "SEQUENCED", "RELIABLE"};

/** The words of a line; a text keeps its quotes. */
inline std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> all;
    while (!line.empty()) {
        const std::size_t end = line.front() == '"' ? line.find('"', 1) + 1 : std::min(line.find(' '), line.size());
        all.emplace_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return all;
}

inline std::string of_status(int32_t code) {
    const std::string_view name = pintle::status_name(code);
    return name.empty() ? std::to_string(code) : std::string(name.substr(std::string_view("PINTLE_").size()));
}

inline int32_t to_status(const std::string &word) {
    int32_t code = PINTLE_OK;
    while (of_status(code) != word) {
        ++code;
    }
    return code;
}

inline uint32_t to_mode(std::string_view word) {
    return static_cast<uint32_t>(std::find(modes.begin(), modes.end(), word) - modes.begin());
}

inline std::string to_bytes(const std::string &word) {
    if (word.front() == '"') {
        return word.substr(1, word.size() - 2);
    }
    if (const std::size_t star = word.find('*'); star != std::string::npos) {
        return std::string(std::stoul(word), static_cast<char>(std::stoul(word.substr(star + 1), nullptr, 16)));
    }
    std::string bytes;
    for (std::size_t at = 0; at < word.size(); at += 2) {
        bytes.push_back(static_cast<char>(std::stoul(word.substr(at, 2), nullptr, 16)));
    }
    return bytes;
}

inline std::string hex(uint8_t byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {digits[byte / 16], digits[byte % 16]};
}

inline std::string of_bytes(pintle::bytes bytes) {
    const auto is_plain = [](uint8_t byte) { return byte >= ' ' && byte <= '~' && byte != '"'; };
    const auto is_first = [&](uint8_t byte) { return byte == bytes[0]; };
    if (bytes.size() > 16 && std::all_of(bytes.begin(), bytes.end(), is_first)) {
        return std::to_string(bytes.size()) + '*' + hex(bytes[0]);
    }
    if (std::all_of(bytes.begin(), bytes.end(), is_plain)) {
        return '"' + std::string(bytes.text()) + '"';
    }
    std::string word;
    for (const uint8_t byte : bytes) {
        word += hex(byte);
    }
    return word;
}

} // namespace words

#endif

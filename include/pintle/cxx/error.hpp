/*
 * Statuses as exceptions, or as values where exceptions are off.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_ERROR_HPP
#define PINTLE_CXX_ERROR_HPP

#include <pintle/plugin.h>

#include <cstring>
#include <string_view>
#include <utility>

#ifdef __cpp_exceptions
#include <atomic>
#include <exception>
#endif

/* A variable that each library has for itself: else the dynamic linker shares it among all, and keeps each of them mapped. */
#if defined(__GNUC__) && !defined(_WIN32)
#define PINTLE_OWN_ __attribute__((visibility("hidden")))
#else
#define PINTLE_OWN_
#endif

namespace pintle {

/** The name of a status in the C header, such as `PINTLE_E_AGAIN`; empty for a status that this version does not know. */
constexpr std::string_view status_name(int32_t status) noexcept {
    switch (status) {
#define PINTLE_NAME_(name) \
    case name: \
        return #name;
        PINTLE_NAME_(PINTLE_OK)
        PINTLE_NAME_(PINTLE_CONSUMED)
        PINTLE_NAME_(PINTLE_PENDING)
        PINTLE_NAME_(PINTLE_E_ARGUMENT)
        PINTLE_NAME_(PINTLE_E_HANDLE)
        PINTLE_NAME_(PINTLE_E_STALE)
        PINTLE_NAME_(PINTLE_E_KIND)
        PINTLE_NAME_(PINTLE_E_FOREIGN)
        PINTLE_NAME_(PINTLE_E_STATE)
        PINTLE_NAME_(PINTLE_E_WRONG_THREAD)
        PINTLE_NAME_(PINTLE_E_NOT_OWNER)
        PINTLE_NAME_(PINTLE_E_REENTRANT)
        PINTLE_NAME_(PINTLE_E_CAPACITY)
        PINTLE_NAME_(PINTLE_E_AGAIN)
        PINTLE_NAME_(PINTLE_E_CLOSED)
        PINTLE_NAME_(PINTLE_E_POISONED)
        PINTLE_NAME_(PINTLE_E_NOT_FOUND)
        PINTLE_NAME_(PINTLE_E_UNSUPPORTED)
        PINTLE_NAME_(PINTLE_E_PERMISSION)
        PINTLE_NAME_(PINTLE_E_SEALED)
        PINTLE_NAME_(PINTLE_E_UNDERFLOW)
        PINTLE_NAME_(PINTLE_E_EXISTS)
        PINTLE_NAME_(PINTLE_E_CANCELLED)
        PINTLE_NAME_(PINTLE_E_PANIC)
        PINTLE_NAME_(PINTLE_E_TIMEOUT)
        PINTLE_NAME_(PINTLE_E_IO)
        PINTLE_NAME_(PINTLE_E_NO_FILE)
        PINTLE_NAME_(PINTLE_E_NOT_A_LIBRARY)
        PINTLE_NAME_(PINTLE_E_TRUNCATED)
        PINTLE_NAME_(PINTLE_E_NO_ENTRY)
        PINTLE_NAME_(PINTLE_E_DESCRIPTOR)
        PINTLE_NAME_(PINTLE_E_VERSION)
        PINTLE_NAME_(PINTLE_E_MACHINE)
        PINTLE_NAME_(PINTLE_E_LAYOUT)
        PINTLE_NAME_(PINTLE_E_LINK)
        PINTLE_NAME_(PINTLE_E_MISMATCH)
        PINTLE_NAME_(PINTLE_E_SLOT)
#undef PINTLE_NAME_
    default:
        return {};
    }
}

namespace detail {

/** A text of bounded length that is put together without an allocator; what does not fit is left out. */
class line {
public:
    line &operator<<(std::string_view part) noexcept {
        const std::size_t count = part.size() < room() ? part.size() : room();
        if (count != 0) {
            std::memcpy(bytes_ + size_, part.data(), count);
        }
        size_ += count;
        return *this;
    }

    line &operator<<(int32_t number) noexcept {
        char digits[11] = {};
        std::size_t at = sizeof digits;
        auto rest = static_cast<int64_t>(number);
        const bool negative = rest < 0;
        for (rest = negative ? -rest : rest; at == sizeof digits || rest != 0; rest /= 10) {
            digits[--at] = static_cast<char>('0' + rest % 10);
        }
        return (negative ? *this << "-" : *this) << std::string_view(digits + at, sizeof digits - at);
    }

    std::string_view text() const noexcept { return {bytes_, size_}; }
    const char *c_str() const noexcept { return bytes_; }

private:
    std::size_t room() const noexcept { return PINTLE_ERROR_TEXT_MAX - size_; }

    char bytes_[PINTLE_ERROR_TEXT_MAX + 1] = {};
    std::size_t size_ = 0;
};

/** Adds the text of the last error of an instance if it is about `status`, or else the name of the status. */
inline void describe(line &text, pintle_plugin_t *plugin, int32_t status) noexcept {
    pintle_error_t last = {};
    last.size = sizeof last;
    if (pintle_error_last(plugin, &last) == PINTLE_OK && last.code == status && last.length != 0) {
        text << std::string_view(reinterpret_cast<const char *>(last.text), last.length);
    } else if (const std::string_view name = status_name(status); !name.empty()) {
        text << name;
    } else {
        text << "status " << status;
    }
}

} // namespace detail

#ifdef __cpp_exceptions

/**
 * A status that is an error, with its text. Copying it allocates nothing and throws nothing.
 *
 * The error that a call throws may leave a callback: the wall returns its status to the host and keeps its text.
 */
class error : public std::exception {
public:
    /** An error with a text for people; what is over PINTLE_ERROR_TEXT_MAX bytes is cut. */
    error(int32_t status, std::string_view text) noexcept : status_(status) { text_ << text; }

    /** The error of a call by `plugin` that has just answered `status`. */
    error(pintle_plugin_t *plugin, int32_t status) noexcept : status_(status) {
        detail::describe(text_, plugin, status);
    }

    /** The status. */
    int32_t status() const noexcept { return status_; }

    /** The text. Lives as long as the error. */
    const char *what() const noexcept override { return text_.c_str(); }

private:
    int32_t status_;
    detail::line text_;
};

/** The result of a call: a plain T. If the call fails, it throws `error`. */
template <typename T>
using result = T;

namespace detail {

/**
 * Goes on with an exception that a callback of the application left behind; set by pintle::host, and in a
 * plugin never.
 */
PINTLE_OWN_ inline std::atomic<void (*)(pintle_plugin_t *)> rethrow{nullptr};

} // namespace detail

/** Throws `error` if `status`, which a call by `plugin` has just answered, is one. */
inline void check(pintle_plugin_t *plugin, int32_t status) {
    if (const auto rethrow = detail::rethrow.load(std::memory_order_relaxed); rethrow != nullptr) {
        rethrow(plugin);
    }
    if (PINTLE_IS_ERROR(status)) {
        throw error(plugin, status);
    }
}

namespace detail {

template <typename T>
T give(pintle_plugin_t *plugin, int32_t status, T &&value) {
    check(plugin, status);
    return std::forward<T>(value);
}

inline void give(pintle_plugin_t *plugin, int32_t status) {
    check(plugin, status);
}

/** Refuses to go on with `status` and a text of the caller's own. */
[[noreturn]] inline void refuse(pintle_plugin_t *, int32_t status, std::string_view text) {
    throw error(status, text);
}

} // namespace detail

#else

/** The result of a call without exceptions: a status, and a value that is valid if the status is PINTLE_OK. */
template <typename T>
struct [[nodiscard]] result {
    /** PINTLE_OK, or why there is no value. */
    int32_t status;
    /** The value. */
    T value;
};

/** The result of a call that has no value. A callback may return it as it is. */
template <>
struct [[nodiscard]] result<void> {
    /** PINTLE_OK, or why it was not done. */
    int32_t status;

    /** The status. */
    operator int32_t() const noexcept { return status; }
};

namespace detail {

template <typename T>
result<T> give(pintle_plugin_t *, int32_t status, T &&value) {
    return {status, std::forward<T>(value)};
}

inline result<void> give(pintle_plugin_t *, int32_t status) {
    return {status};
}

} // namespace detail

#endif

namespace detail {

/** For calls that PINTLE_E_AGAIN is an answer of: whether it was done. */
inline result<bool> give_unless_full(pintle_plugin_t *plugin, int32_t status) {
    return give(plugin, status == PINTLE_E_AGAIN ? PINTLE_OK : status, status == PINTLE_OK);
}

} // namespace detail
} // namespace pintle

#endif

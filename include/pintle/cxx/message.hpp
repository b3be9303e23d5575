/*
 * Bytes, and messages that carry them.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_MESSAGE_HPP
#define PINTLE_CXX_MESSAGE_HPP

#include <pintle/cxx/error.hpp>

#include <cstddef>
#include <type_traits>

namespace pintle {

namespace detail {

template <typename T>
constexpr bool is_byte = std::is_same_v<T, uint8_t> || std::is_same_v<T, char> || std::is_same_v<T, std::byte>;

/** What `data()` of a range points to. */
template <typename Range>
using element_of = std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<const Range &>().data())>>;

} // namespace detail

/**
 * Borrowed bytes, made from a text as well, or from whatever holds bytes in a row: std::string, std::vector, std::array,
 * std::span. A contiguous range: C++20 makes a std::span of it.
 */
class bytes {
public:
    /** No bytes. */
    constexpr bytes() noexcept = default;
    /** `size` bytes from `data` on. */
    constexpr bytes(const uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}
    /** The bytes of a text. */
    bytes(std::string_view text) noexcept
        : data_(reinterpret_cast<const uint8_t *>(text.data())), size_(text.size()) {}
    /** The bytes of a string literal, without its NUL. */
    bytes(const char *text) noexcept : bytes(std::string_view(text)) {}
    /** The elements of a range of uint8_t, char or std::byte. */
    template <typename Range, typename = std::enable_if_t<detail::is_byte<detail::element_of<Range>>>>
    bytes(const Range &range) noexcept
        : data_(reinterpret_cast<const uint8_t *>(range.data())), size_(range.size()) {}

    /** The first byte. */
    constexpr const uint8_t *data() const noexcept { return data_; }
    /** How many. */
    constexpr std::size_t size() const noexcept { return size_; }
    /** Whether there are none. */
    constexpr bool empty() const noexcept { return size_ == 0; }
    /** The first byte. */
    constexpr const uint8_t *begin() const noexcept { return data_; }
    /** Behind the last byte. */
    constexpr const uint8_t *end() const noexcept { return data_ + size_; }
    /** One byte; `index` is less than `size()`. */
    constexpr uint8_t operator[](std::size_t index) const noexcept { return data_[index]; }
    /** The same bytes as text; whether they are UTF-8 is not looked at. */
    std::string_view text() const noexcept { return {reinterpret_cast<const char *>(data_), size_}; }

private:
    const uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

/** Borrowed bytes that can be written. */
class buffer {
public:
    /** No bytes. */
    constexpr buffer() noexcept = default;
    /** `size` bytes from `data` on. */
    constexpr buffer(uint8_t *data, std::size_t size) noexcept : data_(data), size_(size) {}

    /** The first byte. */
    constexpr uint8_t *data() const noexcept { return data_; }
    /** How many. */
    constexpr std::size_t size() const noexcept { return size_; }
    /** Whether there are none. */
    constexpr bool empty() const noexcept { return size_ == 0; }
    /** The first byte. */
    constexpr uint8_t *begin() const noexcept { return data_; }
    /** Behind the last byte. */
    constexpr uint8_t *end() const noexcept { return data_ + size_; }
    /** One byte; `index` is less than `size()`. */
    constexpr uint8_t &operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

/**
 * The bytes of a message, to be overwritten in place: `message::view_mut`. A contiguous range. What was written is
 * committed when this goes; it ends before the next call with the same message.
 */
class mutable_view {
public:
    /** No bytes, of no message. */
    mutable_view() noexcept = default;

    mutable_view(mutable_view &&other) noexcept
        : plugin_(std::exchange(other.plugin_, nullptr)), message_(other.message_), bytes_(other.bytes_) {}

    mutable_view &operator=(mutable_view &&other) noexcept {
        if (this != &other) {
            commit();
            plugin_ = std::exchange(other.plugin_, nullptr);
            message_ = other.message_;
            bytes_ = other.bytes_;
        }
        return *this;
    }

    mutable_view(const mutable_view &) = delete;
    mutable_view &operator=(const mutable_view &) = delete;

    ~mutable_view() { commit(); }

    /** The first byte. */
    uint8_t *data() const noexcept { return bytes_.data(); }
    /** How many. */
    std::size_t size() const noexcept { return bytes_.size(); }
    /** Whether there are none. */
    bool empty() const noexcept { return bytes_.empty(); }
    /** The first byte. */
    uint8_t *begin() const noexcept { return bytes_.begin(); }
    /** Behind the last byte. */
    uint8_t *end() const noexcept { return bytes_.end(); }
    /** One byte; `index` is less than `size()`. */
    uint8_t &operator[](std::size_t index) const noexcept { return bytes_[index]; }

private:
    friend class message;

    mutable_view(pintle_plugin_t *plugin, pintle_message_t message, buffer bytes) noexcept
        : plugin_(plugin), message_(message), bytes_(bytes) {}

    void commit() noexcept {
        if (plugin_ != nullptr) {
            // It fails only if the message has ended meanwhile, and then nothing travels.
            pintle_message_commit(plugin_, message_, bytes_.size());
            plugin_ = nullptr;
        }
    }

    pintle_plugin_t *plugin_ = nullptr;
    pintle_message_t message_ = {};
    buffer bytes_;
};

/**
 * A message: a pintle_message_t with its reference.
 *
 * A message that the plugin acquired is released with the value. A message that a callback was given belongs to the caller:
 * it can be read, passed on and kept, and can be written after `edit`. When the callback returns, both it and messages that
 * the callback acquired are released, unless `keep` was called.
 *
 * Calls belong to the thread domain that the message is in; destruction is legal on every thread. An empty value
 * (default-made, moved from, handed over) answers PINTLE_E_HANDLE.
 */
class message {
public:
    /** No message. */
    message() noexcept = default;

    message(message &&other) noexcept
        : plugin_(other.plugin_), handle_(other.handle_), hold_(std::exchange(other.hold_, hold::borrowed)) {
        other.handle_ = {};
    }

    message &operator=(message &&other) noexcept {
        if (this != &other) {
            release();
            plugin_ = other.plugin_;
            handle_ = std::exchange(other.handle_, {});
            hold_ = std::exchange(other.hold_, hold::borrowed);
        }
        return *this;
    }

    message(const message &) = delete;
    message &operator=(const message &) = delete;

    ~message() { release(); }

    /** Takes over a reference that `plugin` holds. */
    static message owned(pintle_plugin_t *plugin, pintle_message_t handle) noexcept {
        return {plugin, handle, hold::owned};
    }

    /** Names a message that belongs to the caller. */
    static message borrowed(pintle_plugin_t *plugin, pintle_message_t handle) noexcept {
        return {plugin, handle, hold::borrowed};
    }

    /** Names the payload of the running handler's request, which is handed over without a reference. */
    static message payload(pintle_plugin_t *plugin, pintle_message_t handle) noexcept {
        return {plugin, handle, hold::payload};
    }

    /** The handle, for calls of the C header; 0 for no message. */
    pintle_message_t handle() const noexcept { return handle_; }

    /** Whether there is a message. */
    explicit operator bool() const noexcept { return handle_.bits != 0; }

    /** How many bytes it holds, wherever the reading position is. */
    result<std::size_t> length() const {
        std::size_t length = 0;
        const int32_t status = pintle_message_length(plugin_, handle_, &length);
        return detail::give(plugin_, status, std::move(length));
    }

    /** All bytes, without copying them [until-next]. */
    result<bytes> view() const {
        pintle_bytes_t view = {};
        const int32_t status = pintle_message_view(plugin_, handle_, &view);
        return detail::give(plugin_, status, bytes(view.data, view.length));
    }

    /**
     * All bytes, to be overwritten in place [until-next]; committed when the view goes. PINTLE_E_SEALED: `edit` it
     * first, or write to a `copy`.
     */
    result<mutable_view> view_mut() {
        uint8_t *data = nullptr;
        std::size_t length = 0;
        const int32_t status = pintle_message_view_mut(plugin_, handle_, &data, &length);
        pintle_plugin_t *shown = status == PINTLE_OK ? plugin_ : nullptr;
        return detail::give(plugin_, status, mutable_view(shown, handle_, buffer(data, length)));
    }

    /** Appends. PINTLE_E_CAPACITY: it does not fit, and nothing was written. PINTLE_E_SEALED. */
    result<void> write(bytes data) {
        return detail::give(plugin_, pintle_message_write(plugin_, handle_, data.data(), data.size()));
    }

    /** Fills `out` from the reading position on, and moves it. PINTLE_E_UNDERFLOW: too few are left; none was read. */
    result<void> read(buffer out) {
        return detail::give(plugin_, pintle_message_read(plugin_, handle_, out.data(), out.size()));
    }

    /** Puts the reading position back to the first byte. */
    result<void> rewind() { return detail::give(plugin_, pintle_message_rewind(plugin_, handle_)); }

    /** Room for `length` more bytes, to be filled, then committed [until-next]. PINTLE_E_CAPACITY, PINTLE_E_SEALED. */
    result<buffer> reserve(std::size_t length) {
        uint8_t *data = nullptr;
        const int32_t status = pintle_message_reserve(plugin_, handle_, length, &data);
        return detail::give(plugin_, status, buffer(data, length));
    }

    /** Appends the first `length` bytes of what was reserved. PINTLE_E_STATE: more than that. */
    result<void> commit(std::size_t length) {
        return detail::give(plugin_, pintle_message_commit(plugin_, handle_, length));
    }

    /** Empties it. PINTLE_E_SEALED. */
    result<void> clear() { return detail::give(plugin_, pintle_message_clear(plugin_, handle_)); }

    /**
     * Inside `message_in` and `message_out`: makes the message writable until the filter returns. The value then
     * names what travels on; the caller's own message is never altered.
     *
     * PINTLE_E_STATE: not the message of the running filter. PINTLE_E_CAPACITY: no message is free for the copy.
     */
    result<void> edit() {
        pintle_message_t edited = {};
        const int32_t status = pintle_message_edit(plugin_, handle_, &edited);
        if (status == PINTLE_OK) {
            handle_ = edited;
            hold_ = hold::edited;
        }
        return detail::give(plugin_, status);
    }

    /** A writable copy, with room for at least `capacity` bytes. PINTLE_E_CAPACITY. */
    result<message> copy(std::size_t capacity = 0) const {
        pintle_message_t copied = {};
        const int32_t status = pintle_message_clone(plugin_, handle_, capacity, &copied);
        return detail::give(plugin_, status, message(plugin_, copied, hold::owned));
    }

    /**
     * A value that outlives the callback. It takes the place of this one if that was acquired.
     *
     * PINTLE_E_STATE: it is being edited; keep a `copy`. PINTLE_E_CAPACITY: the instance holds 65,535 references of it or more.
     */
    [[nodiscard]] result<message> keep() {
        const int32_t status = hold_ == hold::edited ? PINTLE_E_STATE : pintle_message_retain(plugin_, handle_);
        message kept(plugin_, handle_, status == PINTLE_OK ? hold::owned : hold::borrowed);
        if (status == PINTLE_OK) {
            // Of the two references of an acquired message, this releases the callback's own.
            release();
        }
        return detail::give(plugin_, status, std::move(kept));
    }

    /**
     * Runs a call that spends a reference if it answers PINTLE_OK, and answers as it does: for calls of the C header
     * that are tagged [message: hand-over].
     */
    template <typename Call>
    int32_t hand_over(Call &&call) {
        const bool lent = hold_ == hold::borrowed || hold_ == hold::edited;
        if (lent && handle_.bits != 0) {
            if (const int32_t status = pintle_message_retain(plugin_, handle_); status != PINTLE_OK) {
                return status;
            }
        }
        const int32_t status = std::forward<Call>(call)(handle_);
        if (lent && status != PINTLE_OK) {
            pintle_message_release(plugin_, handle_);
        }
        if (hold_ == hold::owned && status == PINTLE_OK) {
            handle_ = {};
        }
        return status;
    }

private:
    enum class hold : uint8_t {
        /** Names a message of the caller's. */
        borrowed,
        /** A reference goes with the value. */
        owned,
        /** The payload of the running handler's request. */
        payload,
        /** The message that the running filter passes on. */
        edited,
    };

    message(pintle_plugin_t *plugin, pintle_message_t handle, hold how) noexcept
        : plugin_(plugin), handle_(handle), hold_(how) {}

    void release() noexcept {
        if (hold_ == hold::owned && handle_.bits != 0) {
            // A refusal says that the host has taken it back already.
            pintle_message_release(plugin_, handle_);
            handle_ = {};
        }
    }

    pintle_plugin_t *plugin_ = nullptr;
    pintle_message_t handle_ = {};
    hold hold_ = hold::borrowed;
};

} // namespace pintle

#endif

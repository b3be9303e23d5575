/*
 * A program that runs plugins. It wants exceptions, and the host's library to link with.
 *
 *   class demo : public pintle::application {
 *   public:
 *       int32_t session_send(pintle::session, uint32_t channel, pintle::message &message);
 *   };
 *
 *   demo zero;
 *   pintle::host host;
 *   host.take_part<PINTLE_METHOD(demo, session_send)>(zero);
 *   pintle_instance_t stats = host.load("./stats.so");
 *   pintle::socket socket = host.self().open({PINTLE_MODE_RELIABLE});
 *   ...
 *   pintle::receipt receipt = host.unload(stats, std::chrono::seconds(5));
 *
 * The errors of the functions, and the threads on which they may be called, are documented in pintle/host.h.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_HOST_HPP
#define PINTLE_CXX_HOST_HPP

#include <pintle/cxx/application.hpp>
#include <pintle/cxx/callbacks.hpp>
#include <pintle/host.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pintle {

/** Limits that all stand for their defaults, to be changed one by one. */
inline pintle_limits_t default_limits() noexcept {
    pintle_limits_t limits = {};
    limits.size = sizeof limits;
    return limits;
}

/** How one plugin is loaded or added. */
struct add_options {
    /** The configuration that `create` is given. */
    std::string_view config = {};
    /** Lower comes first; equal ones in the order of adding. */
    int32_t priority = 0;
    /** The instance's name, at most 64 bytes; empty: the plugin's id, with a number if it is taken. */
    std::string_view instance = {};
};

/** What an instance did and left behind. */
struct receipt : pintle_receipt_t {
    receipt() noexcept : pintle_receipt_t() { size = sizeof(pintle_receipt_t); }

    /** Why the image stayed, or why the instance was abandoned; empty if neither is so. */
    std::string_view why() const noexcept { return {reinterpret_cast<const char *>(reason), reason_length}; }
};

/** What became of a file of a folder. */
struct found {
    /** One of the PINTLE_FOUND_ constants. */
    uint32_t kind;
    /** PINTLE_OK, or the status of the refusal. */
    int32_t code;
    /** The instance, if it was loaded. */
    pintle_instance_t instance;
    /** The path of the folder and the name of the file. */
    std::string path;
    /** Why it was not loaded, and what to do. */
    std::string text;
};

/** A line of the log [call]. */
struct log_line {
    /** How much it matters. */
    pintle::level level;
    /** The instance that wrote it; empty: the host itself. */
    std::string_view instance;
    /** A part of the plugin; may be empty. */
    std::string_view target;
    /** The line. */
    std::string_view text;
};

/** A message that waited in the inbox. */
struct inbound {
    /** Where it came from. */
    pintle::session session;
    /** On which channel. */
    uint32_t channel;
    /** The message, with a reference of the application's. */
    pintle::message message;
};

/**
 * A host and its plugins. The thread that makes it is its kernel thread, until another one adopts it. Destruction stops
 * and destroys its plugins; inside a callback it cannot, and leaves all of it in memory.
 */
class host {
public:
    /** Starts a host with options. PINTLE_E_ARGUMENT: one is out of range. PINTLE_E_CAPACITY, PINTLE_E_IO. */
    explicit host(const pintle_host_options_t &options) : state_(new state) {
        check(nullptr, pintle_host_new_with(&options, &state_->raw));
        check(pintle_host_self(raw(), &state_->self));
    }

    /** Starts a host. PINTLE_E_ARGUMENT: a limit is out of range. PINTLE_E_CAPACITY, PINTLE_E_IO. */
    explicit host(const pintle_limits_t &limits = default_limits()) : state_(new state) {
        check(nullptr, pintle_host_new(&limits, &state_->raw));
        check(pintle_host_self(raw(), &state_->self));
    }

    /** The pointer that the C header's calls take. */
    pintle_host_t *raw() const noexcept { return state_->raw; }

    /** Plugin zero: the program itself, as a plugin. */
    plugin self() const noexcept { return state_->self; }

    /**
     * Makes `object`, which outlives the host, plugin zero; `On` are its methods:
     * `host.take_part<PINTLE_METHOD(demo, message_in), ...>(zero)`. [thread: kernel]
     */
    template <typename... On, typename Application>
    void take_part(Application &object) const {
        static_assert(
            std::is_base_of_v<application, Application>, "an application derives from pintle::application");
        static constexpr pintle_callbacks_t callbacks = pintle_detail::callbacks<On...>();
        check(pintle_host_callbacks(raw(), &callbacks, static_cast<application *>(&object)));
    }

    /** Loads a plugin from its file. The error says why it was refused, or what its `create` threw. [thread: kernel] */
    pintle_instance_t load(std::string_view path, const add_options &options = {}) const {
        pintle_instance_t instance = {};
        const pintle_add_options_t plain = to_c(options);
        check(pintle_host_load(raw(), path.data(), path.size(), &plain, &instance));
        return instance;
    }

    /**
     * Loads the plugins of a folder in the order of their names, and tells what became of each file: one that is refused keeps
     * no other from being loaded. `options(path, id)` gives the add_options of each plugin, whose texts must live until the plugin
     * is created. An exception that it throws refuses the plugin, and continues when all files are done. [thread: kernel]
     */
    template <typename Options>
    std::vector<found> load_folder(std::string_view path, Options options) const {
        struct loading {
            Options &options;
            std::vector<found> files;
            std::exception_ptr thrown;
        } all = {options, {}, nullptr};
        const auto choose = [](void *context, const char *file, std::size_t file_length, const char *id,
                                std::size_t id_length, pintle_add_options_t *chosen) noexcept -> int32_t {
            auto &run = *static_cast<loading *>(context);
            try {
                *chosen = to_c(run.options(std::string_view(file, file_length), std::string_view(id, id_length)));
                return PINTLE_OK;
            } catch (...) {
                run.thrown = std::current_exception();
                return PINTLE_E_PANIC;
            }
        };
        const auto tell = [](void *context, const pintle_found_t *file) noexcept {
            auto &run = *static_cast<loading *>(context);
            try {
                run.files.push_back({file->kind, file->code, file->instance,
                    std::string(file->path.data, file->path.length),
                    std::string(file->text.data, file->text.length)});
            } catch (...) {
                run.thrown = std::current_exception();
            }
        };
        check(pintle_host_load_folder(raw(), path.data(), path.size(), choose, tell, &all));
        if (all.thrown != nullptr) {
            std::rethrow_exception(all.thrown);
        }
        return std::move(all.files);
    }

    /** As above, with the default options for each plugin. [thread: kernel] */
    std::vector<found> load_folder(std::string_view path) const {
        return load_folder(path, [](std::string_view, std::string_view) { return add_options(); });
    }

    /** Adds a plugin that is linked in, with PINTLE_DECLARE(stats): `host.add(pintle_entry_stats)`. [thread: kernel] */
    pintle_instance_t add(const pintle_entry_t &entry, const add_options &options = {}) const {
        pintle_instance_t instance = {};
        const pintle_add_options_t plain = to_c(options);
        check(pintle_host_add(raw(), &entry, &plain, &instance));
        return instance;
    }

    /**
     * Adds plugins that are linked in, in this order: `host.add_all({PINTLE_ENTRY(stats), PINTLE_ENTRY(shout)})`. If one is
     * refused, this throws, and those before it live. [thread: kernel]
     */
    std::vector<pintle_instance_t> add_all(std::initializer_list<const pintle_entry_t *> entries) const {
        std::vector<pintle_instance_t> instances(entries.size());
        std::size_t added = 0;
        check(pintle_host_add_all(raw(), entries.begin(), entries.size(), instances.data(), &added));
        return instances;
    }

    /** What is known of an instance; its texts live as long as the instance. [thread: kernel] */
    pintle_instance_info_t instance(pintle_instance_t instance) const {
        pintle_instance_info_t info = {};
        info.size = sizeof info;
        check(pintle_host_instance(raw(), instance, &info));
        return info;
    }

    /** Stops and destroys an instance, and polls until it has ended or `timeout` is over. [thread: kernel] */
    pintle::receipt unload(pintle_instance_t instance, std::chrono::nanoseconds timeout) const {
        pintle::receipt receipt;
        check(pintle_host_unload(raw(), instance, to_c(timeout), &receipt));
        return receipt;
    }

    /** Asks an instance to stop, from inside a callback too; it ends in later turns. [thread: kernel] */
    void begin_unload(pintle_instance_t instance, std::chrono::nanoseconds timeout) const {
        check(pintle_host_begin_unload(raw(), instance, to_c(timeout)));
    }

    /** The receipt of an instance: so far while it lives, final once it has ended. [thread: kernel] */
    pintle::receipt receipt(pintle_instance_t instance) const {
        pintle::receipt receipt;
        check(pintle_host_receipt(raw(), instance, &receipt));
        return receipt;
    }

    /** The live instances, in the order of loading. [thread: any] */
    std::vector<pintle_instance_t> instances() const {
        std::vector<pintle_instance_t> all;
        std::size_t count = 0;
        int32_t status = PINTLE_OK;
        do {
            all.resize(count);
            status = pintle_host_instances(raw(), all.data(), all.size(), &count);
        } while (status == PINTLE_E_CAPACITY);
        check(status);
        all.resize(count);
        return all;
    }

    /** The name of a live instance. [thread: any] */
    std::string name(pintle_instance_t instance) const { return text(pintle_host_name, instance); }

    /** The path that a live instance was loaded from. PINTLE_E_NOT_FOUND: it is linked in. [thread: any] */
    std::string path(pintle_instance_t instance) const { return text(pintle_host_path, instance); }

    /** The limits in force; 0 for no inbox and for no workers. [thread: any] */
    pintle_limits_t limits() const {
        pintle_limits_t limits = default_limits();
        check(pintle_host_limits(raw(), &limits));
        return limits;
    }

    /** Waits until there is something to do, at most `timeout`, and does it: one turn. [thread: kernel] */
    void poll(std::chrono::nanoseconds timeout) const { check(pintle_host_poll(raw(), to_c(timeout))); }

    /** Waits for as long as it takes, and does one turn. [thread: kernel] */
    void poll() const { check(pintle_host_poll(raw(), PINTLE_NEVER)); }

    /** Polls until `stop`. [thread: kernel] */
    void run() const { check(pintle_host_run(raw())); }

    /** Ends `run` after its present turn. A signal handler may call it. [thread: any] */
    void stop() const noexcept { pintle_host_stop(raw()); }

    /** Ends the wait of `poll`, or the next one. [thread: any] */
    void wake() const noexcept { pintle_host_wake(raw()); }

    /** Makes the caller the kernel thread. [thread: any] */
    void adopt() const { check(pintle_host_adopt(raw())); }

    /**
     * Ends the host now. Its plugins have `timeout` to stop all together; `ended` is told the name and the receipt of each as
     * soon as it has ended, and does not throw. Nothing else may be called afterwards. [thread: kernel]
     */
    template <typename Ended>
    void close(std::chrono::nanoseconds timeout, Ended ended) {
        const auto told = [](void *context, const char *name, std::size_t length,
                             const pintle_receipt_t *receipt) noexcept {
            pintle::receipt copy;
            static_cast<pintle_receipt_t &>(copy) = *receipt;
            (*static_cast<Ended *>(context))(std::string_view(name, length), copy);
        };
        check(pintle_host_close(raw(), to_c(timeout), told, &ended));
        detail::waiting::take(state_->self);
        delete state_.release();
    }

    /** An fd that is readable whenever `poll` has something to do. [thread: any] */
    int32_t pollable() const {
        int32_t fd = -1;
        check(pintle_host_pollable(raw(), &fd));
        return fd;
    }

    /** When the next turn is due: monotonic nanoseconds, 0 for now, PINTLE_NEVER if nothing waits. [thread: kernel] */
    uint64_t next_deadline() const {
        uint64_t deadline = PINTLE_NEVER;
        check(pintle_host_next_deadline(raw(), &deadline));
        return deadline;
    }

    /** Takes the oldest message of the inbox, which the limits must ask for. [thread: kernel] */
    std::optional<inbound> take() const {
        pintle_session_t session = {};
        pintle_message_t message = {};
        uint32_t channel = 0;
        const int32_t status = pintle_host_take(raw(), &session, &channel, &message);
        if (status == PINTLE_E_NOT_FOUND) {
            return std::nullopt;
        }
        check(status);
        return inbound{{state_->self, session}, channel, pintle::message::owned(state_->self, message)};
    }

    /**
     * Sets the destination of the log. `sink` is called on any thread, may not call the host, and lives as long as the
     * host; an exception that it throws is dropped. [thread: kernel]
     */
    void log_to(std::function<void(const log_line &)> sink) {
        state_->sinks.push_back(std::make_unique<std::function<void(const log_line &)>>(std::move(sink)));
        check(pintle_host_log_sink(raw(), write, state_->sinks.back().get()));
    }

private:
    friend class mailbox;

    struct state {
        pintle_host_t *raw = nullptr;
        pintle_plugin_t *self = nullptr;
        std::vector<std::unique_ptr<std::function<void(const log_line &)>>> sinks;
    };

    struct end {
        void operator()(state *state) const noexcept {
            int32_t status = PINTLE_OK;
            if (state->raw != nullptr) {
                status = pintle_host_free(state->raw);
                if (status == PINTLE_E_WRONG_THREAD && pintle_host_adopt(state->raw) == PINTLE_OK) {
                    status = pintle_host_free(state->raw);
                }
                if (status == PINTLE_OK) {
                    detail::waiting::drop(state->self);
                }
            }
            // A host that lives on still writes to its sinks.
            if (status == PINTLE_OK) {
                delete state;
            }
        }
    };

    void check(int32_t status) const {
        detail::waiting::go_on(state_->self);
        check(raw(), status);
    }

    static void check(pintle_host_t *raw, int32_t status) {
        if (status == PINTLE_OK) {
            return;
        }
        pintle_error_t last = {};
        last.size = sizeof last;
        if (pintle_host_last_error(raw, &last) != PINTLE_OK || last.code != status) {
            throw error(status, status_name(status));
        }
        throw error(status, {reinterpret_cast<const char *>(last.text), last.length});
    }

    static pintle_text_t to_c(std::string_view text) noexcept { return {text.data(), text.size()}; }

    static pintle_add_options_t to_c(const add_options &options) noexcept {
        return {sizeof(pintle_add_options_t), options.priority, to_c(options.instance), to_c(options.config)};
    }

    static uint64_t to_c(std::chrono::nanoseconds time) noexcept {
        return time.count() > 0 ? static_cast<uint64_t>(time.count()) : 0;
    }

    template <typename Ask>
    std::string text(Ask ask, pintle_instance_t instance) const {
        std::string text;
        std::size_t length = 0;
        int32_t status = PINTLE_OK;
        char none = 0;
        do {
            text.resize(length);
            status = ask(raw(), instance, text.empty() ? &none : text.data(), text.size(), &length);
        } while (status == PINTLE_E_CAPACITY && length > text.size());
        check(status);
        text.resize(length);
        return text;
    }

    static void write(void *context, uint32_t level, const char *instance, std::size_t instance_length,
        const char *target, std::size_t target_length, const char *text, std::size_t text_length) noexcept {
        try {
            const auto &sink = *static_cast<const std::function<void(const log_line &)> *>(context);
            sink({static_cast<pintle::level>(level), {instance, instance_length}, {target, target_length},
                {text, text_length}});
        } catch (...) {
            // The exception is dropped: the line may come from any thread, and it is the log itself that failed.
        }
    }

    std::unique_ptr<state, end> state_;
};

} // namespace pintle

#endif

/*
 * Plugin zero: the program that runs plugins, as a plugin.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_APPLICATION_HPP
#define PINTLE_CXX_APPLICATION_HPP

#include <pintle/cxx/wall.hpp>

#include <mutex>
#include <thread>
#include <vector>

namespace pintle {
namespace detail {

/**
 * The exceptions of applications that wait for the call that caused them to return. That call was made outside the callback
 * that threw, so a call inside another callback does not take it.
 */
class waiting {
public:
    /** A callback of an application, while it runs. */
    class callback {
    public:
        callback() noexcept { ++depth; }
        callback(const callback &) = delete;
        callback &operator=(const callback &) = delete;
        ~callback() { --depth; }
    };

    /** Keeps what the running callback throws. */
    static void keep(pintle_plugin_t *plugin, std::exception_ptr thrown) noexcept {
        const std::lock_guard<std::mutex> locked(mutex);
        try {
            all.push_back({plugin, std::this_thread::get_id(), depth, std::move(thrown)});
        } catch (const std::bad_alloc &) {
            // The status, which is PINTLE_E_PANIC, still says that something was thrown.
        }
        detail::rethrow.store(go_on, std::memory_order_relaxed);
    }

    /** Takes the oldest one that a call of this thread caused, if there is one, and drops the others. They are in the log. */
    static std::exception_ptr take(pintle_plugin_t *plugin) noexcept {
        return take_if(plugin, [thread = std::this_thread::get_id()](const one &kept) {
            return kept.thread == thread && kept.depth > depth;
        });
    }

    /** Drops those of a host that has ended. */
    static void drop(pintle_plugin_t *plugin) noexcept {
        take_if(plugin, [](const one &) { return true; });
    }

    /** Throws the oldest one that a call of this thread caused, if there is one. */
    static void go_on(pintle_plugin_t *plugin) {
        if (const std::exception_ptr thrown = take(plugin); thrown != nullptr) {
            std::rethrow_exception(thrown);
        }
    }

private:
    struct one {
        pintle_plugin_t *plugin;
        std::thread::id thread;
        unsigned depth;
        std::exception_ptr thrown;
    };

    template <typename Test>
    static std::exception_ptr take_if(pintle_plugin_t *plugin, Test test) noexcept {
        const std::lock_guard<std::mutex> locked(mutex);
        std::exception_ptr first;
        for (auto at = all.begin(); at != all.end();) {
            if (at->plugin != plugin || !test(*at)) {
                ++at;
                continue;
            }
            if (first == nullptr) {
                first = std::move(at->thrown);
            }
            at = all.erase(at);
        }
        if (all.empty()) {
            detail::rethrow.store(nullptr, std::memory_order_relaxed);
        }
        return first;
    }

    /** How many callbacks of applications this thread is in. */
    PINTLE_OWN_ static inline thread_local unsigned depth = 0;

    PINTLE_OWN_ static inline std::mutex mutex;
    PINTLE_OWN_ static inline std::vector<one> all;
};

/** The wall of an application: an exception that it throws continues in the call to the host that caused the callback. */
struct wall_to_caller {
    template <typename Body>
    static int32_t run(pintle_plugin_t *plugin, const char *callback, Body &&body) noexcept {
        const waiting::callback running;
        try {
            return body();
        } catch (...) {
            waiting::keep(plugin, std::current_exception());
            wall::contain(plugin, callback);
            return PINTLE_E_PANIC;
        }
    }
};

} // namespace detail

/**
 * The base of a class whose object is plugin zero. Its methods are called as those of a plugin are, on the kernel thread,
 * inside the call that caused them. An exception that they throw is logged, and continues in that call; after a call of the
 * C header, which cannot throw, in the next one. What `slow_request` and worker tasks throw is logged only. A status that is
 * no failure of the program, such as PINTLE_E_AGAIN, is returned instead of thrown.
 */
class application {
public:
    /** Says which wall the methods stand behind. */
    using pintle_wall = detail::wall_to_caller;

protected:
    application() = default;
    ~application() = default;
};

} // namespace pintle

#endif

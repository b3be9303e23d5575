/*
 * pintle/pintle.hpp: Pintle in C++17 or later, for plugins and for programs that run them. Header-only; it adds
 * ownership, views, exceptions and types to pintle/plugin.h and pintle/host.h, whose comments apply to it too.
 *
 * A plugin is a class: see pintle/cxx/callbacks.hpp. A program that runs plugins makes a pintle::host: see
 * pintle/cxx/host.hpp, or pintle/cxx/mailbox.hpp to fetch rather than being called; these want exceptions and the host's
 * library.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_PINTLE_HPP
#define PINTLE_PINTLE_HPP

#if defined(_MSVC_LANG) ? _MSVC_LANG < 201703L : __cplusplus < 201703L
#error "pintle/pintle.hpp needs C++17; pintle/plugin.h is enough for C++11"
#endif

#include <pintle/cxx/callbacks.hpp>

#ifdef __cpp_exceptions
#include <pintle/cxx/mailbox.hpp>
#endif

#endif

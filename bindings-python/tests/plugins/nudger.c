/*
 * Asks the owner of a session to end it as soon as the session can take more.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

static int32_t session_writable(pintle_plugin_t *plugin, pintle_session_t session) {
    return pintle_session_disconnect(plugin, session);
}

PINTLE_PLUGIN(nudger, TEXTS("nudger", "Nudges", ""), 0, PINTLE_ON(session_writable, session_writable))
